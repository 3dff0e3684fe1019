"""Layouts that people have, each read as it is meant or refused with proposals that run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from ruamel.yaml import YAML

from tasks.config_keys import ConfigKeys
from tasks.discover.proposals import UnsettledLayoutError
from tasks.samples import Discovery
from tests.tasks.discover.layouts import LAYOUTS, Layout, draw
from tests.tasks.discover.table_layouts import TABLE_LAYOUTS

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

EVERY = [*LAYOUTS, *TABLE_LAYOUTS]
READ = [layout for layout in EVERY if not layout.refused]
REFUSED = [layout for layout in EVERY if layout.refused]


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


def read_as(look: Look, root: Path, keys: ConfigKeys) -> dict[str, tuple[str, str]]:
    """For each image the label and the split that *keys* give it."""
    level = keys.get("labels", {}).get("level")
    found = look(root, names=keys.get("splits", {}).get("names"), **keys["source"])
    labels, splits = column(found, "label_path"), column(found, "split")
    if level is not None:
        labels = {path: [*name.split("/"), *[""] * level][level] for path, name in labels.items()}
    return {path: (name, splits[path]) for path, name in labels.items()}


@pytest.mark.parametrize("layout", REFUSED, ids=lambda layout: layout.what)
def test_the_images_that_a_proposal_shows_are_read_so_by_its_keys(look: Look, tmp_path: Path, layout: Layout) -> None:
    draw(layout, tmp_path)
    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    for proposal in caught.value.unsettled.proposals:
        if "kind" not in proposal.keys.get("labels", {}):
            read = read_as(look, tmp_path, proposal.keys)
            assert [(row.label, row.split) for row in proposal.rows] == [read[row.location] for row in proposal.rows]


NO_LABELS = [layout for layout in EVERY if layout.refused == "no_labels"]


@pytest.mark.parametrize("layout", NO_LABELS, ids=lambda layout: layout.what)
def test_the_keys_that_a_refusal_names_keep_all_images_without_a_label(
    look: Look, tmp_path: Path, layout: Layout
) -> None:
    drawn = draw(layout, tmp_path)
    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    sentence = str(caught.value).partition("or set ")[2].partition("`.\n")[0]
    found = look(tmp_path, **YAML(typ="safe").load(sentence.replace("`, `", "\n").replace("` with `", "\n").strip("`")))

    assert column(found, "label_path") == dict.fromkeys(drawn.unlabelled | drawn.others, "")
