"""Which new rows belong together: those that look alike, and nothing that no new row ties."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality.groups import near_groups
from tasks.quality.settings import QualitySettings
from tests.tasks.quality.test_pairs import apart, hashes, table

rows_of_test = st.lists(st.tuples(hashes, st.booleans()), max_size=20)


@settings(max_examples=60, deadline=None)
@given(rows_of_test, st.booleans())
def test_groups_are_what_pairs_with_a_new_row_tie_together(rows: list[tuple[int, bool]], mirrored: bool) -> None:
    ids = [f"{number:02}" for number in range(len(rows))]
    known = pa.array([name for name, (_, is_old) in zip(ids, rows, strict=True) if is_old], pa.string())
    asked = QualitySettings(distance=6, mirrored=mirrored)

    groups = near_groups(table([(name, row[0], "", "") for name, row in zip(ids, rows, strict=True)]), known, asked)

    sets = [{number} for number in range(len(rows))]
    for one, (first, is_old) in enumerate(rows):
        for other, (second, _) in enumerate(rows):
            if one != other and first and second and not is_old and apart(first, second, mirrored=mirrored) <= 6:
                joined = sets[one] | sets[other]
                for number in joined:
                    sets[number] = joined
    expected = {frozenset(ids[number] for number in found) for found in sets if len(found) > 1}
    by_name: dict[str, set[str]] = {}
    for name, group in groups.items():
        by_name.setdefault(group, set()).add(name)
    same_hash_as_new = {frozenset(found) for found in by_name.values()}
    assert {name for found in expected for name in found} == set(groups)
    assert all(any(small <= large for large in same_hash_as_new) for small in expected)
    assert all(any(large <= small for small in expected) for large in same_hash_as_new)


def test_where_nothing_is_new_or_nothing_is_known_by_its_hash_there_are_no_groups() -> None:
    rows = table([("1", 5, "", ""), ("2", 5, "", ""), ("3", None, "", "")])

    assert near_groups(rows, pa.array(["1", "2", "3"]), QualitySettings()) == {}
    assert set(near_groups(rows, pa.array(["2"]), QualitySettings())) == {"1", "2"}
    assert near_groups(rows.slice(2), pa.array([], pa.string()), QualitySettings()) == {}
