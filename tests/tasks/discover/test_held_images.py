"""Sources of TFRecords or Arrow files: what each is read as, and why others are not."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import ipc

from tasks.discover.proposals import UnsettledLayoutError
from tasks.errors import LayoutError
from tasks.samples import Discovery
from tests.tfrecords_here import Row, Value, framed, labelled, recordio, write_tfrecords

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

NAMES = ["daisy", "rose", "tulip"]


def jpeg(number: int) -> bytes:
    return b"\xff\xd8\xff\xe0" + bytes([number]) * 20


def rows(count: int, first: int = 0, image: str = "image", /, **columns: list[Value]) -> list[Row]:
    """Rows with an image each, and in each of *columns* its values in turn."""
    return [
        {image: jpeg(first + at)} | {name: values[at % len(values)] for name, values in columns.items()}
        for at in range(count)
    ]


def arrow(path: Path, table: pa.Table, *, stream: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file, (ipc.new_stream if stream else ipc.new_file)(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)


def saved(count: int, labels: list[Any], first: int = 0) -> pa.Table:
    """As Hugging Face saves a set whose labels are numbers with names."""
    features = {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": NAMES}}
    images = [{"bytes": jpeg(first + at), "path": None} for at in range(count)]
    table = pa.table({"image": images, "label": [labels[at % len(labels)] for at in range(count)]})
    return table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def told(found: Discovery) -> Counter[tuple[str, str]]:
    return Counter((row["label_path"], row["split"]) for row in found.samples.to_pylist())


def test_records_by_folders_of_splits_are_read_and_those_without_labels_left_out(look: Look, tmp_path: Path) -> None:
    labels: dict[str, list[Value]] = {"class": [0, 1]}
    for word, count, columns in (("train", 8, labels), ("val", 4, labels), ("test", 3, {})):
        for number in range(2):
            made = rows(count, 40 * number + len(word), **columns)
            write_tfrecords(tmp_path / f"jpeg-192x192/{word}/{number:02}-192x192-{count}.tfrec", made)

    found = look(tmp_path)

    assert told(found) == {("0", "train"): 8, ("1", "train"): 8, ("0", "validation"): 4, ("1", "validation"): 4}
    assert found.ignored["unlisted images in jpeg-192x192/test/*-*x*-*.tfrec"] == 6
    assert look(tmp_path, layout="tables", **found.keys["source"]).samples.equals(found.samples)


def test_numbers_get_the_names_that_tfds_writes_beside_the_records(look: Look, tmp_path: Path) -> None:
    for number in range(2):
        write_tfrecords(tmp_path / f"f-train.tfrecord-0000{number}-of-00002", rows(6, 9 * number, label=[0, 1, 2]))
    write_tfrecords(tmp_path / "f-test.tfrecord-00000-of-00001", rows(3, 60, label=[0, 1, 2]))
    (tmp_path / "label.labels.txt").write_text("\n".join(NAMES) + "\n")
    (tmp_path / "features.json").write_text("{}")

    found = look(tmp_path)

    assert told(found) == {(name, split): count for name in NAMES for split, count in (("train", 4), ("test", 1))}
    assert look(tmp_path, layout="tables", **found.keys["source"]).samples.equals(found.samples)


def test_of_a_classs_number_and_its_name_the_name_is_taken(look: Look, tmp_path: Path) -> None:
    columns: dict[str, list[Value]] = {
        "image/class/label": [1, 2, 3],
        "image/class/text": [*NAMES],
        "image/height": [8],
        "image/filename": ["x.jpg"],
        "image/object/bbox/xmin": [[0.5, 0.1], []],
    }
    write_tfrecords(tmp_path / "train-00000-of-00001.tfrecord", rows(9, 0, "image/encoded", **columns))

    found = look(tmp_path)

    assert told(found) == {(name, ""): 3 for name in NAMES}


def test_two_columns_that_could_be_the_label_are_proposed(look: Look, tmp_path: Path) -> None:
    for size in (64, 96):
        for word in ("train", "test"):
            made = rows(4, size + len(word), diagnosis=["a", "b"], target=[0, 1])
            write_tfrecords(tmp_path / f"{size}/{word}/0.tfrec", made)

    with pytest.raises(UnsettledLayoutError) as refused:
        look(tmp_path)

    proposals = refused.value.unsettled.proposals
    assert [told(look(tmp_path, **one.keys["source"])).total() for one in proposals[:4]] == [8] * 4


def test_a_damaged_record_is_a_reject_with_its_place(look: Look, tmp_path: Path) -> None:
    path = write_tfrecords(tmp_path / "train.tfrecord", rows(8, label=["cat", "dog"]))
    data = path.read_bytes()
    at = data.index(b"dog")
    path.write_bytes(data[:at] + b"cat" + data[at + 3 :])

    found = look(tmp_path)

    assert told(found) == {("cat", ""): 4, ("dog", ""): 3}
    [reject] = found.rejections.to_pylist()
    place = len(data) // 8
    assert (reject["reason"], reject["label_row"]) == ("bad_row", 2)
    assert reject["detail"].startswith(f"record 2, at byte {place}, is damaged: the checksum of its data")


def test_a_record_without_an_image_is_a_reject(look: Look, tmp_path: Path) -> None:
    path = write_tfrecords(tmp_path / "train.tfrecord", [*rows(8, label=["cat", "dog"]), {"label": "cat"}])

    found = look(path.parent)

    assert told(found) == {("cat", ""): 4, ("dog", ""): 4}
    assert [row["detail"] for row in found.rejections.to_pylist()] == ["has no location"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\0" * 30, r"a\.tfrecord, record 1, at byte 0: the checksum of its length does not hold, so that it is no"),
        (b"", r"a\.tfrecord holds no rows: it has no record\."),
        (framed(jpeg(1)), r"a\.tfrecord holds no rows: record 1, at byte 0, is no tf\.train\.Example\."),
        (b"\x78\x9c" + b"x" * 20, r"a\.tfrecord is compressed by zlib, which is not read: write it anew without"),
    ],
    ids=["zeros", "nothing", "bare images", "zlib"],
)
def test_a_file_that_holds_no_examples_says_what_it_holds(look: Look, tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "a.tfrecord").write_bytes(data)

    with pytest.raises(LayoutError, match=rf"^No image found under .*\. {said}"):
        look(tmp_path)


def test_records_of_pixels_without_a_size_or_without_a_label_say_so(look: Look, tmp_path: Path) -> None:
    write_tfrecords(tmp_path / "a.tfrecord", [{"image_raw": bytes([200] * 12), "label": 1}])
    write_tfrecords(tmp_path / "b.tfrecord", rows(2, height=[3]))

    with pytest.raises(LayoutError) as refused:
        look(tmp_path)

    assert "a.tfrecord holds images in none of its columns (image_raw, label); a record has 12 bytes" in str(
        refused.value
    )
    assert "b.tfrecord holds images, and no column of it says what they show" in str(refused.value)


@pytest.mark.parametrize("stream", [True, False], ids=["as a stream", "with an index"])
def test_a_saved_set_is_read_with_its_names_and_without_caches(look: Look, tmp_path: Path, stream: bool) -> None:
    for word, count in (("train", 9), ("test", 3)):
        arrow(tmp_path / word / "data-00000-of-00001.arrow", saved(count, [0, 1, 2], 20 * count), stream=stream)
        arrow(tmp_path / word / "cache-0123456789abcdef.arrow", saved(3, [0]), stream=stream)
        arrow(tmp_path / word / "data-00000-of-00002.arrow", saved(3, [1]), stream=stream)
        (tmp_path / word / "dataset_info.json").write_text("{}")
        state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
        (tmp_path / word / "state.json").write_text(json.dumps(state))
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))

    found = look(tmp_path)

    assert told(found) == {(name, split): count for name in NAMES for split, count in (("train", 3), ("test", 1))}
    assert any(
        said == "Left out as caches of Hugging Face's, and no part of the set: train/cache-0123456789abcdef.arrow, "
        "train/data-00000-of-00002.arrow"
        for said in found.notices
    )
    assert look(tmp_path, layout="tables", **found.keys["source"]).samples.equals(found.samples)


def test_a_saved_set_whose_rows_a_second_file_picks_is_refused(look: Look, tmp_path: Path) -> None:
    arrow(tmp_path / "dataset.arrow", saved(6, [0, 1]))
    state = {"_data_files": [{"filename": "dataset.arrow"}], "_indices_data_files": [{"filename": "indices.arrow"}]}
    (tmp_path / "state.json").write_text(json.dumps(state))

    with pytest.raises(LayoutError, match=r"state\.json says that the rows of the set are picked by a second file"):
        look(tmp_path)


def test_a_pattern_of_one_tables_files_means_no_others(look: Look, tmp_path: Path) -> None:
    for name in ("train-0", "train-1", "train-old-0", "train-old-1"):
        table = pa.table({"image": [{"bytes": jpeg(len(name)), "path": None}] * 4, "label": ["cat", "dog"] * 2})
        pq.write_table(table, tmp_path / f"{name}.parquet")

    with pytest.raises(UnsettledLayoutError) as refused:
        look(tmp_path)

    first, second = refused.value.unsettled.proposals
    for proposal in (first, second):
        assert told(look(tmp_path, **proposal.keys["source"])) == {("cat", ""): 4, ("dog", ""): 4}


def test_a_damaged_file_beside_others_is_refused_with_its_name(look: Look, tmp_path: Path) -> None:
    arrow(tmp_path / "train/data-0.arrow", saved(6, [0, 1]))
    (tmp_path / "test").mkdir()
    (tmp_path / "test/data-0.arrow").write_bytes(b"ARROW1\0\0 no more")

    with pytest.raises(LayoutError, match=r"^test/data-0\.arrow cannot be read as Arrow: .*`ignore` leaves it out"):
        look(tmp_path)


def test_recordio_is_read_by_the_labels_in_its_headers(look: Look, tmp_path: Path) -> None:
    for word, count in (("train", 8), ("val", 4)):
        made = [recordio(labelled(jpeg(count * 10 + at), float(at % 2), at)) for at in range(count)]
        (tmp_path / f"{word}.rec").write_bytes(b"".join(made))
        (tmp_path / f"{word}.idx").write_text("".join(f"{at}\t{len(made[0]) * at}\n" for at in range(count)))

    found = look(tmp_path)

    assert told(found) == {(label, split): n for label in "01" for split, n in (("train", 4), ("validation", 2))}
    assert look(tmp_path, layout="tables", **found.keys["source"]).samples.equals(found.samples)


def test_recordio_with_several_labels_an_image_is_no_single_class(look: Look, tmp_path: Path) -> None:
    made = [recordio(labelled(jpeg(at), [0.0, 1.0], at)) for at in range(6)]
    (tmp_path / "train.rec").write_bytes(b"".join(made))

    with pytest.raises(LayoutError, match=r"train\.rec holds images, and no column of it says what they show"):
        look(tmp_path)


def test_records_beside_class_folders_change_nothing_even_where_they_are_damaged(look: Look, tmp_path: Path) -> None:
    for number in range(8):
        place = tmp_path / ("cat", "dog")[number % 2] / f"{number}.jpg"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(jpeg(number))
    (tmp_path / "train.tfrecord").write_bytes(b"\0" * 40)

    assert told(look(tmp_path)) == {("cat", ""): 4, ("dog", ""): 4}


def test_damaged_records_beside_images_without_labels_are_said(look: Look, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for number in range(30):
        (tmp_path / "images" / f"{number}.jpg").write_bytes(jpeg(number))
    (tmp_path / "train.tfrecord").write_bytes(b"\0" * 40)

    with pytest.raises(UnsettledLayoutError, match=r"train\.tfrecord, record 1, at byte 0: the checksum of its length"):
        look(tmp_path)
