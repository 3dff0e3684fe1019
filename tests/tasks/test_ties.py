"""Sets that ties make, held against a search through every tie."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.ties import Ties

NODES = st.integers(0, 12)


@given(ties=st.lists(st.tuples(NODES, NODES)), items=st.lists(NODES))
def test_items_are_in_one_set_where_a_way_of_ties_leads_from_one_to_the_other(
    ties: list[tuple[int, int]], items: list[int]
) -> None:
    tied = Ties[int]()
    for one, other in ties:
        tied.tie(one, other)

    found = list(tied.sets((node, node) for node in items))

    assert sorted(node for within in found for node in within) == sorted(items)
    for within in found:
        assert {*within} == reached(within[0], ties) & {*items}
    assert [within[0] for within in found] == sorted((within[0] for within in found), key=items.index)


def reached(start: int, ties: list[tuple[int, int]]) -> set[int]:
    """*start*, and what ties lead to from there."""
    there, before = {start}, set[int]()
    while there != before:
        before = there
        there = there | {node for tie in ties if there & {*tie} for node in tie}
    return there


def test_what_was_never_tied_is_not_there() -> None:
    tied = Ties[str]()
    tied.tie("a", "b")

    assert "a" in tied
    assert "c" not in tied
