"""Rows that their own table takes back, and rows of several readers: no label that is sure."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tasks.discover.test_unseen_layouts import draw, lines, read_as, refusal, rows

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

KINDS = ("dog", "cat", "dog", "owl", "cat")


def images(root: Path, **files: str) -> None:
    draw(root, *(f"img/{number:03}.jpg" for number in range(24)), **files)


@pytest.mark.parametrize(
    ("column", "said", "taken_back"),
    [
        pytest.param("answer", ("accept", "reject"), {"reject"}, id="answers"),
        pytest.param("answer", ("accept", "reject", "ignore"), {"reject", "ignore"}, id="three answers"),
        pytest.param("status", ("approved", "rejected"), {"rejected"}, id="a status"),
        pytest.param(
            "qc", ("", "3 Wrongly labelled", "1 Diagnostic"), {"3 Wrongly labelled"}, id="words on a few rows"
        ),
        pytest.param("exclude", ("0", "1"), {"1"}, id="ones for what does not count"),
        pytest.param("deleted", ("0", "1"), {"1"}, id="ones for what is gone"),
        pytest.param("is_correct", ("True", "False"), {"False"}, id="no to what is right"),
    ],
)
def test_rows_that_a_column_takes_back_are_left_out_in_the_first_proposal(
    look: Look, tmp_path: Path, column: str, said: tuple[str, ...], taken_back: set[str]
) -> None:
    told = [said[number // 2 % len(said)] for number in range(24)]
    text = lines(f"image,label,{column}", *(f"{at:03}.jpg,{KINDS[at % 5]},{one}" for at, one in enumerate(told)))
    images(tmp_path, labels_csv=text)

    first, *_ = refusal(look, tmp_path).unsettled.proposals

    found = read_as(tmp_path, first)
    assert {place: row["label_path"] for place, row in found.items()} == {
        f"img/{at:03}.jpg": KINDS[at % 5] for at, one in enumerate(told) if one not in taken_back
    }


@pytest.mark.parametrize(
    ("column", "said"), [("status", ("done", "open")), ("include", ("1", "1")), ("site", ("a", "b"))]
)
def test_columns_that_take_no_row_back_leave_labels_sure(
    look: Look, tmp_path: Path, column: str, said: tuple[str, ...]
) -> None:
    text = lines(f"image,label,{column}", *(f"{at:03}.jpg,{KINDS[at % 5]},{said[at % 2]}" for at in range(24)))
    images(tmp_path, labels_csv=text)

    assert rows(look(tmp_path))["img/003.jpg"][0] == "owl"


def test_what_several_readers_say_of_an_image_is_no_set_of_labels_for_certain(look: Look, tmp_path: Path) -> None:
    text = [f"{at:03}.jpg,{who},{KINDS[(at + (who == 'C' and at % 4 == 0)) % 5]}" for at in range(24) for who in "ABC"]
    images(tmp_path, votes_csv=lines("image,annotator,label", *text))

    assert refusal(look, tmp_path).certain is None


def test_findings_of_several_readers_with_boxes_stay_a_set(look: Look, tmp_path: Path) -> None:
    text = [
        f"{at:03}.jpg,{who},{KINDS[(at + extra) % 5]},1,2,3,4" for at in range(24) for who in "AB" for extra in (0, 1)
    ]
    images(tmp_path, boxes_csv=lines("image,rater,label,xmin,ymin,xmax,ymax", *text))

    assert refusal(look, tmp_path).certain is not None


def test_a_column_that_nothing_calls_a_label_is_none_where_rows_differ(look: Look, tmp_path: Path) -> None:
    text = [f"{at},{who},{json.dumps([KINDS[at % 5]])!r}" for at in range(24) for who in ("amy", "bob")]
    images(tmp_path, clicks_csv=lines("subject_ids,device,annotations", *text))

    assert refusal(look, tmp_path).certain is None


@pytest.mark.parametrize("prose", [("Labels of 2019, by two people.",), ("Made by:", "", "Jane Doe, jane@x.org", "")])
def test_prose_above_a_table_is_skipped(look: Look, tmp_path: Path, prose: tuple[str, ...]) -> None:
    images(
        tmp_path, labels_csv=lines(*prose, "file,label,site", *(f"{at:03}.jpg,{KINDS[at % 5]},1" for at in range(24)))
    )

    assert rows(look(tmp_path))["img/003.jpg"][0] == "owl"


def test_columns_of_yes_and_no_are_classes_where_each_row_has_one_yes(look: Look, tmp_path: Path) -> None:
    names = sorted(set(KINDS))
    told = [f"{at:03}.jpg," + ",".join("yes" if KINDS[at % 5] == name else "No" for name in names) for at in range(24)]
    images(tmp_path, answers_csv=lines(f"file,{','.join(names)}", *told))

    assert rows(look(tmp_path))["img/003.jpg"][0] == "owl"


def test_columns_of_yes_and_no_that_say_several_things_are_no_classes(look: Look, tmp_path: Path) -> None:
    told = [
        f"{at:03}.jpg,{KINDS[at % 5]},{'yes' if at % 2 else 'no'},{'yes' if at % 3 else 'no'},no" for at in range(24)
    ]
    images(tmp_path, answers_csv=lines("file,label,smokes,drinks,runs", *told))

    assert rows(look(tmp_path))["img/003.jpg"][0] == "owl"


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        pytest.param("label,corrected_label", lambda at: (KINDS[at % 5], "owl" if at % 8 == 0 else ""), id="corrected"),
        pytest.param("class,checked", lambda at: (KINDS[at % 5], KINDS[(at + (at % 8 == 0)) % 5]), id="a second look"),
    ],
)
def test_a_column_with_the_labels_words_for_other_images_leaves_none_sure(
    look: Look, tmp_path: Path, header: str, cells: Callable[[int], tuple[str, str]]
) -> None:
    images(tmp_path, labels_csv=lines(f"image,{header}", *(f"{at:03}.jpg,{','.join(cells(at))}" for at in range(24))))

    assert "the column" in str(refusal(look, tmp_path))


@pytest.mark.parametrize(
    ("name", "header"),
    [("predictions", "file,class,confidence"), ("results", "file,predicted_class,confidence")],
)
def test_what_a_model_says_is_no_label_for_certain(look: Look, tmp_path: Path, name: str, header: str) -> None:
    told = lines(header, *(f"{at:03}.jpg,{KINDS[at % 5]},0.{at + 50}" for at in range(24)))
    images(tmp_path, **{f"{name}_csv": told})

    assert refusal(look, tmp_path).certain is None


def test_few_images_with_two_rows_that_differ_are_no_set_of_labels_for_certain(look: Look, tmp_path: Path) -> None:
    told = [f"{at:03}.jpg,{KINDS[at % 5]}" for at in range(24)]
    images(tmp_path, labels_csv=lines("file,label", *told, "003.jpg,cat"))

    error = refusal(look, tmp_path)

    assert error.certain is None
    readings = [read_as(tmp_path, one) for one in error.unsettled.proposals]
    assert any(row["label_path"] == "dog" for reading in readings for row in reading.values())
