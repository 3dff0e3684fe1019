"""The card, which a training engineer may have alone: ids, columns, ways to open it, and what was rejected."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tasks.publish.derived.card import root_card, view_card
from tasks.publish.derived.repair import latest_json
from tasks.publish.history import Version, read_version
from tasks.publish.manifest import FileEntry


def newest(output: Any, **changes: Any) -> Version:
    """The newest version, whose manifest says what *changes* do."""
    version = read_version(output.store, 2)
    return Version(version.commit, version.manifest.model_copy(update=changes))


def body(card: str) -> str:
    return card.split("---\n", 2)[2]


def test_the_card_has_ids_columns_sizes_and_what_was_left_out(two: Any) -> None:
    spec = {"pixels": "jpeg", "quality": 90, "size": [224, 224], "mode": "crop", "color": "RGB"}
    config = {"source": [{"path": "/data/pets"}], "output": {"license": "cc-by-4.0", "contact": "a@b.example"}}
    counts = {"classes": {"cat": 3, "dog": 1}, "reasons": {"truncated": 7}, "libraries": {"pillow": "12.3"}}
    version = newest(two, pixel_spec=spec, config=config, why="", **counts)

    card = root_card(2, {2: version}, "/srv/pets", has_views=True)

    text = body(card)
    assert "| 0 | cat | 3 |\n| 1 | dog | 1 |" in text
    assert "Images are JPEG of quality 90 of 224 × 224 pixels (crop), RGB." in text
    assert "| `label` | int64 | the class's id; -1 where there is none |" in text
    assert set(version.manifest.columns) <= set(re.findall(r"\| `([^`]+)` \|", text.replace("\\", "")))
    assert "| `truncated` | 7 |" in text
    assert "| license | cc-by-4.0 |" in text
    assert "| contact | a@b.example |" in text
    assert "| source | /data/pets |" in text
    assert "pillow 12.3" in text
    assert '\nlicense: "cc-by-4.0"\n---\n' in card
    assert version.commit.time in text


def test_what_stands_under_open_it_runs(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", two.root / "runs")
    (code,) = re.findall(r"```python\n(.*?)\n\nfrom torch", (two.root / "README.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}

    exec(code, names)  # noqa: S102 - the card's own recipes, as they stand in it

    assert names["DATA"] == f"{two.root}/versions/000002/data"
    assert len(names["table"]) == 4
    assert sorted(names["lazy"].collect()["sample_id"]) == ["cat/1", "cat/2", "dog/1", "dog/2"]
    assert len(names["relation"].fetchall()) == 4
    assert sum(1 for rows in names["rows"].values() for _ in rows) == 4


def test_a_version_without_rows_has_nothing_to_open_and_a_card_that_says_so(two: Any) -> None:
    card = body(view_card(newest(two, shards=[]), "/srv/pets"))

    assert "This version holds no image, so there is no file to open." in card
    assert "```" not in card


def test_on_an_object_store_the_files_are_those_of_latest_json(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    version = newest(two)
    card = root_card(2, {2: version}, f"file://{two.root}", has_views=False)
    (code,) = re.findall(r"```python\n(.*?)\n\nimport pandas", card, re.DOTALL)
    monkeypatch.setattr("sys.argv", [])
    names: dict[str, Any] = {}

    exec(code, names)  # noqa: S102 - the card's own recipe, as it stands in it

    assert [file.rpartition("/")[2] for file in names["files"]] == [
        shard.path.rpartition("/")[2] for shard in version.manifest.shards
    ]
    assert latest_json(2, version.manifest) == (two.root / "latest.json").read_bytes()


def test_both_cards_lead_to_the_page(two: Any) -> None:
    page = FileEntry(path="reports/0123456789abcdef.html", rows=0, bytes=1, sha256="0" * 64)
    version = newest(two, page=page)

    assert "](reports/0123456789abcdef.html)" in root_card(2, {2: version}, "/srv/pets", has_views=True)
    assert "](report.html)" in view_card(version, "/srv/pets")
    assert "pictures" not in view_card(newest(two), "/srv/pets")


def test_many_classes_keep_to_a_screen_and_nothing_is_said_of_rejects_where_there_are_none(two: Any) -> None:
    names = [f"class {number}" for number in range(1000)]

    text = body(view_card(newest(two, class_names={"label": names}, rejects=None), "/srv/pets"))

    assert "| 19 | class 19 | 0 |\n| … 980 more | | |" in text
    assert "No image that the source lists was rejected." in text


def test_text_from_the_config_and_the_data_is_no_markup(two: Any) -> None:
    live = "<script>x</script> [a](http://b) | `c`\n# d"
    version = newest(two, class_names={"label": [live]}, config={"output": {"about": live, "license": live}})

    card = view_card(version, "/srv/pets")

    assert "<script>" not in body(card)
    assert "\n# d" not in body(card)
    assert "\\[a\\](http://b) \\| \\`c\\`" in body(card)
    assert "\nlicense:" not in card
