"""What annotation tools write beside images: read where each has one class, proposed where it may have several."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.config import DatasetConfig
from tasks.columns import SampleRow
from tasks.discover import discover_sources
from tasks.discover.proposals import Proposal, UnsettledLayoutError

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

KINDS = ("cat", "dog", "eel")
Truth = dict[str, list[str]]


def put(root: Path, place: str, content: Any = "x") -> str:
    """Write *content*, text or what JSON holds, at *place*; the place."""
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return place


def several(number: int) -> list[str]:
    """One class for even numbers, two for odd ones."""
    return [KINDS[number % 3]] + ([KINDS[(number + 1) % 3]] if number % 2 else [])


def voc(name: str, kinds: list[str]) -> str:
    boxes = "".join(f"<object><name>{kind}</name><bndbox><xmin>1</xmin></bndbox></object>" for kind in kinds)
    return f"<annotation><filename>{name}</filename><segmented>0</segmented>{boxes}</annotation>"


def yolo(kinds: list[str]) -> str:
    return "".join(f"{KINDS.index(kind)} 0.5 0.5 0.2 0.1\n" for kind in kinds)


def boxes_beside(root: Path) -> Truth:
    for i in range(8):
        put(root, f"shots/a{i}.xml", voc(f"a{i}.jpg", several(i)))
    return {put(root, f"shots/a{i}.jpg"): several(i) for i in range(8)}


def boxes_under_other_names(root: Path) -> Truth:
    for i in range(8):
        put(root, f"kit/Annotations/{i:04}.xml", voc("frame.jpg", several(i)))
    return {put(root, f"kit/JPEGImages/{i:04}.jpg"): several(i) for i in range(8)}


def numbered_boxes_and_their_names(root: Path) -> Truth:
    put(root, "data.yaml", "nc: 3\nnames: [cat, dog, eel]\n")
    for i in range(8):
        put(root, f"labels/{'train' if i < 5 else 'val'}/{i}.txt", yolo(several(i)))
    return {put(root, f"images/{'train' if i < 5 else 'val'}/{i}.jpg"): several(i) for i in range(8)}


def numbered_boxes_with_the_same_names_in_each_split(root: Path) -> Truth:
    put(root, "data.yaml", "names:\n  0: cat\n  1: dog\n  2: eel\n")
    put(root, "README.txt", "Exported.")
    truth = {}
    for split in ("train", "valid"):
        for i in range(6):
            put(root, f"{split}/labels/p{i}.v1.rf.txt", yolo(several(i)))
            truth[put(root, f"{split}/images/p{i}.v1.rf.jpg")] = several(i)
    return truth


def numbered_boxes_beside_and_a_list_of_names(root: Path) -> Truth:
    put(root, "all/classes.txt", "cat\nmorning dog\neel\n")
    for i in range(8):
        put(root, f"all/{i}.txt", yolo(several(i)))
    return {
        put(root, f"all/{i}.jpg"): ["morning dog" if kind == "dog" else kind for kind in several(i)] for i in range(8)
    }


def numbered_boxes_and_empty_images(root: Path) -> Truth:
    put(root, "obj.names", "cat\ndog\neel\n")
    kinds = {i: [] if i % 4 == 0 else several(i) for i in range(8)}
    for i, held in kinds.items():
        put(root, f"labels/{i}.txt", yolo(held))
    return {put(root, f"images/{i}.jpg"): held for i, held in kinds.items()}


def outlines_file_by_file(root: Path) -> Truth:
    for i in range(8):
        shapes = [{"label": kind, "points": [[1, 2], [3, 4]], "shape_type": "rectangle"} for kind in several(i)]
        put(root, f"a/{i}.json", {"flags": {}, "shapes": shapes, "imagePath": f"{i}.jpg", "imageData": "QUJD" * 400})
    return {put(root, f"a/{i}.jpg"): several(i) for i in range(8)}


def one_xml_of_boxes(root: Path) -> Truth:
    found = "".join(
        f'<image id="{i}" name="{i}.jpg">{"".join(f"""<box label="{k}" xtl="1"/>""" for k in several(i))}</image>'
        for i in range(8)
    )
    put(root, "annotations.xml", f"<annotations><version>1.1</version>{found}</annotations>")
    return {put(root, f"{i}.jpg"): several(i) for i in range(8)}


def boxes_and_categories(root: Path) -> Truth:
    kinds = {i: [] if i % 4 == 0 else several(i) for i in range(8)}
    pairs = [(i, kind) for i, held in kinds.items() for kind in held]
    notes = [
        {"id": n, "image_id": i, "category_id": KINDS.index(k), "bbox": [1, 2, 3, 4]} for n, (i, k) in enumerate(pairs)
    ]
    images = [{"id": i, "file_name": f"{i}.jpg"} for i in kinds]
    categories = [{"id": at, "name": kind} for at, kind in enumerate(KINDS)]
    put(root, "result.json", {"images": images, "annotations": notes, "categories": categories})
    return {put(root, f"images/{i}.jpg"): held for i, held in kinds.items()}


def boxes_by_the_place_of_their_class(root: Path) -> Truth:
    items = [
        {
            "id": f"{i}",
            "annotations": [{"type": "bbox", "label_id": KINDS.index(k), "bbox": [1, 2]} for k in several(i)],
        }
        for i in range(8)
    ]
    labels = [{"name": kind, "parent": ""} for kind in KINDS]
    put(root, "annotations/default.json", {"categories": {"label": {"labels": labels}}, "items": items})
    return {put(root, f"images/default/{i}.jpg"): several(i) for i in range(8)}


def a_map_of_assets(root: Path) -> Truth:
    assets = {
        f"{i:032x}": {
            "asset": {"name": f"{i}.jpg"},
            "regions": [{"tags": [k], "points": [{"x": 1}]} for k in several(i)],
        }
        for i in range(8)
    }
    put(root, "export.json", {"name": "pets", "assets": assets})
    return {put(root, f"{i}.jpg"): several(i) for i in range(8)}


def files_that_are_called_otherwise(root: Path) -> Truth:
    for i in range(8):
        regions = [{"tags": [kind], "boundingBox": {"left": 1}} for kind in several(i)]
        put(root, f"{i:032x}-asset.json", {"asset": {"name": f"{i}.jpg"}, "regions": regions})
    return {put(root, f"{i}.jpg"): several(i) for i in range(8)}


SEVERAL = (
    boxes_beside,
    boxes_under_other_names,
    numbered_boxes_and_their_names,
    numbered_boxes_with_the_same_names_in_each_split,
    numbered_boxes_beside_and_a_list_of_names,
    numbered_boxes_and_empty_images,
    outlines_file_by_file,
    one_xml_of_boxes,
    boxes_and_categories,
    boxes_by_the_place_of_their_class,
    a_map_of_assets,
    files_that_are_called_otherwise,
)


def read_as(root: Path, proposal: Proposal) -> dict[str, SampleRow]:
    """The samples that *proposal*, as a config says it, makes of *root*."""
    keys = json.loads(json.dumps(proposal.keys))
    keys["source"]["path"] = str(root)
    config = DatasetConfig.model_validate({"name": "x", "output": {"path": str(root / "out")}, **keys})
    found = discover_sources(config.sources, config.splits.names, config.split_lists)
    assert found.rejections.num_rows == 0
    return {row["location"]: row for row in found.samples.to_pylist()}


def kinds_of(row: SampleRow) -> list[str]:
    """The labels of a sample, sorted."""
    held = [row["label_path"]] if row["label_paths"] is None else row["label_paths"]
    return sorted(filter(None, held))


@pytest.mark.parametrize("drawn", SEVERAL, ids=lambda made: made.__name__)
def test_several_classes_of_an_image_are_proposed_as_the_one_reading(
    look: Look, tmp_path: Path, drawn: Callable[[Path], Truth]
) -> None:
    truth = drawn(tmp_path)

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    assert caught.value.certain is not None
    rows = read_as(tmp_path, caught.value.certain)
    assert {place: kinds_of(row) for place, row in rows.items()} == {
        place: sorted(kinds) for place, kinds in truth.items()
    }
    splits = {place: row["split"] for place, row in rows.items()}
    named = {"train": "train", "valid": "validation", "val": "validation"}
    assert splits == {place: next((named[p] for p in place.split("/") if p in named), "") for place in truth}


def flags_file_by_file(root: Path) -> None:
    for i in range(9):
        flags = {kind: kind == KINDS[i % 3] for kind in KINDS}
        put(root, f"a/{i}.json", {"flags": flags, "shapes": [], "imagePath": f"{i}.jpg", "imageData": None})
        put(root, f"a/{i}.jpg")


def tags_of_images_with_one_name_in_two_subsets(root: Path) -> None:
    found = ""
    for subset in ("Train", "Test"):
        for i in range(9):
            put(root, f"images/{subset}/{i}.jpg")
            found += f'<image id="{i}" name="{i}.jpg" subset="{subset}"><tag label="{KINDS[i % 3]}"/></image>'
    put(root, "annotations.xml", f"<annotations>{found}</annotations>")


def tags_beside_in_their_own_folder(root: Path) -> None:
    for part in ("ds0", "ds1"):
        for i in range(9):
            put(root, f"{part}/ann/{i}.jpg.json", {"tags": [{"id": 1, "name": KINDS[i % 3]}], "objects": []})
            put(root, f"{part}/img/{i}.jpg")


def attributes_by_name_and_size(root: Path) -> None:
    held = {f"{i}.jpg7": {"filename": f"{i}.jpg", "file_attributes": {"kind": KINDS[i % 3]}} for i in range(9)}
    put(root, "project.json", {"_settings": {"ui": {}}, "_images": held})
    for i in range(9):
        put(root, f"photos/{i}.jpg")


def choices_at_an_address(root: Path) -> None:
    rows = [
        {"image": f"/data/local-files/?d=in/{i}.jpg", "choice": KINDS[i % 3], "lead_time": 1.5 + i} for i in range(9)
    ]
    put(root, "export.json", rows)
    for i in range(9):
        put(root, f"shots/{i}.jpg")


def words_in_files_beside(root: Path) -> None:
    for i in range(9):
        put(root, f"{i}.txt", f"{KINDS[i % 3]}\n")
        put(root, f"{i}.jpg")


def a_sheet_behind_another(root: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Read me"])
    sheet = book.create_sheet("kinds")
    sheet.append(["File", "Kind", "Grams"])
    for i in range(9):
        sheet.append([str(i), KINDS[i % 3], 20.5 + i])
        put(root, f"shots/{i}.jpg")
    book.save(root / "list.xlsx")


def a_parquet_of_places(root: Path) -> None:
    places = [put(root, f"shots/{i % 2}/{i}.jpg") for i in range(9)]
    columns = {"path": places, "label": [KINDS[i % 3] for i in range(9)], "vector": [[0.1]] * 9}
    pq.write_table(pa.table(columns), root / "meta.parquet")


ONE = (
    flags_file_by_file,
    tags_of_images_with_one_name_in_two_subsets,
    tags_beside_in_their_own_folder,
    attributes_by_name_and_size,
    choices_at_an_address,
    words_in_files_beside,
    a_sheet_behind_another,
    a_parquet_of_places,
)


@pytest.mark.parametrize("drawn", ONE, ids=lambda made: made.__name__)
def test_one_class_of_each_image_is_read(look: Look, tmp_path: Path, drawn: Callable[[Path], None]) -> None:
    drawn(tmp_path)

    found = look(tmp_path)

    rows = found.samples.to_pylist()
    assert found.rejections.num_rows == 0
    assert len(rows) == sum(1 for _ in tmp_path.rglob("*.jpg"))
    assert all(row["label_path"] == KINDS[int(Path(row["location"]).stem) % 3] for row in rows)
    again = look(tmp_path, layout=found.layout, **found.keys["source"])
    assert again.samples.equals(found.samples)


@pytest.mark.parametrize("form", ["xml", "txt"])
def test_one_box_in_each_image_may_be_one_label_or_a_set(look: Look, tmp_path: Path, form: str) -> None:
    put(tmp_path, "classes.txt", "cat\ndog\neel\n")
    for i in range(9):
        put(tmp_path, f"shots/{i}.{form}", voc(f"{i}.jpg", [KINDS[i % 3]]) if form == "xml" else yolo([KINDS[i % 3]]))
        put(tmp_path, f"shots/{i}.jpg")

    with pytest.raises(UnsettledLayoutError, match="one label, or a set") as caught:
        look(tmp_path)

    many, single, *_ = caught.value.unsettled.proposals
    assert caught.value.certain is None
    assert [kinds_of(row) for row in read_as(tmp_path, many).values()] == [[KINDS[i % 3]] for i in range(9)]
    assert [row["label_path"] for row in read_as(tmp_path, single).values()] == [KINDS[i % 3] for i in range(9)]


AGAINST = {
    "xml": lambda i: voc(f"{i}.jpg", several(i)),
    "txt": lambda i: yolo(several(i)),
    "json": lambda i: json.dumps({"flags": {k: k == KINDS[i % 3] for k in KINDS}, "imagePath": f"{i}.jpg"}),
}


@pytest.mark.parametrize("form", AGAINST)
def test_folders_are_no_classes_where_annotations_beside_their_images_say_otherwise(
    look: Look, tmp_path: Path, form: str
) -> None:
    put(tmp_path, "classes.txt", "cat\ndog\neel\n")
    for i in range(12):
        put(tmp_path, f"{'north' if i < 6 else 'south'}/{i}.{form}", AGAINST[form](i))
        put(tmp_path, f"{'north' if i < 6 else 'south'}/{i}.jpg")

    with pytest.raises(UnsettledLayoutError, match="goes with no class that the folders name") as caught:
        look(tmp_path)

    first = caught.value.unsettled.proposals[0]
    wanted = [sorted([KINDS[i % 3]] if form == "json" else several(i)) for i in range(12)]
    rows = read_as(tmp_path, first).values()
    found = {Path(row["location"]).stem: kinds_of(row) for row in rows}
    assert found == {str(i): kinds for i, kinds in enumerate(wanted)}


def test_annotations_that_say_what_folders_say_leave_them_their_names(look: Look, tmp_path: Path) -> None:
    for i in range(12):
        put(tmp_path, f"Annotation/{KINDS[i % 3]}/{i}.xml", voc(f"{i}.jpg", [KINDS[i % 3]]))
        put(tmp_path, f"Images/{KINDS[i % 3]}/{i}.jpg")

    found = look(tmp_path)

    assert (found.layout, found.class_paths) == ("class_folders", KINDS)


def test_captions_beside_images_are_no_labels(look: Look, tmp_path: Path) -> None:
    for i in range(9):
        put(tmp_path, f"{i}.txt", f"a photo of a {KINDS[i % 3]}, number {i}, as it lies on the table")
        put(tmp_path, f"{i}.jpg")

    with pytest.raises(UnsettledLayoutError, match="no_labels"):
        look(tmp_path)


def test_official_lists_are_read_among_many_of_one_class_each(look: Look, tmp_path: Path) -> None:
    for i in range(8):
        put(tmp_path, f"kit/Annotations/{i}.xml", voc(f"{i}.jpg", several(i)))
        put(tmp_path, f"kit/JPEGImages/{i}.jpg")
    for split, numbers in (("train", range(5)), ("val", range(5, 8))):
        put(tmp_path, f"kit/ImageSets/Main/{split}.txt", "".join(f"{i}\n" for i in numbers))
        for kind in range(20):
            put(tmp_path, f"kit/ImageSets/Main/kind{kind}_{split}.txt", "".join(f"{i} -1\n" for i in numbers))

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    assert caught.value.certain is not None
    rows = read_as(tmp_path, caught.value.certain)
    assert [rows[f"kit/JPEGImages/{i}.jpg"]["split"] for i in range(8)] == ["train"] * 5 + ["validation"] * 3


def test_each_column_of_boxes_without_classes_that_could_be_the_label_is_proposed(look: Look, tmp_path: Path) -> None:
    names = [f"whale{i % 3}" for i in range(12)]
    put(tmp_path, "notes.json", {
        "images": [{"id": i, "file_name": f"{i:04}.jpg"} for i in range(12)],
        "annotations": [{"id": 50 + i, "image_id": i, "category_id": 0, "name": name, "viewpoint": "lu"[i // 3 % 2]}
                        for i, name in enumerate(names)],
        "categories": [{"id": 0, "name": "beluga"}],
    })  # fmt: skip
    for i in range(12):
        (tmp_path / f"{i:04}.jpg").write_bytes(b"x" * (i + 1))

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    told = [[row.label for row in one.rows] for one in caught.value.unsettled.proposals]
    assert names[:3] in told


def test_records_by_the_names_of_their_files_and_lists_of_classes_within_are_read(look: Look, tmp_path: Path) -> None:
    kinds = [("cat", "dog", "eel")[i * 5 % 7 % 3] for i in range(12)]
    put(tmp_path, "frames.json", {"seen": [0], "frames": {f"{i:04}.jpg": [{"x": 1, "tags": [kind]}]
                                                         for i, kind in enumerate(kinds)}})  # fmt: skip
    for i in range(12):
        (tmp_path / f"{i:04}.jpg").write_bytes(b"x" * (i + 1))

    found = look(tmp_path)

    assert [row["label_path"] for row in found.samples.to_pylist()] == kinds
