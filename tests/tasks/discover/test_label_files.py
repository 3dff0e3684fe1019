"""Label files as people write them: every row comes back, or says why it does not."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.discover.auto import AutoSource
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.records.csv_blocks import RecordBlock, read_csv_blocks
from tasks.records.csv_reader import read_csv
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow
from tasks.samples import Discovery

PLACES = ("cats_n_dogs/cat/1.jpg", "cats_n_dogs/dog/2.jpg", "1.jpg", "2.jpg", "a,b.jpg", "sub/3.jpg")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place in PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(b"x")
    return tmp_path


def look(folder: Path, text: str | bytes, name: str = "labels.csv", **keys: Any) -> Discovery:
    data = text.encode() if isinstance(text, str) else text
    (folder / name).write_bytes(data)
    return AutoSource(path=str(folder / name), **keys).discover(SplitWords({}))


def found(discovery: Discovery) -> list[tuple[str, str]]:
    table = discovery.samples
    return sorted(zip(table["location"].to_pylist(), table["label_path"].to_pylist(), strict=True))


def reasons(discovery: Discovery) -> list[str]:
    return sorted(discovery.rejections["reason"].to_pylist())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("    'cat', cats_n_dogs/cat/1.jpg", ("cats_n_dogs/cat/1.jpg", "cat"), id="the book's row"),
        pytest.param("'cat','http://mysite.com/a/1.jpg'", ("http://mysite.com/a/1.jpg", "cat"), id="a quoted address"),
        pytest.param(r"'O\'Neil',1.jpg", ("1.jpg", "O'Neil"), id="an escaped apostrophe"),
        pytest.param("'it''s',1.jpg", ("1.jpg", "it's"), id="a doubled apostrophe"),
        pytest.param("cat's eye,1.jpg", ("1.jpg", "cat's eye"), id="a lone apostrophe"),
        pytest.param('"a ""b""",1.jpg', ("1.jpg", 'a "b"'), id="doubled quotes"),
        pytest.param('cat,"a,b.jpg"', ("a,b.jpg", "cat"), id="a quoted comma"),
        pytest.param("cat,http://x.com/a,b?c=1,2", ("http://x.com/a,b", "cat"), id="commas of an address"),
        pytest.param("cat;dog,1.jpg", ("1.jpg", "cat;dog"), id="never split by guess"),
        pytest.param("sea lion & co,1.jpg", ("1.jpg", "sea lion & co"), id="inner blanks"),
        pytest.param("NA,1.jpg", ("1.jpg", "NA"), id="NA"),
        pytest.param("None,1.jpg", ("1.jpg", "None"), id="None"),
        pytest.param("001,1.jpg", ("1.jpg", "001"), id="zeros"),
        pytest.param("1e5,1.jpg", ("1.jpg", "1e5"), id="an exponent"),
        pytest.param("cat,./1.jpg", ("1.jpg", "cat"), id="dot slash"),
        pytest.param("cat,sub\\3.jpg", ("sub/3.jpg", "cat"), id="a backslash"),
        pytest.param("cat,sub/../1.jpg", ("1.jpg", "cat"), id="up and down"),
        pytest.param("cat,1.jpg,", ("1.jpg", "cat"), id="an empty cell too many"),
        pytest.param("cafe\u0301,1.jpg", ("1.jpg", "caf\u00e9"), id="Unicode form C"),
    ],
)
def test_a_row_is_read_as_it_is_meant(folder: Path, text: str, expected: tuple[str, str]) -> None:
    assert found(look(folder, f"label,location\n{text}\n")) == [expected]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        pytest.param("[[...],[...]]", "embedded_placeholder", id="an ellipsis"),
        pytest.param("[[1,2],[3]]", "embedded_ragged", id="ragged"),
        pytest.param("[[1,x],[3,4]]", "embedded_bad_value", id="letters"),
        pytest.param("[[1,300],[3,4]]", "embedded_out_of_range", id="over 255"),
        pytest.param("[[1,-3],[3,4]]", "embedded_out_of_range", id="negative"),
        pytest.param("[[0.1,0.2],[0.3,0.4]]", "embedded_bad_value", id="floats"),
        pytest.param("nowhere.jpg", "not_found", id="absent"),
        pytest.param("../outside.jpg", "outside_root", id="dots"),
        pytest.param("/etc/passwd", "outside_root", id="absolute"),
        pytest.param("~/x.jpg", "outside_root", id="home"),
        pytest.param("file:///etc/passwd", "bad_scheme", id="file"),
        pytest.param("s3://other/x.jpg", "bad_scheme", id="another store"),
        pytest.param("simplecache::http://x.com/1.jpg", "bad_scheme", id="chained"),
        pytest.param("reference://x", "bad_scheme", id="reference"),
        pytest.param("%2e%2e/%2e%2e/etc/passwd", "outside_root", id="percent"),
        pytest.param("", "bad_row", id="no location"),
    ],
)
def test_a_bad_row_is_a_reject_and_the_file_goes_on(folder: Path, cell: str, reason: str) -> None:
    discovery = look(folder, f"label,location\ncat,{cell}\ndog,2.jpg\n")

    assert reasons(discovery) == [reason]
    assert found(discovery) == [("2.jpg", "dog")]
    assert discovery.rejections["label_row"].to_pylist() == [2]


@pytest.mark.parametrize(
    "cell",
    [
        "[[0,1,2],[3,4,5]]",
        '"[[0,1,2],[3,4,5]]"',
        "[[[255,0,0],[0,255,0]],[[0,0,255],[9,9,9]]]",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
    ],
)
def test_pixels_may_stand_in_the_file(folder: Path, cell: str) -> None:
    discovery = look(folder, f"label,location\n'cat',{cell}\n")

    assert discovery.samples["kind"].to_pylist() == ["embedded"]
    assert discovery.samples["label_path"].to_pylist() == ["cat"]


@pytest.mark.parametrize("header", ["filename,class", "path,target", "image,category", "url,label", "file_name,label"])
def test_common_column_names_are_understood(folder: Path, header: str) -> None:
    assert found(look(folder, f"{header}\n1.jpg,cat\n")) == [("1.jpg", "cat")]


def test_two_candidates_are_an_error_that_names_them(folder: Path) -> None:
    with pytest.raises(LabelFileError, match=r"'path', 'url'.*columns"):
        look(folder, "path,url,label\n1.jpg,http://x/1.jpg,cat\n")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("l.csv", "\ufefflabel,location\r\ncat,1.jpg\r\n".encode(), id="byte order mark and CRLF"),
        pytest.param("l.csv", "label,location\ncat,1.jpg\n".encode("utf-16"), id="UTF-16"),
        pytest.param("l.tsv", b"label\tlocation\ncat\t1.jpg\n", id="tabs"),
        pytest.param("l.csv", b"label;location\ncat;1.jpg\n", id="semicolons"),
        pytest.param("l.csv.gz", gzip.compress(b"label,location\ncat,1.jpg\n"), id="gzip"),
        pytest.param("l.csv.bz2", bz2.compress(b"label,location\ncat,1.jpg\n"), id="bzip2"),
        pytest.param("l.csv.zst", pa.compress(b"label,location\ncat,1.jpg\n", "zstd", asbytes=True), id="zstandard"),
        pytest.param("l.csv", b"\n\nlabel,location\n\ncat,1.jpg\n\n", id="blank lines"),
        pytest.param("l.csv", b",label,location\n0,cat,1.jpg\n", id="an index column"),
        pytest.param("l.csv", b"label,location\ncat,1.jpg", id="no line end"),
        pytest.param("l.json", b'[{"label": "cat", "location": "1.jpg"}]', id="a JSON array"),
        pytest.param("l.jsonl", b'{"label": "cat", "location": "1.jpg"}\n', id="JSON Lines"),
        pytest.param("l.json", b'{"images": [{"label": "cat", "location": "1.jpg"}]}', id="a list inside"),
        pytest.param("l.json", b"[{'label': 'cat', 'location': '1.jpg',}]", id="as Python writes it"),
        pytest.param("l.json.gz", gzip.compress(b'[{"label": "cat", "location": "1.jpg"}]'), id="gzipped JSON"),
    ],
)
def test_files_come_in_many_forms(folder: Path, name: str, data: bytes) -> None:
    assert found(look(folder, data, name)) == [("1.jpg", "cat")]


def test_a_zip_of_one_file_is_read_and_of_several_refused(folder: Path) -> None:
    for count in (1, 2):
        with zipfile.ZipFile(folder / "l.csv.zip", "w") as archive:
            for number in range(count):
                archive.writestr(f"l{number}.csv", "label,location\ncat,1.jpg\n")
        data = (folder / "l.csv.zip").read_bytes()
        if count == 1:
            assert found(look(folder, data, "l.csv.zip")) == [("1.jpg", "cat")]
        else:
            with pytest.raises(LabelFileError, match="holds 2"):
                look(folder, data, "l.csv.zip")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_long_files_are_read_in_any_encoding(folder: Path, encoding: str, end: str) -> None:
    rows = [f"caf\u00e9 {n % 7},http://x.com/{n}.jpg" for n in range(3000)]
    data = end.join(["label,location", *rows[:1500], "", f'"{rows[1500][:6]}",1.jpg', *rows[1501:]]).encode(encoding)
    declared = {} if encoding in {"utf-8", "utf-8-sig", "utf-16"} else {"encoding": encoding}

    discovery = look(folder, data, **declared)

    assert (discovery.samples.num_rows, discovery.rejections.num_rows) == (3000, 0)
    assert discovery.class_paths == tuple(f"caf\u00e9 {n}" for n in range(7))
    places = zip(discovery.samples["location"].to_pylist(), discovery.samples["label_row"].to_pylist(), strict=True)
    assert all(row == int(place[13:-4]) + 2 + (int(place[13:-4]) >= 1500) for place, row in places if "x.com" in place)


def test_labels_that_look_like_several_are_mentioned(folder: Path) -> None:
    discovery = look(folder, "label,location\ncat;dog,1.jpg\n")

    assert found(discovery) == [("1.jpg", "cat;dog")]
    assert any("'cat;dog'" in notice and "kind: many" in notice for notice in discovery.notices)


def test_latin_1_is_read_when_declared_and_explained_when_not(folder: Path) -> None:
    data = "label,location\ncaf\u00e9,1.jpg\n".encode("latin-1")
    assert found(look(folder, data, encoding="latin-1")) == [("1.jpg", "caf\u00e9")]
    with pytest.raises(LabelFileError, match=r"line 2 .*source\.encoding"):
        look(folder, data)


def test_numbers_that_are_none_beside_a_label_cost_no_image(folder: Path) -> None:
    records = '{"label": "c", "location": "2.jpg", "score": NaN, "low": -Infinity}'
    for text in (f"[{records}]", records):
        discovery = look(folder, text, "l.json")
        assert found(discovery) == [("2.jpg", "c")]
        assert any("NaN, which is not JSON" in notice for notice in discovery.notices)
        with pytest.raises(LabelFileError, match="NaN is not JSON"):
            look(folder, text, "l.json", strict=True)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-be"])
def test_what_is_plainly_not_utf_8_needs_no_word(folder: Path, encoding: str) -> None:
    mark = "\ufeff" if "32" in encoding else ""
    text = f"{mark}label,location\ncaf\u00e9,1.jpg\n"
    assert found(look(folder, text.encode(encoding))) == [("1.jpg", "caf\u00e9")]


def test_marks_that_stand_one_before_another_are_all_passed(folder: Path) -> None:
    assert found(look(folder, "\ufeff\ufefflabel,location\ncat,1.jpg\n")) == [("1.jpg", "cat")]


@pytest.mark.parametrize("encoding", ["base64", "rot13", "klingon"])
def test_what_is_no_encoding_of_text_is_refused_by_its_name(folder: Path, encoding: str) -> None:
    with pytest.raises(LabelFileError, match=rf"{encoding}.*source\.encoding"):
        look(folder, "label,location\ncat,1.jpg\n", encoding=encoding)


def test_remarks_before_the_header_lead_to_their_key(folder: Path) -> None:
    text = "# made in May\nlabel,location\ncat,1.jpg\n"
    with pytest.raises(LabelFileError, match="`comment: '#'`"):
        look(folder, text)
    assert found(look(folder, text, comment="#")) == [("1.jpg", "cat")]


def test_no_header_is_refused_unless_columns_are_given_by_position(folder: Path) -> None:
    with pytest.raises(LabelFileError, match="columns"):
        look(folder, "1.jpg,cat\n2.jpg,dog\n")
    discovery = look(folder, "1.jpg,cat\n2.jpg,dog\n", columns={"location": 0, "label": 1})
    assert found(discovery) == [("1.jpg", "cat"), ("2.jpg", "dog")]


@pytest.mark.parametrize(
    ("first", "keys", "expected"),
    [
        pytest.param("1.jpg,species", {}, [("1.jpg", "species"), ("2.jpg", "dog")], id="a row with a word of headers"),
        pytest.param("file,kind", {}, [("2.jpg", "dog")], id="a header"),
        pytest.param("what,kind", {"header": True}, [("2.jpg", "dog")], id="a header that is declared"),
        pytest.param("1.jpg,cat", {"header": False}, [("1.jpg", "cat"), ("2.jpg", "dog")], id="none that is declared"),
    ],
)
def test_no_row_is_eaten_as_a_header(folder: Path, first: str, keys: dict[str, Any], expected: list[Any]) -> None:
    discovery = look(folder, f"{first}\n2.jpg,dog\n", columns={"location": 0, "label": 1}, **keys)

    assert found(discovery) == expected
    assert reasons(discovery) == []


def test_comments_are_passed_over_when_asked(folder: Path) -> None:
    assert found(look(folder, "# made by hand\nlabel,location\ncat,1.jpg\n# end\n", comment="#")) == [("1.jpg", "cat")]


def test_a_template_makes_locations_of_ids(folder: Path) -> None:
    assert found(look(folder, "id,breed,label\n3,x,cat\n", location="sub/{}.jpg")) == [("sub/3.jpg", "cat")]


def test_an_empty_label_is_rejected_unless_allowed(folder: Path) -> None:
    text = "label,location\n,1.jpg\ncat,2.jpg\n"
    assert reasons(look(folder, text)) == ["missing_label"]
    assert found(look(folder, text, allow_unlabeled=True)) == [("1.jpg", ""), ("2.jpg", "cat")]


def test_splits_of_the_file_are_mapped_and_unknown_ones_rejected(folder: Path) -> None:
    discovery = look(folder, "label,location,split\ncat,1.jpg,VAL\ncat,2.jpg,moon\n")
    assert discovery.samples["split"].to_pylist() == ["validation"]
    assert reasons(discovery) == ["unknown_split"]
    valid = look(folder, "label,location,is_valid\ncat,1.jpg,True\ncat,2.jpg,False\n")
    assert valid.samples["split"].to_pylist() == ["validation", "train"]


def test_one_place_twice_is_one_image_unless_the_labels_differ(folder: Path) -> None:
    assert reasons(look(folder, "label,location\ncat,1.jpg\ncat,1.jpg\n")) == ["duplicate_location"]
    conflict = look(folder, "label,location\ncat,1.jpg\ndog,1.jpg\n")
    assert reasons(conflict) == ["label_conflict", "label_conflict"]
    assert found(conflict) == []


def test_files_that_are_not_listed_are_counted(folder: Path) -> None:
    assert look(folder, "label,location\ncat,1.jpg\n").ignored["present but unlisted"] == len(PLACES) - 1


def test_the_books_json_is_repaired_and_says_so(folder: Path) -> None:
    text = "[\n {'label': 'cat', 'location': '1.jpg'}\n {'label': 'dog', 'location': '2.jpg'},\n …\n]\n"
    discovery = look(folder, text, "l.json")

    assert found(discovery) == [("1.jpg", "cat"), ("2.jpg", "dog")]
    assert any("line 3" in notice and "missing comma" in notice for notice in discovery.notices)
    assert any("line 4" in notice and "ellipsis" in notice for notice in discovery.notices)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            '[{"label": "a", "label": "b", "location": "1.jpg"}, {"label": "c", "location": "2.jpg"}]',
            "duplicate_key",
            id="a key twice",
        ),
        pytest.param(
            '[{"label": "a", "location": "1.jpg" "x"}, {"label": "c", "location": "2.jpg"}]', "bad_row", id="broken"
        ),
        pytest.param('{"label": "c", "location": "2.jpg"}\n{"label": "a", "loc', "bad_row", id="cut off"),
        pytest.param(
            '[{"label": NaN, "location": "1.jpg"}, {"label": "c", "location": "2.jpg"}]', "missing_label", id="NaN"
        ),
        pytest.param('[{"label": "c", "location": "2.jpg"}, 7]', "bad_row", id="no object"),
    ],
)
def test_a_bad_object_is_a_reject_and_the_file_goes_on(folder: Path, text: str, reason: str) -> None:
    discovery = look(folder, text, "l.json")

    assert reasons(discovery) == [reason]
    assert found(discovery) == [("2.jpg", "c")]


def test_keys_may_be_nested_and_numbers_are_labels_as_written(folder: Path) -> None:
    items = '{"file": "1.jpg", "annotation": {"label": 1e5}}, {"file": "2.jpg", "annotation": {"label": true}}'
    text = f'{{"data": {{"items": [{items}]}}}}'
    discovery = look(
        folder, text, "l.json", records="data.items", columns={"location": "file", "label": "annotation.label"}
    )
    assert found(discovery) == [("1.jpg", "1e5"), ("2.jpg", "true")]


def test_an_object_of_location_to_label_needs_orient_map(folder: Path) -> None:
    text = '{"1.jpg": "cat", "2.jpg": 7}'
    assert found(look(folder, text, "l.json", orient="map")) == [("1.jpg", "cat"), ("2.jpg", "7")]
    with pytest.raises(LabelFileError, match="orient: map"):
        look(folder, text, "l.json")


def test_columns_of_pandas_are_refused_with_a_hint(folder: Path) -> None:
    with pytest.raises(LabelFileError, match="orient"):
        look(folder, '{"location": {"0": "1.jpg"}, "label": {"0": "cat"}}', "l.json")


@pytest.mark.parametrize("more", [{}, {"x": [[1]]}])
def test_keys_that_are_called_like_columns_of_a_files_place_are_the_records_own(
    folder: Path, more: dict[str, Any]
) -> None:
    text = json.dumps([{"file": {"path": "1.jpg"}, "record": {"index": "cat"}} | more])

    read = look(folder, text, "labels.json", columns={"location": "file.path", "label": "record.index"})

    assert found(read) == [("1.jpg", "cat")]


def test_a_label_that_is_an_object_names_its_keys(folder: Path) -> None:
    text = json.dumps([{"file": "1.jpg", "label": {"id": 1, "name": "cat", "boxes": []}}])

    said = r"line 1: the label 'label' is an object\. .*label: label\.id.* \(there are label\.id, label\.name\)"
    with pytest.raises(LabelFileError, match=said):
        look(folder, text, "labels.json")

    assert found(look(folder, text, "labels.json", columns={"label": "label.name"})) == [("1.jpg", "cat")]


def test_a_label_that_is_a_list_is_an_error_wherever_it_stands(folder: Path) -> None:
    items = [{"file": "1.jpg", "a": {"label": "cat"}}] * 150 + [{"file": "2.jpg", "a": {"label": ["cat"]}}]
    with pytest.raises(LabelFileError, match=r"line 151: the label 'a.label' is a list"):
        look(folder, "\n".join(map(json.dumps, items)), "l.jsonl", columns={"label": "a.label"})


def test_repairs_are_reported_line_by_line_and_strict_turns_them_off(folder: Path) -> None:
    text = "[{'location': '1.jpg', 'label': 'cat',}\n{\"location\": \"2.jpg\", \"label\": None}, ...]"
    discovery = look(folder, text, "l.json", allow_unlabeled=True)

    assert found(discovery) == [("1.jpg", "cat"), ("2.jpg", "")]
    assert [notice for notice in discovery.notices if "label_file_repaired" in notice] == [
        "l.json, line 1: single quotes, a trailing comma (label_file_repaired)",
        "l.json, line 2: a missing comma, a Python literal (label_file_repaired)",
        "l.json, line 2: an ellipsis was dropped (label_file_repaired)",
    ]
    with pytest.raises(LabelFileError, match=r"line 1: .*strict"):
        look(folder, text, "l.json", strict=True)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('[{"label": "a", "location": "1.jpg"\n {"label": "c", "location": "2.jpg"}]', id="on two lines"),
        pytest.param('[{"label": "a", "location": "1.jpg", {"label": "c", "location": "2.jpg"}]', id="on one line"),
        pytest.param('[{"label": "c", "location": "2.jpg"}, {"label": "a", "location": "1.jpg"]', id="the last"),
        pytest.param('{"label": "a", "tags": ["x"\n{"label": "c", "location": "2.jpg"}\n', id="with a list inside"),
        pytest.param(
            '[{"label": "\\ud800", "location": "1.jpg"}, {"label": "c", "location": "2.jpg"}]', id="half a sign"
        ),
    ],
)
def test_each_object_that_begins_is_a_row(folder: Path, text: str) -> None:
    discovery = look(folder, text, "l.json")

    assert (reasons(discovery), found(discovery)) == (["bad_row"], [("2.jpg", "c")])


def test_an_error_in_every_record_names_the_first_line(folder: Path) -> None:
    with pytest.raises(LabelFileError, match=r"l\.json, line 2: .*does not end"):
        look(folder, '\n{"label": "a", "location": "1.jpg"\n{"label": "b", "location": "2.jpg"', "l.json")


def test_names_that_two_columns_have_are_ambiguous(folder: Path) -> None:
    with pytest.raises(LabelFileError, match=r"'label', 'class'.*columns"):
        look(folder, "file,label,class\n1.jpg,cat,0\n")
    assert found(look(folder, "file,x,y,class\n1.jpg,3,4,cat\n")) == [("1.jpg", "cat")]
    with pytest.raises(LabelFileError, match=r"2 columns 'breed'"):
        look(folder, "file,breed,breed\n1.jpg,a,b\n", columns={"label": "breed"})


def test_a_file_may_be_spelled_in_another_unicode_form(folder: Path) -> None:
    (folder / "cafe\u0301.jpg").write_bytes(b"x")

    discovery = look(folder, "label,location\ncat,caf\u00e9.jpg\ncat,cafe\u0301.jpg\n")

    assert found(discovery) == [("cafe\u0301.jpg", "cat")]
    assert reasons(discovery) == ["duplicate_location"]


def test_a_backslash_is_itself_where_a_file_is_called_so(folder: Path) -> None:
    (folder / "sub\\3.jpg").write_bytes(b"x")
    (folder / "sub" / "4.jpg").write_bytes(b"x")

    discovery = look(folder, "label,location\ncat,sub\\3.jpg\ndog,sub\\4.jpg\n")

    assert found(discovery) == [("sub/4.jpg", "dog"), ("sub\\3.jpg", "cat")]


@pytest.mark.parametrize(
    ("policy", "expected", "why"),
    [
        ("reject", [], ["label_conflict", "label_conflict"]),
        ("first", [("1.jpg", "cat")], ["duplicate_location"]),
    ],
)
def test_labels_that_contradict_each_other(
    folder: Path, policy: str, expected: list[tuple[str, str]], why: list[str]
) -> None:
    discovery = look(folder, "label,location\ncat,1.jpg\ndog,1.jpg\n", label_conflict=policy)

    assert (found(discovery), reasons(discovery)) == (expected, why)


def test_a_contradiction_may_be_an_error(folder: Path) -> None:
    with pytest.raises(LabelFileError, match=r"lines 2, 3 disagree about '1\.jpg': cat, dog"):
        look(folder, "label,location\ncat,1.jpg\ndog,1.jpg\n", label_conflict="error")


def test_columns_are_kept_as_text(folder: Path) -> None:
    rows = "".join(f"cat,{n}.jpg,{n:03},\n" for n in range(40))
    for n in range(40):
        (folder / f"{n}.jpg").write_bytes(b"x")

    discovery = look(folder, f"label,location,the age,note\n{rows}", keep_columns=["the age", "note"])

    assert sorted(discovery.samples["kept"].to_pylist()) == [f'{{"the_age": "{n:03}"}}' for n in range(40)]
    with pytest.raises(LabelFileError, match=r"no column 'size', which `source.keep_columns` names"):
        look(folder, "label,location\ncat,1.jpg\n", keep_columns=["size"])


def test_a_quoted_cell_may_hold_lines(folder: Path) -> None:
    discovery = look(folder, 'label,location,note\ncat,1.jpg,"two\nlines, ""and"" more"\n"dog",2.jpg,"a\n\nb"\n')

    assert found(discovery) == [("1.jpg", "cat"), ("2.jpg", "dog")]
    assert discovery.samples["label_row"].to_pylist() == [2, 4]


def test_an_array_may_be_written_over_several_lines(folder: Path) -> None:
    discovery = look(folder, "label,location\ncat,[[0, 1],\n [2, 3]]\ndog,2.jpg\n")

    assert discovery.samples["kind"].to_pylist() == ["embedded", "store"]
    assert reasons(discovery) == []


@pytest.mark.parametrize("opening", ['"', "'", "[[1,2,3", '"[['])
def test_rows_that_open_and_never_close_are_read_each_for_itself(folder: Path, opening: str) -> None:
    rows = "".join(f"{opening}cat{n},{n}.jpg\n" for n in range(6_000))

    discovery = look(folder, f"label,location\n{rows}dog,sub/3.jpg\n")

    assert discovery.listed == 6_001
    assert ("sub/3.jpg", "dog") in found(discovery)


def test_objects_that_never_close_are_read_each_for_itself(folder: Path) -> None:
    rows = "".join(f'{{"label": "a", "location": "{n}.jpg"\n' for n in range(6_000))

    discovery = look(folder, f'{{"label": "dog", "location": "2.jpg"}}\n{rows}', "l.jsonl")

    assert (discovery.listed, set(reasons(discovery))) == (6_001, {"bad_row"})


def test_a_name_or_place_of_endless_length_is_a_reject(folder: Path) -> None:
    text = f"label,location\n{'x' * 2000},1.jpg\ncat,http://x.com/{'y' * 40_000}\ndog,2.jpg\n"

    assert reasons(look(folder, text)) == ["bad_row", "bad_row"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        pytest.param("l.json", b"[" * 100_000, id="nested too deeply"),
        pytest.param("l.json", b'[{"label": ' + b"9" * 10_000 + b', "location": "1.jpg"}]', id="a huge number"),
        pytest.param("l.csv", b'label,location\n"open,1.jpg\ncat,2.jpg\n', id="an open quote"),
        pytest.param("l.csv", b"label,location\nc\0at,1.jpg\ncat,2.jpg\n", id="a NUL byte"),
        pytest.param("l.csv", b"label,location\n" + b"x" * 20_000_000 + b",1.jpg\ncat,2.jpg\n", id="20 MB in a field"),
        pytest.param("l.csv", b"", id="empty"),
        pytest.param("l.json", b"", id="empty JSON"),
        pytest.param("l.json", b"null", id="null"),
        pytest.param("l.csv.gz", gzip.compress(b"label,location\ncat,1.jpg\n" * 9)[:40], id="a cut archive"),
        pytest.param("l.csv.gz", b"no archive", id="no archive"),
    ],
)
def test_hostile_files_end_in_rows_or_in_an_error_that_names_the_file(folder: Path, name: str, data: bytes) -> None:
    listed, message = 0, ""
    try:
        listed = look(folder, data, name).listed
    except LabelFileError as error:
        message = str(error)
    assert listed >= 1 or name in message


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\0[{", exclude_categories=["Cc", "Zs", "Cs"]),
    min_size=1,
    max_size=12,
)


def test_a_backslash_before_the_last_quote_of_a_cell_is_text(folder: Path) -> None:
    assert found(look(folder, 'location,label\n"1.jpg","\\"\n"2.jpg","a\\"\n')) == [("1.jpg", "\\"), ("2.jpg", "a\\")]


def test_doubled_quotes_behind_a_backslash_are_doubled_quotes(folder: Path) -> None:
    text = 'location,label\n"1.jpg","\\""0"\n"2.jpg","a\\"b"\n'
    assert found(look(folder, text)) == [("1.jpg", '\\"0'), ("2.jpg", 'a"b')]


@pytest.mark.fuzz
@given(
    labels=st.lists(cells.filter(lambda text: text.strip() == text and text[0] not in "'\""), min_size=1, max_size=8),
    delimiter=st.sampled_from([",", ";", "\t"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
)
def test_rows_that_were_written_in_any_dialect_come_back(
    tmp_path_factory: pytest.TempPathFactory, labels: list[str], delimiter: str, quoting: Any
) -> None:
    folder = tmp_path_factory.mktemp("dialect")
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting)
    writer.writerow(["location", "label"])
    for number, label in enumerate(labels):
        (folder / f"{number}.jpg").write_bytes(b"x")
        writer.writerow([f"{number}.jpg", label])

    discovery = look(folder, text.getvalue(), delimiter=delimiter)

    expected = sorted((f"{n}.jpg", unicodedata.normalize("NFC", label).strip()) for n, label in enumerate(labels))
    assert found(discovery) == expected


markup = st.text(st.sampled_from("ab ,\t;'\"[]\\\r\n#\0é.0/:"), max_size=200)


@pytest.mark.fuzz
@given(
    text=markup,
    width=st.integers(1, 4),
    repeat=st.integers(1, 8),
    cell=st.sampled_from(
        ["a b", '"a b"', '" a b"', '"a b "', "'a b'", "' a'", "'a '", " 'a b' ", "' a[b\"'", "''", "it's"]
    ),
    delimiter=st.sampled_from(",\t"),
)
def test_blocks_of_records_are_the_records_one_by_one(
    text: str, width: int, repeat: int, cell: str, delimiter: str
) -> None:
    plain = delimiter.join([cell] * width) + "\n"
    data = (plain * 20 + text + "\n" + plain * 30 + text).encode() * repeat
    form = RecordFormat(kind="csv", width=width, location=0, delimiter=delimiter)

    single = list(read_csv(TextWindow(iter([data])), form))
    several: list[Record] = []
    for item in read_csv_blocks(TextWindow(iter([data])), form):
        several += [item.record(n) for n in range(len(item.lines))] if isinstance(item, RecordBlock) else [item]

    assert several == single


@pytest.mark.fuzz
@given(data=st.binary(max_size=300) | markup.map(str.encode), name=st.sampled_from(["l.csv", "l.json", "l.jsonl"]))
def test_any_bytes_are_rows_or_an_error_that_names_the_file(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    head = b"label,location\ncat,1.jpg\n" if name == "l.csv" else b'{"label": "cat", "location": "1.jpg"}\n'
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "1.jpg").write_bytes(b"x")
    try:
        listed, message = look(folder, head + data, name).listed, name
    except LabelFileError as error:
        listed, message = 1, str(error)
    assert listed >= 1
    assert name in message


@pytest.mark.fuzz
@given(labels=st.lists(cells, min_size=1, max_size=8), lines=st.booleans())
def test_objects_that_were_written_come_back(
    tmp_path_factory: pytest.TempPathFactory, labels: list[str], lines: bool
) -> None:
    folder = tmp_path_factory.mktemp("objects")
    records = []
    for number, label in enumerate(labels):
        (folder / f"{number}.jpg").write_bytes(b"x")
        records.append({"location": f"{number}.jpg", "label": label})
    text = "\n".join(map(json.dumps, records)) if lines else json.dumps(records)

    discovery = look(folder, text, "l.jsonl" if lines else "l.json")

    assert discovery.listed == len(labels)
    assert len(found(discovery)) == sum(bool(label.strip()) for label in labels)


@pytest.mark.parametrize("text", ["sep=;\nlocation;label\n1.jpg;cat\n", "location,label\r1.jpg,cat\r"])
def test_what_excel_leaves_is_read(folder: Path, text: str) -> None:
    assert found(look(folder, text)) == [("1.jpg", "cat")]


def test_a_column_is_no_position_because_its_name_is_a_digit_somewhere(folder: Path) -> None:
    with pytest.raises(LabelFileError, match=r"no column '²'"):
        look(folder, "1.jpg,cat\n", columns={"location": "²", "label": "1"})


def test_an_id_that_stands_for_several_images_is_refused_with_its_first_two_lines(folder: Path) -> None:
    text = "id,location,label\np0,a.jpg,cat\np1,1.jpg,cat\np2,2.jpg,dog\np1,sub/3.jpg,cat\n"
    for keys in ({}, {"label_conflict": "first"}):
        with pytest.raises(LabelFileError, match=r"labels\.csv, lines 3 and 5: both have the id 'p1'"):
            look(folder, text, columns={"id": "id"}, **keys)


def test_an_id_of_addresses_and_of_pixels_that_differ_is_refused(folder: Path) -> None:
    for one, other in (("http://h.org/i?id=1", "http://h.org/i?id=2"), ("[[1,2],[3,4]]", "[[1,2],[3,5]]")):
        with pytest.raises(LabelFileError, match=r"lines 2 and 3"):
            look(folder, f"id,location,label\np,{one},cat\np,{other},cat\n", columns={"id": "id"})


def test_a_row_that_is_there_twice_with_its_id_counts_once(folder: Path) -> None:
    discovery = look(folder, "id,location,label\np1,1.jpg,cat\np1,./1.jpg,cat\n", columns={"id": "id"})

    assert (discovery.samples["sample_id"].to_pylist(), reasons(discovery)) == (["p1"], ["duplicate_location"])


def test_an_id_column_that_nobody_named_merges_nothing(folder: Path) -> None:
    discovery = look(folder, "id,location,label\np1,1.jpg,cat\np1,2.jpg,dog\n")

    assert found(discovery) == [("1.jpg", "cat"), ("2.jpg", "dog")]


def test_a_tilde_is_a_letter_where_a_file_is_called_so_and_leads_nowhere_else(folder: Path) -> None:
    (folder / "~a.jpg").write_bytes(b"x")
    discovery = look(folder, "location,label\n~a.jpg,cat\n~b.jpg,cat\n~/1.jpg,cat\n~root/x.jpg,dog\n")

    assert found(discovery) == [("~a.jpg", "cat")]
    assert reasons(discovery) == ["outside_root"] * 3


@pytest.mark.parametrize("row", ['1.jpg,"cat', '"1.jpg,cat'])
def test_a_quote_that_is_never_closed_is_no_part_of_a_label_or_a_place(folder: Path, row: str) -> None:
    discovery = look(folder, f'location,label,note\n2.jpg,dog,5" disk\n{row},x\nsub/3.jpg,dog,"open\n')

    rejected = discovery.rejections.select(["label_row", "reason", "detail"]).to_pylist()
    assert found(discovery) == [("2.jpg", "dog"), ("sub/3.jpg", "dog")]
    assert [(row["label_row"], row["reason"]) for row in rejected] == [(3, "bad_row")]
    assert rejected[0]["detail"].startswith("a quote is never closed")


@pytest.mark.parametrize("count", [1, 40])
def test_blanks_around_what_objects_hold_are_no_part_of_it(folder: Path, count: int) -> None:
    for number in range(count):
        (folder / f"b{number}.jpg").write_bytes(b"x")
    records = [{"file": f" b{number}.jpg ", "kind": "\u00a0cat", "age": " 7 "} for number in range(count)]
    columns = {"location": "file", "label": "kind"}

    for text in ("\n".join(map(json.dumps, records)), json.dumps(records)):
        discovery = look(folder, text, "l.json", columns=columns, keep_columns=["age"])
        assert found(discovery) == sorted((f"b{number}.jpg", "cat") for number in range(count))
        assert discovery.samples["kept"].unique().to_pylist() == ['{"age": "7"}']
