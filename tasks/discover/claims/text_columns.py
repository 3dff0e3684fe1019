"""Columns whose cells are texts that the images show, nearly each another one: what a captcha or a word reads."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.discover.claims.table_views import Family
from tasks.discover.heads.head import SEVERAL, STEM
from tasks.discover.words.column_words import strength_of, tells_a_place
from tasks.discover.words.folder_names import tokens
from tasks.label_kinds import number_of

_TEXTS = frozenset("text texts transcription transcriptions transcript content words word string ocr".split())
_READ = frozenset("transcription transcriptions transcript transcripts ocr truth".split())
"""Words for what is read in a picture, however long that is."""
_LONG = 60
_LONGEST = 400
_FEWEST = 0.5
_FEWEST_ROWS = 6
_CODED = re.compile(r"(?=[0-9a-fA-F-]*[0-9])[0-9a-fA-F-]{16,}|[a-z]+://.*|.*\.[A-Za-z]{2,4}|\d{4}-\d\d-\d\d.*")
_LEADING = re.compile(r"0\d+")


def text_column(family: Family) -> str:
    """The one column of *family* that says a text of each image; empty where there is none, or several columns could.

    Files that are each about an image may hold its caption. Only a table that says nothing besides counts: others have
    many columns of which each row has its own.
    """
    location = family.views[0].location
    rows = [place for place, file in enumerate(family.files) if file]
    cells = {name: [every[place].strip() for place in rows] for name in family.views[0].head.names
             if name not in {location, STEM} and (every := family.column(name))}  # fmt: skip
    [(name, own), *more] = [(name, column) for name, column in cells.items() if any(column)] or [("", [])]
    stems = [file.rpartition("/")[2].rpartition(".")[0] for file in family.files if file]
    is_list = not more and not family.has_boxes and not family.views[0].head.members
    return name if name and is_list and _are_texts(name, own, stems) else ""


def are_codes(values: set[str]) -> bool:
    """Whether *values* are digits that count for themselves, as those of a captcha, since some begin with 0."""
    return all(map(str.isdecimal, values)) and any(map(_LEADING.fullmatch, values))


def _are_texts(name: str, cells: Sequence[str], stems: Sequence[str]) -> bool:
    values = set(cells) - {""}
    is_named = name.isdigit() or bool(_TEXTS & set(tokens(name))) or strength_of(name) > 0
    if not is_named or tells_a_place(name) or len(values) < max(_FEWEST * len(cells), _FEWEST_ROWS):
        return False
    most = _LONGEST if _READ & set(tokens(name)) else _LONG
    if any(SEVERAL in value for value in values) or sum(map(len, values)) > most * len(values):
        return False
    is_told = sum(1 for cell, stem in zip(cells, stems, strict=True) if cell == stem) < _FEWEST * len(cells)
    are_words = are_codes(values) or not all(number_of(value) is not None for value in values)
    return is_told and are_words and not all(map(_CODED.fullmatch, values))
