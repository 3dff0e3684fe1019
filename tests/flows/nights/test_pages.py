"""The page of each night: made with its version, linked into its view, made again of what is published."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

from tasks.publish.audit import verify_version
from tasks.publish.derived.repair import refresh_derived
from tasks.publish.versions import open_version, page_place
from tasks.refresh.refresh import refresh
from tasks.refresh.report_page import page_of_version
from tests.steps_here import StepsHere


def words(page: bytes) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page.decode().replace("<wbr>", ""))))


def test_a_version_has_its_page_in_the_view_and_in_what_is_verified(nights: Any, source: Path, draw: Any) -> None:
    nights.run()
    draw(source / "class1" / "new.png", 501)
    outcome = nights.run()

    page = (nights.folder / "out" / "versions" / "000002" / "report.html").read_bytes()

    assert outcome["page"] == page_place(nights.store, None)
    assert Path(outcome["page"]).read_bytes() == page
    assert "Version 2 has 25 images; against version 1: 1 added. Nobody needs to do anything." in words(page)
    assert "1 added class1 class1/new.png" in words(page)
    manifest, verified = open_version(nights.store, None).manifest, verify_version(nights.store, None)
    assert (verified.problems, verified.files) == ((), len(manifest.files))
    assert manifest.page in manifest.files


def test_a_lost_or_changed_page_is_damage_that_a_run_repairs_in_the_view(nights: Any) -> None:
    nights.run()
    view = nights.folder / "out" / "versions" / "000001" / "report.html"
    view.unlink()

    assert [path for path, _ in verify_version(nights.store, 1).problems] == ["versions/000001/report.html"]
    assert refresh_derived(nights.store, nights.config.output) == []
    assert verify_version(nights.store, 1).problems == ()


def test_a_page_is_made_again_of_what_is_published(nights: Any, source: Path, draw: Any) -> None:
    nights.run()
    (source / "class0" / "00.png").unlink()
    draw(source / "class1" / "new.png", 501)
    (source / "class2" / "broken.png").write_bytes(b"no image")
    outcome = nights.run()

    again = page_of_version(nights.store, open_version(nights.store, 2))

    assert again == Path(outcome["page"]).read_bytes()


def test_a_page_of_a_version_whose_files_are_gone_says_what_is_left(nights: Any, source: Path, draw: Any) -> None:
    nights.run()
    draw(source / "class1" / "new.png", 501)
    nights.run()
    manifest = nights.manifest()
    nights.store.delete([shard["path"] for shard in manifest["shards"]] + [manifest["report"]["path"]])
    nights.store.delete([json.loads(nights.store.read_bytes("commits/000001.json"))["manifest"]])

    text = words(page_of_version(nights.store, open_version(nights.store, 2)))

    assert "Version 2 has 25 images" in text
    assert "The shards of this version are no longer there, so there are no pictures" in text
    assert "The version before, 1, is no longer there, so its rows cannot be compared one by one." in text


def test_a_refused_run_has_a_page_with_what_it_built_and_what_to_do(nights: Any, source: Path, draw: Any) -> None:
    nights.run()
    nights.change("gates", min_rows="26")
    draw(source / "class1" / "new.png", 501)
    (source / "class2" / "broken.png").write_bytes(b"no image")

    outcome = nights.run()

    text = words(Path(outcome["page"]).read_bytes())
    assert outcome["outcome"] == "refused"
    assert "Not published min_rows: 25 rows; at least 26 are needed" in text
    assert "Readers keep version 1." in text
    assert "parquetry run CONFIG --accept min_rows" in text
    assert "What would have changed 1 added class1 class1/new.png" in text


def test_a_run_refused_before_it_builds_lists_its_rejects(nights: Any, source: Path) -> None:
    (source / "class2" / "broken.png").write_bytes(b"no image")
    nights.run()
    nights.change("gates", max_delete_fraction="0")
    (source / "class0" / "00.png").unlink()

    dataset = nights.config
    outcome = refresh(dataset, dataset.options(full=False, limit=0, accept=(), rehash=False), StepsHere())

    text = words(Path(outcome.breakdown.page).read_bytes())
    assert outcome.outcome == "refused"
    assert "class2/broken.png not_an_image" in text


def test_a_quiet_night_makes_no_page(nights: Any) -> None:
    nights.run()
    before = nights.store.list_files("reports")

    assert nights.run()["page"] == ""
    assert nights.store.list_files("reports") == before


def test_a_page_that_cannot_be_made_holds_up_no_version(nights: Any, monkeypatch: Any) -> None:
    def fail(*_: object) -> bytes:
        raise ValueError("a defect")

    monkeypatch.setattr("tasks.refresh.report_page.make_page", fail)

    outcome = nights.run()

    assert (outcome["outcome"], outcome["page"]) == ("published", "")
    assert "The page of this run could not be made: ValueError: a defect" in outcome["notices"]
    assert verify_version(nights.store, None).problems == ()


def test_gates_remember_thirty_versions(nights: Any, source: Path, draw: Any) -> None:
    for number in range(32):
        draw(source / "class1" / "new.png", 501 + number)
        nights.run()

    history = nights.report()["history"]

    assert [night["version"] for night in history] == list(range(3, 33))
    assert history[-1]["changes"]["changed"] == 1
    assert {"max_delete_fraction", "min_rows"} <= history[-1]["gates"].keys()
