"""Layouts that people have, each read as it is meant or refused with proposals that run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tasks.samples import Discovery
from tests.tasks.discover.layouts import LAYOUTS, Layout, draw

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

READ = [layout for layout in LAYOUTS if not layout.refused]
REFUSED = [layout for layout in LAYOUTS if layout.refused]


def column(discovery: Discovery, name: str) -> dict[str, Any]:
    table: pa.Table = discovery.samples
    return dict(zip(table["location"].to_pylist(), table[name].to_pylist(), strict=True))


@pytest.mark.parametrize("layout", READ, ids=lambda layout: layout.what)
def test_a_layout_is_read_as_it_is_meant(look: Look, tmp_path: Path, layout: Layout) -> None:
    drawn = draw(layout, tmp_path)

    found = look(tmp_path)

    assert column(found, "label_path") == drawn.labels
    assert column(found, "split") == drawn.splits
    assert set(found.class_paths) == set(drawn.labels.values()) | set(layout.empty) - {"logs/run1"}
    assert found.rejections.num_rows == 0
    passed = sum(count for reason, count in found.ignored.items() if "unlisted" in reason)
    assert passed == len(drawn.unlabelled) + len(drawn.others)


@pytest.mark.parametrize("layout", READ, ids=lambda layout: layout.what)
def test_a_layout_s_keys_say_the_same_with_its_name(look: Look, tmp_path: Path, layout: Layout) -> None:
    draw(layout, tmp_path)
    found = look(tmp_path)
    source, splits = found.keys.get("source", {}), found.keys.get("splits", {})

    again = look(tmp_path, layout=found.layout, names=splits.get("names", {}), **source)

    assert again.samples.equals(found.samples)
    assert again.class_paths == found.class_paths


@pytest.mark.parametrize("layout", REFUSED, ids=lambda layout: layout.what)
def test_what_folders_do_not_prove_is_refused_with_proposals_that_run(
    look: Look, tmp_path: Path, layout: Layout
) -> None:
    draw(layout, tmp_path)

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    assert str(caught.value).startswith(layout.refused)
    proposals = caught.value.unsettled.proposals
    assert proposals
    for proposal in proposals:
        names = proposal.keys.get("splits", {}).get("names", {})
        assert look(tmp_path, names=names, **proposal.keys["source"]).listed > 0
