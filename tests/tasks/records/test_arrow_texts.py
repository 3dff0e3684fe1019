"""Columns of texts whose blanks around them are seen by their bytes alone."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tasks.records.arrow_texts import may_have_blanks_around, trimmed


@pytest.mark.parametrize(
    ("texts", "may_have"),
    [
        (["a", "b c"], False),
        (["a", ""], False),
        (["", "a"], False),
        (["", ""], False),
        ([], False),
        ([" a", "b"], True),
        (["a", "b "], True),
        (["a", "\tb"], True),
        (["a\x1f", "b"], True),
        (["!", "~"], False),
        (["\x7f"], True),
        (["\u00e9"], True),
        (["x\u00e9x"], False),
    ],
)
def test_a_text_may_begin_or_end_with_a_blank_by_its_first_and_last_byte(texts: list[str], may_have: bool) -> None:
    column = pa.chunked_array([pa.array(texts, pa.string())])

    assert may_have_blanks_around(column) == may_have
    before = pa.array(["x", *texts, "y"], pa.string()).slice(1, len(texts))
    assert may_have_blanks_around(pa.chunked_array([pa.array([], pa.string()), before])) == may_have


def test_blanks_around_texts_go_and_those_within_stay() -> None:
    assert trimmed(pa.array([" a b\u3000", "c", "", "\n"])).to_pylist() == ["a b", "c", "", ""]
    plain = pa.array(["a b", "c"])
    assert trimmed(plain) is plain
