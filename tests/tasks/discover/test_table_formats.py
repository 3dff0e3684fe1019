"""Tables of every format: what each is read as, and that pixels in them arrive at the fetcher."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tasks.errors import LabelFileError, LayoutError
from tasks.fetch.plain_copies import with_plain_copies
from tasks.fetch.readers import SourceReader
from tasks.fetch.settings import FetchSettings
from tasks.samples import Discovery, StoreUrl
from tasks.storage import open_store
from tests.folders_here import Folder, labels, rejects, splits

LOCATED = {"columns": {"file": "location", "kind": "label"}}
TRUTH = {"a.jpg": "cat", "b.jpg": "007"}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "source").images("a.jpg", "b.jpg")


def png(shade: int) -> bytes:
    held = io.BytesIO()
    Image.new("L", (4, 4), shade).save(held, "PNG")
    return held.getvalue()


LIST = {"columns": ["location", "label"]}
WRITTEN: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "CSV": ("t.csv", "file,kind\na.jpg,cat\nb.jpg,007", {}),
    "semicolons": ("t.csv", "file;kind\na.jpg;cat\nb.jpg;007", {}),
    "TSV": ("t.tsv", "file\tkind\na.jpg\tcat\nb.jpg\t007", {}),
    "blanks": ("t.txt", "file kind\na.jpg   cat\n  b.jpg\t007", {}),
    "lst": ("t.lst", "0\tcat\ta.jpg\n1\t007\tb.jpg", {"columns": ["_", "label", "location"]}),
    "a count before the header": ("t.txt", "2\nfile  kind\na.jpg cat\nb.jpg 007", {"skip": 1}),
    "comments": ("t.txt", "# note\na.jpg cat\nb.jpg 007", LIST | {"comment": "#"}),
    "JSON": ("t.json", '[{"file": "a.jpg", "kind": "cat"},\n{"file": "b.jpg", "kind": "007"}]', {}),
    "JSON Lines": ("t.jsonl", '{"file": "a.jpg", "kind": "cat"}\n{"file": "b.jpg", "kind": "007"}', {}),
    "records deep inside": (
        "t.json",
        '{"x": {"y": [{"file": "a.jpg", "kind": "cat"}, {"file": "b.jpg", "kind": "007"}]}}',
        {"at": "x.y"},
    ),
    "a map": ("t.json", '{"a.jpg": "cat", "b.jpg": "007"}', LIST | {"orient": "map"}),
    "a map of lists": (
        "t.json",
        '{"cat": ["a.jpg"], "007": ["b.jpg"]}',
        {"orient": "map", "columns": ["label", "location"]},
    ),
    "columns in parallel": ("t.json", '{"file": ["a.jpg", "b.jpg"], "kind": ["cat", "007"]}', {"orient": "columns"}),
    "as pandas writes them": (
        "t.json",
        '{"file": {"0": "a.jpg", "1": "b.jpg"}, "kind": {"0": "cat", "1": "007"}}',
        {"orient": "columns"},
    ),
    "lists in a list": ("t.json", '[["a.jpg", "cat"], ["b.jpg", "007"]]', LIST),
    "YAML": ("t.yaml", "a.jpg: cat\nb.jpg: '007'", LIST | {"orient": "map"}),
    "XML": (
        "t.xml",
        '<x><i file="a.jpg"><kind>cat</kind></i><i file="b.jpg"><kind>007</kind></i></x>',
        {"at": "i"},
    ),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_table_is_a_table_whatever_it_is_written_in(folder: Folder, how: str) -> None:
    name, text, more = WRITTEN[how]
    folder.text(name, text)

    found = folder.found({"file": name, **LOCATED, **more})

    assert labels(found) == TRUTH
    assert not rejects(found)


def test_excel_is_read_as_it_shows_itself(folder: Folder) -> None:
    book = openpyxl.Workbook()
    book.active.append(["About this list"])
    sheet = book.create_sheet("labels")
    for row in (["file", "kind", "seen"], ["a.jpg", 3, date(2024, 5, 1)], ["b.jpg", "NA", date(2024, 5, 2)]):
        sheet.append(row)
    book.save(folder.root / "t.xlsx")
    table = {"file": "t.xlsx", "sheet": "labels", **LOCATED}

    found = folder.found(table, keep_columns={"seen": "seen"})

    assert labels(found) == {"a.jpg": "3", "b.jpg": "NA"}
    assert json.loads(found.samples["kept"][0].as_py()) == {"seen": "2024-05-01"}
    with pytest.raises(LabelFileError, match=r"t\.xlsx has no sheet .other.; it has Sheet, labels"):
        folder.found(table | {"sheet": "other"})


def test_what_is_no_excel_file_is_an_error(folder: Folder) -> None:
    folder.text("t.xlsx", "file,kind")

    with pytest.raises(LabelFileError, match=r"t\.xlsx cannot be read as an Excel file.*CSV"):
        folder.found({"file": "t.xlsx", **LOCATED})


def test_parquet_gives_its_columns_as_text(folder: Folder) -> None:
    pq.write_table(
        pa.table({"file": ["a.jpg", "b.jpg"], "kind": pa.array(["cat", "007"]).dictionary_encode()}),
        folder.root / "t.parquet",
    )

    assert labels(folder.found({"file": "t.parquet", **LOCATED})) == TRUTH


PATHS = ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("files", "kinds", "truth"),
    [
        pytest.param([b"a.jpg", b"b.jpg"], [b"cat", "dög".encode()], ["cat", "dög"], id="bytes, as Spark writes text"),
        pytest.param(PATHS, pa.array([0.1, 2], pa.float32()), ["0.1", "2"], id="numbers of 32 bits"),
        pytest.param(PATHS, pa.array([0.5, None], pa.float16()), ["0.5"], id="numbers of 16 bits"),
        pytest.param(PATHS, pa.array([b"cat", None]).dictionary_encode(), ["cat"], id="categories of bytes"),
    ],
)
def test_parquet_says_what_people_would(folder: Folder, files: list[Any], kinds: Any, truth: list[str]) -> None:
    pq.write_table(pa.table({"file": files, "kind": kinds}), folder.root / "t.parquet")

    assert list(labels(folder.found({"file": "t.parquet", **LOCATED})).values()) == truth


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param(pa.array([{"name": "cat"}, None]), id="objects"),
        pytest.param(pa.array([[("cat", 1)], None], pa.map_(pa.string(), pa.int64())), id="maps"),
        pytest.param(pa.array([b"\xff\xfe\0", b"cat"]), id="bytes that are not text"),
        pytest.param(pa.array([b"cat", b"dog"], pa.binary(3)), id="bytes of one length"),
    ],
)
def test_a_parquet_column_without_text_is_named(folder: Folder, kinds: Any) -> None:
    pq.write_table(pa.table({"file": PATHS, "kind": kinds}), folder.root / "t.parquet")

    with pytest.raises(LabelFileError, match=r"t\.parquet: the column 'kind' holds .* (no|not) text"):
        folder.found({"file": "t.parquet", **LOCATED})


def test_a_parquet_column_may_have_dots_in_its_name(folder: Folder) -> None:
    pq.write_table(pa.table({"image.path": PATHS, "is.cat": ["cat", "007"]}), folder.root / "t.parquet")

    named = {"image.path": "location", "is.cat": "label"}
    assert labels(folder.found({"file": "t.parquet", "columns": named})) == TRUTH


def test_of_parquet_only_the_columns_are_read_that_are_asked_for(folder: Folder) -> None:
    path = folder.root / "t.parquet"
    columns = {"file": ["a.jpg", "b.jpg"], "picture": [b"\7" * 4096] * 2, "kind": ["cat", "007"]}
    pq.write_table(pa.table(columns), path, compression="none", use_dictionary=False)
    column = pq.ParquetFile(path).metadata.row_group(0).column(1)
    data = bytearray(path.read_bytes())
    end = column.data_page_offset + column.total_compressed_size
    data[column.data_page_offset : end] = b"\xff" * column.total_compressed_size
    path.write_bytes(data)
    with pytest.raises(OSError):  # noqa: PT011 - any: nobody can read that column
        pq.read_table(path)

    assert labels(folder.found({"file": "t.parquet", **LOCATED})) == TRUTH


def test_a_query_is_a_table(folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(tmp_path / "labels.db") as base:
        base.execute("create table shots (file text, kind text, ok integer)")
        base.executemany(
            "insert into shots values (?, ?, ?)", [("a.jpg", "cat", 1), ("b.jpg", "007", 1), ("b.jpg", "x", 0)]
        )
    base.close()
    table = {"sql": "select file, kind from shots where ok = 1", "database": "LABELS", **LOCATED}

    with pytest.raises(LabelFileError, match="environment variable LABELS"):
        folder.found(table)
    monkeypatch.setenv("LABELS", f"sqlite:///{tmp_path / 'labels.db'}")

    assert labels(folder.found(table)) == TRUTH
    with pytest.raises(LabelFileError, match="no such table: shot"):
        folder.found(table | {"sql": "select * from shot"})


@pytest.mark.parametrize("name", ["t.pickle", "t.pkl", "t.h5"])
def test_arrays_and_pickles_are_never_loaded(folder: Folder, name: str) -> None:
    folder.data(name, b"\x80\x04cos\nsystem\n")

    with pytest.raises(LayoutError, match=rf"(?i){name} is .*csv"):
        folder.found({"file": name, **LOCATED})


def read_all(found: Discovery, tmp_path: Path) -> dict[str, list[list[int]]]:
    """The pixels of each sample, by its label, as the fetcher reads them."""
    access = with_plain_copies(found.access[0], open_store(StoreUrl(str(tmp_path / "out"))), "runs/1")
    reader = SourceReader(access, FetchSettings())
    images = {}
    for row in found.samples.to_pylist():
        body, is_array = reader.read(row)
        array = np.load(io.BytesIO(body.data)) if is_array else np.asarray(Image.open(io.BytesIO(body.data)))
        images[row["label_path"]] = array.tolist()
    return images


@pytest.mark.parametrize("count", [2, 40], ids=["few rows", "a block of rows"])
def test_pixels_in_columns_are_images(folder: Folder, tmp_path: Path, count: int) -> None:
    rows = [f"k{at},{at},2,3,{255 - at}" for at in range(count)]
    folder.text("t.csv", "label,pixel0,pixel1,pixel2,pixel3", *rows)

    found = folder.found({"file": "t.csv", "columns": {"label": "label"}, "pixels": "pixel*", "split": "train"})

    assert read_all(found, tmp_path) == {f"k{at}": [[at, 2], [3, 255 - at]] for at in range(count)}
    assert set(found.samples["split"].to_pylist()) == {"train"}
    assert len(set(found.samples["sample_id"].to_pylist())) == count


def test_pixels_in_one_cell_have_the_shape_that_is_given(folder: Folder, tmp_path: Path) -> None:
    folder.text("t.csv", "emotion,pixels,Usage", "3,0 1 2 3 4 5,Training", "4,0 1 2,Training")
    table = {"file": "t.csv", "columns": {"emotion": "label", "Usage": "split"}, "pixels": "pixels", "shape": [2, 3]}

    found = folder.found(table)
    first = found.samples.filter(pa.compute.equal(found.samples["label_path"], "3"))

    assert read_all(Discovery(**{**_fields(found), "samples": first}), tmp_path) == {"3": [[0, 1, 2], [3, 4, 5]]}


def _fields(found: Discovery) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__dataclass_fields__}


def test_columns_that_make_no_square_need_a_shape(folder: Folder) -> None:
    folder.text("t.csv", "label,p0,p1,p2", "a,1,2,3")

    with pytest.raises(LabelFileError, match=r"3 columns of pixels, and they make no square.*`shape: \[28, 28\]`"):
        folder.found({"file": "t.csv", "columns": {"label": "label"}, "pixels": "p*"})


def test_images_in_parquet_are_read_from_a_copy_that_can_be_sought_in(folder: Folder, tmp_path: Path) -> None:
    note = {
        "info": {"features": {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}
    }
    images = [{"bytes": png(shade), "path": f"{shade}.png"} for shade in (9, 200)]
    table = pa.table({"image": images, "label": [1, 0]}).replace_schema_metadata({"huggingface": json.dumps(note)})
    (folder.root / "data").mkdir()
    pq.write_table(table, folder.root / "data/train-0.parquet")

    found = folder.found(
        {"files": "data/*.parquet", "columns": {"image": "location", "label": "label"}, "split": "train"}
    )

    assert read_all(found, tmp_path) == {"dog": [[9] * 4] * 4, "cat": [[200] * 4] * 4}
    assert splits(found) == {"": "train"}


def test_an_error_in_a_sheet_is_no_label(folder: Folder) -> None:
    book = openpyxl.Workbook()
    for row in (["file", "kind"], ["a.jpg", "#N/A"], ["b.jpg", "007"]):
        book.active.append(row)
    book.save(folder.root / "t.xlsx")

    found = folder.found({"file": "t.xlsx", **LOCATED})
    assert labels(found) == {"b.jpg": "007"}
    assert rejects(found)["a.jpg"][0] == "missing_label"


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("t.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "before 2007, or one with a password"),
        ("t.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "before 2007, or one with a password"),
        ("t.db", b"SQLite format 3\0\x10\0", "SQLite database.*`sql: SELECT"),
        ("t.csv", b"PK\3\4\x14\0", "Excel or LibreOffice under another name"),
        ("t.csv", b"\x1f\x8b\x08\0", "let its name end in .gz"),
        ("t", b"PAR1\x15\4", "let its name end in .parquet"),
        ("t.orc", b"ORC\x0a\x03\0", "read_orc"),
        ("t.avro", b"Obj\1\4", "Avro"),
        ("t.csv", b"ARROW1\0\0", "let its name end in .arrow"),
        ("t.bin", b"\x89HDF\r\n\x1a\n", "HDF5"),
    ],
)
def test_a_file_of_another_program_is_called_what_it_is(folder: Folder, name: str, data: bytes, words: str) -> None:
    folder.data(name, data + bytes(60))

    with pytest.raises(LabelFileError, match=rf"{name} is an? .*{words}|{name} is .*{words}"):
        folder.found({"file": name, **LOCATED})


def test_a_text_that_begins_like_another_format_is_read(folder: Folder) -> None:
    folder.text("t.csv", "ORC,kind", "a.jpg,cat", "b.jpg,007")

    assert labels(folder.found({"file": "t.csv", "columns": {"ORC": "location", "kind": "label"}})) == TRUTH


@pytest.mark.parametrize(("value", "truth"), [(b"cat", "cat"), (b"\xff\0", "")])
def test_bytes_of_a_database_are_text_or_refused(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, value: bytes, truth: str
) -> None:
    place = folder.root.parent / "t.db"
    with sqlite3.connect(place) as held:
        held.execute("create table t (file, kind)")
        held.execute("insert into t values (?, ?)", ("a.jpg", value))
    monkeypatch.setenv("LABELS", f"sqlite:///{place}")
    query = {"sql": "select file, kind from t", "database": "LABELS", **LOCATED}

    if truth:
        assert labels(folder.found(query)) == {"a.jpg": truth}
    else:
        with pytest.raises(LabelFileError, match="'kind' of the query holds bytes that are not text"):
            folder.found(query)


MAP = {"orient": "map", "columns": ["location", "label"]}


@pytest.mark.parametrize(
    ("name", "text", "truth"),
    [
        ("t.json", '{"a.jpg": 1.10, "b.jpg": 1e3}', {"a.jpg": "1.10", "b.jpg": "1e3"}),
        ("t.json", '{"a.jpg": NaN, "b.jpg": true}', {"b.jpg": "true"}),
        ("t.yaml", "a.jpg: 007\nb.jpg: 1.10", {"a.jpg": "007", "b.jpg": "1.10"}),
        ("t.yaml", "a.jpg: 2024-01-02\nb.jpg: 12:30", {"a.jpg": "2024-01-02", "b.jpg": "12:30"}),
        ("t.yaml", "a.jpg: .nan\nb.jpg: 1_000", {"b.jpg": "1_000"}),
    ],
)
def test_the_labels_of_a_map_stay_as_they_are_written(
    folder: Folder, name: str, text: str, truth: dict[str, str]
) -> None:
    found = folder.text(name, text).found({"file": name, **MAP})

    assert labels(found) == truth
    assert {reason for reason, _ in rejects(found).values()} == ({"missing_label"} if len(truth) < 2 else set())


@pytest.mark.parametrize(
    ("name", "text"), [("t.json", '{"a.jpg": "cat",\n"a.jpg": "dog"}'), ("t.yaml", "a.jpg: cat\na.jpg: dog")]
)
def test_a_map_that_says_two_things_of_one_image_is_refused(folder: Folder, name: str, text: str) -> None:
    with pytest.raises(LabelFileError, match=r"(twice|duplicate key).*a\.jpg|a\.jpg.*twice"):
        folder.text(name, text).found({"file": name, **MAP})


@pytest.mark.parametrize(("names", "truth"), [(["cat", "dog"], {"a.jpg": "dog"}), (["cat", "cat"], {"a.jpg": "1"})])
def test_numbers_without_a_class_of_hugging_faces_are_no_label(
    folder: Folder, names: list[str], truth: dict[str, str]
) -> None:
    note = {"info": {"features": {"kind": {"names": names, "_type": "ClassLabel"}}}}
    table = pa.table({"file": PATHS, "kind": [1, -1]}).replace_schema_metadata({"huggingface": json.dumps(note)})
    pq.write_table(table, folder.root / "t.parquet")

    found = folder.found({"file": "t.parquet", **LOCATED})

    assert {place: label for place, label in labels(found).items() if label != "-1"} == truth


RANKED = {"columns": {"file": "location", "kind": "rank"}}


def _book(path: Path, sheets: Mapping[str, list[list[str]]]) -> None:
    book = openpyxl.Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    del book["Sheet"]
    book.save(path)


@pytest.mark.parametrize(
    ("sheets", "tables", "is_told"),
    [
        pytest.param("old new", [{}], True, id="several, and none is asked for"),
        pytest.param("old new", [{"sheet": "new"}], False, id="one that is asked for"),
        pytest.param("old", [{}], False, id="one alone"),
        pytest.param("old blank", [{}], False, id="others are empty"),
        pytest.param(
            "old kinds", [RANKED, {"sheet": "kinds", "columns": ["rank", "label"]}], False, id="both are read"
        ),
    ],
)
def test_other_sheets_are_told_of_where_none_is_asked_for(
    folder: Folder, sheets: str, tables: list[dict[str, Any]], is_told: bool
) -> None:
    rows = {
        "old": [["file", "kind"], ["a.jpg", "cat"], ["b.jpg", "007"]],
        "new": [["file", "kind"], ["a.jpg", "dog"], ["b.jpg", "cow"]],
        "kinds": [["cat", "1"], ["007", "2"]],
        "blank": [],
    }
    _book(folder.images("a.jpg", "b.jpg").root / "t.xlsx", {name: rows[name] for name in sheets.split()})

    found = folder.found(*({"file": "t.xlsx", **LOCATED, **table} for table in tables))

    said = "t.xlsx has several sheets, and the first, old, is read: `sheet` names another (new)"
    assert (said in found.notices) == is_told
    assert any("several sheets" in notice for notice in found.notices) == is_told
