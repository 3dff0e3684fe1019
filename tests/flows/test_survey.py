"""The page of `discover`: the reading and its evidence, folders with counts, samples and where their labels stand."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from tasks.console.survey_page import print_survey
from tasks.discover.proposals import Proposal, UnsettledLayoutError
from tasks.errors import LayoutError
from tasks.survey.described import describe
from tasks.survey.surveying import discover, survey
from tasks.survey.tried import with_tried
from tasks.survey.unrunnable import refuse_unrunnable


def page_of(root: Path) -> str:
    text = io.StringIO()
    print_survey(Console(file=text), describe(survey(str(root), {}, "auto")))
    return text.getvalue()


def put(root: Path, *places: str) -> None:
    for place in places:
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_the_page_shows_folders_with_counts_and_samples_with_where_their_labels_stand(tmp_path: Path) -> None:
    put(tmp_path, *(f"shots/{part}/{i}{part}.jpg" for part in "ab" for i in range(6)), "notes/readme.md")
    ids = "".join(f"{i}{part},{part}{i}\n" for part in "ab" for i in range(6))
    kinds = "".join(f"{part}{i},{('cat', 'dog')[i % 2]}\n" for part in "ab" for i in range(6))
    (tmp_path / "ids.csv").write_text(f"file,number\n{ids}")
    (tmp_path / "kinds.csv").write_text(f"number,label\n{kinds}")

    lines = page_of(tmp_path).splitlines()

    assert lines[0].startswith("layout   tables: ")
    assert ["shots", "12"] in [line.split() for line in lines]
    assert ["notes", "1", ".md"] in [line.split() for line in lines]
    rows = [line.split() for line in lines if line.startswith("shots/")]
    assert rows[:2] == [
        ["shots/a/0a.jpg", "cat", "kinds.csv:2"],
        ["shots/a/1a.jpg", "dog", "kinds.csv:3"],
    ]
    assert not any(line != line.rstrip() for line in lines)


def test_the_page_of_a_refusal_has_evidence_folders_and_what_is_possible(tmp_path: Path) -> None:
    put(tmp_path, *(f"shots/{i}.jpg" for i in range(8)))
    rows = "".join(f"{i}.jpg,{('red', 'blue')[i % 2]},{('round', 'flat')[i // 2 % 2]}\n" for i in range(8))
    (tmp_path / "table.csv").write_text(f"file,colour,shape\n{rows}")

    seen = survey(str(tmp_path), {}, "auto")
    found = describe(seen)
    page = page_of(tmp_path)

    assert seen.refusal is not None
    assert (found["layout"], found["images"], found["ignored"]) == (None, 8, {"no image's extension": 1})
    assert json.loads(json.dumps(found))["proposals"][0]["config"]["source"]["layout"] == "tables"
    assert "table.csv" in page
    assert "possible: the column colour of table.csv is the label" in page
    assert ["shots", "8"] in [line.split() for line in page.splitlines()]


def test_folders_that_hold_only_one_folder_share_a_line_and_many_are_summed_up(tmp_path: Path) -> None:
    put(tmp_path, *(f"a/b/c{number:02}/{i}.jpg" for number in range(20) for i in range(2)))

    tree = describe(survey(str(tmp_path), {}, "auto"))["tree"]

    assert tree[0] == {"folder": "a/b", "images": 40, "others": {}}
    assert tree[-1] == {"folder": "  … 12 more", "images": 24, "others": {}}
    assert len(tree) == 10


def test_what_is_offered_runs_also_where_some_images_are_then_left_out(tmp_path: Path) -> None:
    put(tmp_path, *(f"signs/{i:05}.png" for i in range(8)))
    put(tmp_path, *(f"signs/{kind:02}/{i:05}.png" for kind in range(3) for i in range(5)))
    with pytest.raises(UnsettledLayoutError) as caught:
        discover(str(tmp_path), {}, "auto")

    proposals = with_tried(caught.value, str(tmp_path), {}).unsettled.proposals

    inner = next(one for one in proposals if one.says.startswith("00, 01, 02"))
    assert inner.keys["gates"] == {"max_reject_fraction": 0.36}
    assert "8 of 23 images are rejected then (8 × uneven_depth)" in inner.evidence


def test_nothing_is_offered_that_cannot_run(tmp_path: Path) -> None:
    put(tmp_path, "a/1.png", "b/2.png")
    runs = Proposal("they are classes", {"source": {"layout": "class_folders"}})
    fails = Proposal("there is a table", {"source": {"layout": "tables", "tables": [{"file": "absent.csv"}]}})
    error = UnsettledLayoutError.of("ambiguous_layout", "both may be", [fails, runs])

    assert [one.says for one in with_tried(error, str(tmp_path), {}).unsettled.proposals] == [runs.says]


def test_what_is_offered_parts_the_images_where_the_source_does_not(tmp_path: Path) -> None:
    put(tmp_path, *(f"{split}/{kind}/{i}.png" for split in ("train", "test", "more") for kind in "ab" for i in (1, 2)))
    parted = Proposal("some are", {"source": {"layout": "split_folders", "ignore": ["/more"]}})
    whole = Proposal("none is", {"source": {"layout": "hierarchy"}})
    error = UnsettledLayoutError.of("ambiguous_layout", "both may be", [parted, whole])

    splits = [one.keys.get("splits") for one in with_tried(error, str(tmp_path), {}).unsettled.proposals]

    assert splits == [None, {"ratios": {"train": 0.8, "validation": 0.1, "test": 0.1}}]


def test_what_no_run_can_read_is_not_offered(tmp_path: Path) -> None:
    put(tmp_path, "scans/1.dcm", "scans/2.DCM", "plots/1.png", "plots/2.heic")
    scans = Proposal("scans are", {"source": {"layout": "class_folders", "ignore": ["/plots"]}})
    both = Proposal("both are", {"source": {"layout": "class_folders"}})
    error = UnsettledLayoutError.of("ambiguous_layout", "both may be", [scans, both])

    made = with_tried(error, str(tmp_path), {}).unsettled

    assert [one.says for one in made.proposals] == ["both are"]
    assert made.evidence[0].startswith("Not offered, that scans are: 2 images are DICOM by name, which is never")


def test_no_config_is_written_by_which_no_image_is_read(tmp_path: Path) -> None:
    put(tmp_path, "ill/1.dcm", "well/2.dcm", "well/3.npy")

    with pytest.raises(LayoutError, match=r"No image can be read: 2 images are DICOM by name, .*; 1 image is a numpy"):
        refuse_unrunnable(discover(str(tmp_path), {}, "auto"))


def test_a_config_is_written_for_what_a_key_of_it_admits(tmp_path: Path) -> None:
    put(tmp_path, "ill/1.heic", "well/2.heic")

    refuse_unrunnable(discover(str(tmp_path), {}, "auto"))


def test_a_sheet_whose_formulas_have_no_values_is_told_of(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    put(tmp_path, *(f"scans/{i}.png" for i in range(6)))
    book = openpyxl.Workbook()
    for row in [("file", "label"), *((f"{i}.png", f'=IF({i}>2,"ill","well")') for i in range(6))]:
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")

    with pytest.raises(UnsettledLayoutError, match=r"t\.xlsx: B2 is a formula whose value was not saved"):
        discover(str(tmp_path), {}, "auto")


def test_what_is_not_offered_stands_there_with_its_reason(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    put(tmp_path, *(f"scans/{i}.png" for i in range(6)))
    book = openpyxl.Workbook()
    for row in [("file", "label"), *((f"{i}.png", ("ill", "well")[i // 3] if i % 3 == 0 else None) for i in range(6))]:
        book.active.append(row)
    book.active.merge_cells("B2:B4")
    book.active.merge_cells("B5:B7")
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(UnsettledLayoutError) as caught:
        discover(str(tmp_path), {}, "auto")

    [*_, told] = with_tried(caught.value, str(tmp_path), {}).unsettled.evidence

    assert told.startswith("Not offered, that the column label of t.xlsx is the label: t.xlsx, line 2: the cells B2:B4")
