"""Tables and arrays that hold images themselves: what each is taken for, by which keys, and what is said of it."""

from __future__ import annotations

import gzip
import io
import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tasks.discover.verdict.embedded_arrays import embedded_arrays
from tasks.discover.verdict.embedded_tables import EmbeddedTable, count_rows, embedded_tables
from tasks.discover.verdict.held_images import held_images
from tasks.discover.words.split_words import SplitWords
from tasks.samples import Discovery, StoreUrl
from tasks.tables.opening import TableFile
from tests.folders_here import Folder

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

WORDS = SplitWords({})
PIXELS = [f"pixel{number}" for number in range(16)]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def numbers(row: int, count: int = 16) -> list[str]:
    return [str((row * 7 + at) % 256) for at in range(count)]


def wide(folder: Folder, path: str, head: list[str], *rows: list[str], names: list[str] = PIXELS) -> None:
    """A CSV of *rows*, before whose pixels stand the columns *head*."""
    lines = [[*row, *numbers(at, len(names))] for at, row in enumerate(rows)]
    folder.text(path, *(",".join(line) for line in ([*head, *names], *lines)))


def tables(folder: Folder) -> list[EmbeddedTable]:
    paths = sorted(str(path.relative_to(folder.root)) for path in folder.root.rglob("*") if path.is_file())
    root = StoreUrl(str(folder.root))
    return embedded_tables(root, paths, WORDS) + held_images(root, paths, WORDS).tables


def arrays(folder: Folder) -> list[EmbeddedTable]:
    paths = sorted(str(path.relative_to(folder.root)) for path in folder.root.rglob("*") if path.is_file())
    return embedded_arrays(StoreUrl(str(folder.root)), paths, WORDS)


def test_columns_of_pixels_behind_a_label_are_a_table_of_images(folder: Folder) -> None:
    wide(folder, "x/digits_test.csv", ["label", "set", "note"], *(["1", "train", "a"], ["2", "val", "b"]))

    keys = {"file": "x/digits_test.csv", "pixels": "pixel*"}
    assert tables(folder) == [
        EmbeddedTable(("x/digits_test.csv",), keys, {"set": "split"}, ("label",), "label", "test")  # type: ignore[arg-type]
    ]
    [one] = tables(folder)
    assert one.entries("label", with_split=False) == [{**keys, "columns": {"set": "split", "label": "label"}}]
    assert one.entries("label", with_split=True)[0]["split"] == "test"


@pytest.mark.parametrize(
    ("path", "split"),
    [("train.csv", "train"), ("x/val_1.csv", "validation"), ("test/all.csv", "test"), ("test/x/all.csv", ""),
     ("digits.test.csv", ""), ("all.csv.gz", "")],
)  # fmt: skip
def test_the_name_of_a_table_or_its_folder_says_its_split(folder: Folder, path: str, split: str) -> None:
    wide(folder, "t.csv", ["label"], ["1"], ["2"])
    data = (folder.root / "t.csv").read_bytes()
    (folder.root / "t.csv").unlink()
    folder.data(path, gzip.compress(data) if path.endswith("gz") else data)

    assert [table.split for table in tables(folder)] == [split]


@pytest.mark.parametrize(
    ("head", "row", "labels", "label"),
    [
        pytest.param(["label"], ["1"], ("label",), "label", id="a column called so"),
        pytest.param(["emotion_label"], ["1"], ("emotion_label",), "emotion_label", id="the only one"),
        pytest.param(["emotion_label", "age"], ["1", "7"], ("emotion_label",), "", id="one of several"),
        pytest.param(
            ["emotion_label", "class"], ["1", "7"], ("emotion_label", "class"), "class", id="one is called so"
        ),
        pytest.param(["label", "class"], ["1", "7"], ("label", "class"), "", id="two are called so"),
        pytest.param(["index"], ["1"], (), "", id="none"),
        pytest.param([], [], (), "", id="pixels alone"),
        pytest.param(["label", "set"], ["1", "moon"], ("label", "set"), "label", id="a set that is no split"),
        pytest.param(["label", "usage", "split"], ["1", "val", "val"], ("label",), "label", id="two of splits"),
    ],
)
def test_the_label_of_a_table_of_images_is_the_column_that_is_sure(
    folder: Folder, head: list[str], row: list[str], labels: tuple[str, ...], label: str
) -> None:
    wide(folder, "t.csv", head, row, row)

    [one] = tables(folder)

    assert (one.labels, one.label) == (labels, label)
    assert one.columns == {}


@pytest.mark.parametrize(
    ("names", "pixels"),
    [
        pytest.param(PIXELS, "pixel*", id="numbered"),
        pytest.param([f"{at // 4}x{at % 4}" for at in range(16)], "*x*", id="by row and column"),
        pytest.param(PIXELS[:9], None, id="fewer than sixteen"),
        pytest.param([f"pixel{at}" for at in range(17)], None, id="no square"),
        pytest.param([f"p{at}" for at in range(25)], "p*", id="another square"),
    ],
)
def test_columns_of_one_name_and_many_numbers_that_make_a_square_are_pixels(
    folder: Folder, names: list[str], pixels: str | None
) -> None:
    wide(folder, "t.csv", ["label"], ["1"], ["2"], names=names)

    assert [table.keys["pixels"] for table in tables(folder)] == [pixels] * (pixels is not None)


@pytest.mark.parametrize(
    ("cell", "is_image"),
    [
        (" ".join(numbers(1)), True),
        (" ".join(numbers(1, 9)), False),
        (" ".join(numbers(1, 17)), False),
        (" ".join(["256", *numbers(1, 15)]), False),
        (" ".join(["255", *numbers(1, 15)]), True),
        (" ".join(["0001", *numbers(1, 15)]), False),
        (" ".join(["-1", *numbers(1, 15)]), False),
        (" ".join(["\u0661", *numbers(1, 15)]), False),
        ("", False),
    ],
)
def test_a_cell_of_numbers_that_make_a_square_holds_pixels(folder: Folder, cell: str, is_image: bool) -> None:
    folder.text("t.csv", "label,image", f"1,{cell}", f"2,{' '.join(numbers(3))}")

    assert [table.keys["pixels"] for table in tables(folder)] == ["image"] * is_image


@pytest.mark.parametrize(("before", "is_known"), [("3,", True), ("", False)])
def test_without_a_header_all_but_the_first_column_are_pixels_or_all_are_none(
    folder: Folder, before: str, is_known: bool
) -> None:
    folder.text("t.csv", *(before + ",".join(numbers(row)) for row in range(3)))

    told = ({"file": "t.csv", "pixels": "[1-9]*"}, ("0",), "0")
    assert [(table.keys, table.labels, table.label) for table in tables(folder)] == [told] * is_known


def png(folder: Folder, path: str, **columns: Any) -> None:
    count = len(next(iter(columns.values())))
    place = folder.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"img": [{"bytes": b"\x89PNG", "path": None}] * count, **columns}), place)


def test_parquets_that_are_numbered_and_of_the_same_columns_are_one_table(folder: Folder) -> None:
    for number in range(2):
        png(folder, f"d/train-{number:05}-of-00002.parquet", label=["a", "b"])
    png(folder, "d/test-00000-of-00001.parquet", label=["a"])
    png(folder, "d/odd-1.parquet", label=["a"])
    png(folder, "d/odd-2.parquet", kind=["a"])

    found = {table.paths: table for table in tables(folder)}

    train = tuple(f"d/train-{number:05}-of-00002.parquet" for number in range(2))
    assert found.keys() == {train, ("d/test-00000-of-00001.parquet",)}
    assert found[train] == EmbeddedTable(
        train, {"files": "d/train-*-of-*.parquet"}, {"img": "location"}, ("label",), "label", "train"
    )
    assert found["d/test-00000-of-00001.parquet",].keys == {"file": "d/test-00000-of-00001.parquet"}


@pytest.mark.parametrize(
    ("column", "is_label"),
    [
        (["a"], True),
        (pa.array(["a"], pa.large_string()), True),
        (pa.array(["a"]).dictionary_encode(), True),
        ([3], True),
        ([True], True),
        ([0.5], False),
        ([[1]], False),
    ],
)
def test_a_label_of_a_parquet_is_text_a_whole_number_or_a_yes(folder: Folder, column: Any, is_label: bool) -> None:
    png(folder, "t.parquet", label=column)

    assert [table.labels for table in tables(folder)] == [("label",) * is_label]


def test_a_parquet_of_two_columns_of_images_is_no_table_of_images(folder: Folder) -> None:
    png(folder, "t.parquet", other=[{"bytes": b"\x89PNG", "path": None}], label=["a"])

    assert tables(folder) == []


@pytest.mark.parametrize(("count", "found"), [(100, 100), (101, 0)])
def test_of_very_many_tables_of_other_names_none_is_looked_into(folder: Folder, count: int, found: int) -> None:
    png(folder, "0/t.parquet", label=["a"])
    for number in range(1, count):
        folder.data(f"{number}/t.parquet", (folder.root / "0/t.parquet").read_bytes())

    assert len(tables(folder)) == found


def test_rows_of_a_table_of_images_are_counted(folder: Folder) -> None:
    wide(folder, "t.csv", ["label"], *(["1"] for _ in range(7)))
    png(folder, "t.parquet", label=["a", "b", "c"])
    folder.data("empty.csv", b"")

    root = StoreUrl(str(folder.root))
    assert [count_rows(TableFile(root, name)) for name in ("t.csv", "t.parquet", "empty.csv")] == [7, 3, 0]


def images(count: int) -> np.ndarray[Any, Any]:
    return np.arange(count * 12, dtype=np.uint8).reshape(count, 4, 3)


def npz(folder: Folder, path: str, **held: Any) -> None:
    data = io.BytesIO()
    np.savez(data, **held)
    folder.data(path, data.getvalue())


def test_arrays_of_an_archive_go_together_by_what_else_their_names_say(folder: Folder) -> None:
    labels = np.arange(3)
    npz(folder, "b.npz", x_train=images(3), y_train=labels, y_test=labels, t10k_images=images(4), pictures=images(5))

    found = {next(iter(table.columns)): table for table in arrays(folder)}

    assert found == {
        "x_train": EmbeddedTable(("b.npz",), {"file": "b.npz"}, {"x_train": "location"}, ("y_train",), "y_train",
                                 "train", is_array=True),
        "t10k_images": EmbeddedTable(("b.npz",), {"file": "b.npz"}, {"t10k_images": "location"}, (), "", "test",
                                     is_array=True),
        "pictures": EmbeddedTable(("b.npz",), {"file": "b.npz"}, {"pictures": "location"}, (), "", "", is_array=True),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("names", "counts", "label"),
    [
        (("images", "labels"), (3, 3), "labels"),
        (("images", "labels"), (3, 4), ""),
        (("Images_A", "Targets_A"), (3, 3), "Targets_A"),
        (("images_a", "labels_b"), (3, 3), ""),
        (("things", "labels"), (3, 3), ""),
        (("images", "notes"), (3, 3), ""),
    ],
)
def test_labels_of_an_archive_are_as_many_and_called_alike(
    folder: Folder, names: tuple[str, str], counts: tuple[int, int], label: str
) -> None:
    npz(folder, "b.npz", **{names[0]: images(counts[0]), names[1]: np.arange(counts[1])})

    assert [table.label for table in arrays(folder)] == [label]


def test_two_arrays_of_labels_called_alike_leave_both_open(folder: Folder) -> None:
    npz(folder, "b.npz", images=images(3), labels=np.arange(3), y=np.arange(3))

    [one] = arrays(folder)

    assert (one.labels, one.label) == (("labels", "y"), "")


def idx(folder: Folder, path: str, count: int, *, of_labels: bool = False) -> None:
    head = struct.pack(">II", 2049, count) if of_labels else struct.pack(">IIII", 2051, count, 4, 3)
    data = head + (bytes(n % 3 for n in range(count)) if of_labels else images(count).tobytes())
    folder.data(path, gzip.compress(data) if path.endswith(".gz") else data)


def test_files_of_arrays_go_together_by_what_their_names_begin_with(folder: Folder) -> None:
    for part, count in (("train", 6), ("t10k", 3)):
        idx(folder, f"m/{part}-images-idx3-ubyte.gz", count)
        idx(folder, f"m/{part}-labels-idx1-ubyte.gz", count, of_labels=True)

    test, train = arrays(folder)

    assert train == EmbeddedTable(
        ("m/train-images-idx3-ubyte.gz",),
        {"file": "m/train-images-idx3-ubyte.gz", "pattern": {"of": "^(?P<part>train\\-)"}},
        {"0": "location", "record.index": "row", "file.name": "of"},
        ("m/train-labels-idx1-ubyte.gz",),
        "m/train-labels-idx1-ubyte.gz",
        "train",
        (
            {
                "file": "m/train-labels-idx1-ubyte.gz",
                "pattern": {"called": "^(?P<part>train\\-)"},
                "columns": {"0": "label", "record.index": "row", "file.name": "called"},
            },
        ),
        is_array=True,
    )
    assert (test.split, test.label) == ("test", "m/t10k-labels-idx1-ubyte.gz")
    assert test.entries("x", with_split=True) == [
        {**test.keys, "columns": test.columns, "split": "test"},
        *test.more,
    ]


def test_files_of_arrays_without_a_beginning_of_their_names_need_none(folder: Folder) -> None:
    idx(folder, "images.idx3-ubyte", 3)
    idx(folder, "labels.idx1-ubyte", 3, of_labels=True)

    [one] = arrays(folder)

    assert (one.keys, one.more) == (
        {"file": "images.idx3-ubyte"},
        ({"file": "labels.idx1-ubyte", "columns": {"0": "label", "record.index": "row"}},),
    )


@pytest.mark.parametrize(
    ("labels", "count"),
    [("x/labels.idx1-ubyte", 3), ("labels.idx1-ubyte", 4), ("labels-b.idx1-ubyte", 3), ("notes.idx1-ubyte", 3)],
)
def test_files_of_arrays_that_lie_apart_or_are_called_otherwise_do_not_go_together(
    folder: Folder, labels: str, count: int
) -> None:
    idx(folder, "images.idx3-ubyte", 3)
    idx(folder, labels, count, of_labels=True)

    assert [(table.labels, table.label, table.more) for table in arrays(folder)] == [((), "", ())]


def test_two_files_of_labels_called_alike_leave_both_out(folder: Folder) -> None:
    idx(folder, "images.idx3-ubyte", 3)
    idx(folder, "labels.idx1-ubyte", 3, of_labels=True)
    idx(folder, "labels-idx1-ubyte", 3, of_labels=True)

    assert [table.label for table in arrays(folder)] == [""]


def refused(look: Look, folder: Folder) -> UnsettledLayoutError:
    with pytest.raises(UnsettledLayoutError) as caught:
        look(folder.root)
    return caught.value


def test_what_is_read_says_which_table_holds_the_images_and_which_column_is_the_label(
    look: Look, folder: Folder
) -> None:
    wide(folder, "train.csv", ["label"], *([str(row % 3)] for row in range(9)))
    wide(folder, "test.csv", [], *([] for _ in range(4)))

    found = look(folder.root)

    assert found.why == "no image lies there as a file; train.csv holds them, and label is the label"
    assert found.notices[0] == "test.csv holds images without a column of labels, and is left out"
    assert found.ignored == {"unlisted images in test.csv": 4}
    assert found.keys == {
        "source": {"tables": [{"file": "train.csv", "pixels": "pixel*", "columns": {"label": "label"}}]}
    }


def test_several_tables_that_are_splits_are_read_as_these(look: Look, folder: Folder) -> None:
    for name in ("train.csv", "test.csv"):
        wide(folder, name, ["label"], *([str(row % 3)] for row in range(6)))

    found = look(folder.root)

    assert found.why == "no image lies there as a file; test.csv, train.csv hold them, and label is the label"
    assert [entry["split"] for entry in found.keys["source"]["tables"]] == ["test", "train"]


def test_labels_in_a_file_of_their_own_are_called_by_that(look: Look, folder: Folder) -> None:
    idx(folder, "images.idx3-ubyte", 6)
    idx(folder, "labels.idx1-ubyte", 6, of_labels=True)

    assert look(folder.root).why == (
        "no image lies there as a file; images.idx3-ubyte, labels.idx1-ubyte hold them, and labels.idx1-ubyte is the "
        "label"
    )


@pytest.mark.parametrize(
    ("labels", "is_read"),
    [
        pytest.param("aabb", True, id="each twice"),
        pytest.param("ab", True, id="two images of two classes"),
        pytest.param("aabc", False, id="three of four"),
        pytest.param("abcabc", True, id="half as many as images"),
        pytest.param("abcdaa", False, id="more"),
        pytest.param("aaaa", False, id="one class"),
    ],
)
def test_a_column_is_a_label_where_it_says_few_things(look: Look, folder: Folder, labels: str, is_read: bool) -> None:
    wide(folder, "t.csv", ["label"], *([label] for label in labels))

    if is_read:
        assert len(look(folder.root).class_paths) == len(set(labels))
    else:
        said = str(refused(look, folder)).replace(str(folder.root), "SOURCE")
        assert said.startswith(
            "ambiguous_layout: SOURCE: no image lies there as a file, but tables hold images:\n"
            "If the column label of t.csv is the label of the images in that table:\n"
        )


def test_labels_that_are_missing_in_some_rows_are_no_sure_reading(look: Look, folder: Folder) -> None:
    wide(folder, "t.csv", ["label"], *([label] for label in ("a", "b", "a", "b", "")))

    assert len(refused(look, folder).unsettled.proposals) == 1


def test_words_of_splits_that_only_the_table_knows_are_named(look: Look, folder: Folder) -> None:
    wide(folder, "t.csv", ["label", "set"], *([str(row % 2), ("Train", "MyTest")[row // 2 % 2]] for row in range(8)))

    found = look(folder.root)

    assert found.keys["splits"] == {"names": {"MyTest": "test"}}
    assert set(found.samples["split"].to_pylist()) == {"train", "test"}


def test_columns_that_may_be_the_label_are_offered_for_splits_together_and_for_each(look: Look, folder: Folder) -> None:
    for name in ("train.csv", "test.csv"):
        more = ["size_class"] if name == "train.csv" else []
        wide(folder, name, ["a_label", "b_label", *more], *([str(row % 2), str(row % 3), *("x" for _ in more)]
                                                            for row in range(6)))  # fmt: skip

    offered = [one.says for one in refused(look, folder).unsettled.proposals]

    assert offered == [
        *(f"the column {name} is the label, and test.csv and train.csv are splits" for name in ("a_label", "b_label")),
        *(f"the column {name} of test.csv is the label of the images in that table" for name in ("a_label", "b_label")),
        *(f"the column {name} of train.csv is the label of the images in that table"
          for name in ("a_label", "b_label", "size_class")),
    ]  # fmt: skip
    entries = refused(look, folder).unsettled.proposals[0].keys["source"]["tables"]
    assert [entry.get("split") for entry in entries] == ["test", "train"]
    alone = refused(look, folder).unsettled.proposals[2].keys["source"]["tables"]
    assert alone == [{"file": "test.csv", "pixels": "pixel*", "columns": {"a_label": "label"}}]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("train_a.csv", "train_b.csv", id="the same split"),
        pytest.param("train.csv", "other.csv", id="one that names none"),
    ],
)
def test_tables_that_are_not_as_many_splits_are_offered_one_by_one(
    look: Look, folder: Folder, one: str, other: str
) -> None:
    for name in (one, other):
        wide(folder, name, ["label"], *([str(row % 3)] for row in range(6)))

    offered = {proposal.says for proposal in refused(look, folder).unsettled.proposals}

    assert offered == {f"the column label of {name} is the label of the images in that table" for name in (one, other)}


@pytest.mark.parametrize("others", [["label", "set"], ["class"]])
def test_tables_of_other_columns_are_not_taken_together(look: Look, folder: Folder, others: list[str]) -> None:
    wide(folder, "train.csv", ["label"], *([str(row % 3)] for row in range(6)))
    wide(folder, "test.csv", others, *([str(row % 3), *("val" for _ in others[1:])] for row in range(6)))

    offered = [proposal.says for proposal in refused(look, folder).unsettled.proposals]

    assert f"the column {others[0]} of test.csv is the label of the images in that table" in offered


def test_parquets_whose_images_are_called_otherwise_are_not_taken_together(look: Look, folder: Folder) -> None:
    labels = ["a", "b"] * 3
    png(folder, "train.parquet", label=labels)
    photos = [{"bytes": b"\x89PNG", "path": None}] * len(labels)
    pq.write_table(pa.table({"photo": photos, "label": labels}), folder.root / "test.parquet")

    offered = [proposal.says for proposal in refused(look, folder).unsettled.proposals]

    assert offered == [
        f"the column label of {name}.parquet is the label of the images in that table" for name in ("test", "train")
    ]


@pytest.mark.parametrize(("count", "is_offered"), [(20, True), (21, False)])
def test_tables_of_images_are_offered_beside_twenty_images_and_no_more(
    look: Look, folder: Folder, count: int, is_offered: bool
) -> None:
    folder.images(*(f"poster{chr(97 + number)}.png" for number in range(count)))
    wide(folder, "train.csv", ["label"], *([str(row % 3)] for row in range(9)))

    offered = {one.says: one.keys for one in refused(look, folder).unsettled.proposals}

    says = "the images are those in train.csv, and the others belong to none"
    assert (says in offered) == is_offered
    if is_offered:
        entry = {"file": "train.csv", "pixels": "pixel*", "columns": {"label": "label"}}
        assert offered[says] == {"source": {"layout": "tables", "tables": [entry]}}


def test_columns_that_may_be_the_label_are_offered_beside_a_few_images(look: Look, folder: Folder) -> None:
    folder.images("poster.png")
    wide(folder, "train.csv", ["a_label", "b_label"], *([str(row % 3), str(row % 2)] for row in range(9)))

    first, second, *_ = refused(look, folder).unsettled.proposals

    assert [first.says, second.says] == [
        f"the column {name} of train.csv is the label of the images in that table" for name in ("a_label", "b_label")
    ]


def said(found: Discovery) -> dict[str, tuple[str, str]]:
    rows = found.samples.to_pylist()
    return {row["location"]: (row["label_path"], row["split"]) for row in rows}


def test_a_json_beside_tables_of_images_is_none_of_them(look: Look, folder: Folder) -> None:
    wide(folder, "train.csv", ["label"], *([str(row % 3)] for row in range(9)))
    folder.text("names.json", json.dumps({"0": "cat", "1": "dog", "2": "eel"}))

    assert look(folder.root).class_paths == ("0", "1", "2")
