"""The page that a person looks at: whole without anything beside it, whatever the data are called or lack."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image

from tasks.quality.pairs import PAIRS_SCHEMA
from tasks.reasons import Reason
from tasks.refresh.small_pictures import shrink_confined
from tasks.report.changed_rows import VersionRows
from tasks.report.document import Counts, GateRow, ImageChanges, NearPairs, Night, Report, ShardSums, Spread
from tasks.report.gates import Gates
from tasks.report.page import make_page
from tasks.report.page_facts import PageFacts, PageRows
from tasks.report.reject_words import MEANINGS
from tasks.report.remedies import REMEDIES
from tasks.samples import REJECTION_SCHEMA, Rejection, StoreUrl, named_image, rejection_row, rejections_table
from tasks.shards.schema import shard_schema
from tasks.shards.settings import WriteSettings
from tasks.shards.writer import ShardWriter
from tasks.storage import Store, open_store

LIVE = "<script>alert(1)</script>\"'&amp;<img src=x onerror=alert(2)>\u202egpj"


class Parts(HTMLParser):
    """The elements of a page, its text, and every address in it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.ways: list[str] = []
        self.places: list[str] = []
        self.handlers: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.text = self.text.removesuffix(" ") if tag == "wbr" else self.text  # which may break a line, and no word
        found = [value or "" for name, value in attrs if name in {"src", "href", "srcset", "action"}]
        self.addresses += [address for address in found if not address.startswith("#")]
        self.ways += [address[1:] for address in found if address.startswith("#")]
        self.places += [value or "" for name, value in attrs if name == "id"]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "


def shown(store: Store, facts: PageFacts) -> bytes:
    """The page of *facts*."""
    return make_page(store, facts, shrink_confined)


def parts_of(page: bytes) -> Parts:
    parts = Parts()
    parts.feed(page.decode())
    return parts


def words(parts: Parts) -> str:
    return re.sub(r"\s+", " ", parts.text)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(StoreUrl(str(tmp_path / "out")))


def shard(store: Store, labels: list[str], *, pixels: str = "png", split: str = "train") -> PageRows:
    """The rows of a shard of one image for each of *labels*."""
    names = sorted({*labels})
    with store.temporary("runs/made") as folder:
        schema = shard_schema({"label": names}, {"pixels": pixels})
        with ShardWriter(store, folder, split, schema, WriteSettings()) as writer:
            for number, label in enumerate(labels):
                sink = io.BytesIO()
                image = Image.new("RGB", (40, 30), (number % 256, 90, 200))
                image.save(sink, "PNG")
                facts = {"sample_id": f"{label}/{number}", "label_name": label, "label": names.index(label)}
                sizes = dict.fromkeys(["orig_width", "orig_height"], 30) | {"width": 40, "height": 30, "channels": 3}
                data = {"image": {"bytes": sink.getvalue(), "path": ""}, "pixels": image.tobytes()}
                writer.add(facts | sizes | data | {"split": split, "content_sha256": f"{number}"}, 100)
            writer.finish()
    rows = [
        {"sample_id": f"{label}/{number}", "split": split, "label_name": label, "content_sha256": f"{number}"}
        | {"file": 0, "row": number}
        for number, label in enumerate(labels)
    ]
    return PageRows(_table(rows), [writer.files[0].name])


def _table(rows: list[dict[str, Any]]) -> VersionRows:
    texts = [(name, pa.string()) for name in ("sample_id", "split", "label_name", "content_sha256")]
    return pa.Table.from_pylist(rows, schema=pa.schema([*texts, ("file", pa.int32()), ("row", pa.int32())]))


def version(labels: list[str], **facts: Any) -> PageFacts:
    """What is known of a first version with *labels*, without its rows."""
    counts: dict[str, Counts] = {name: {"before": 0, "after": labels.count(name)} for name in labels}
    report: Report = {
        "parent": None,
        "states": {},
        "account": {"listed": len(labels), "written": len(labels), "rejected": 0, "deduplicated": 0},
        "classes": counts,
        "splits": {"train": {"before": 0, "after": len(labels)}},
        "gates": [{"gate": "min_rows", "value": 3, "limit": 1, "crossed": False, "detail": "3 rows"}],
    }
    made = PageFacts("pets", 1, report, REJECTION_SCHEMA.empty_table(), class_names=sorted(counts))
    return replace(made, **facts)


def rejected(count: int, reason: Reason = Reason.TRUNCATED, name: str = "bad") -> pa.Table:
    return rejections_table(
        [
            rejection_row(
                named_image(f"{name}{number}", location=f"{name}{number}.jpg", record=("labels.csv", number + 2)),
                Rejection(reason, "is cut short"),
            )
            for number in range(count)
        ]
    )


@pytest.mark.parametrize("pixels", ["png", "raw"])
def test_a_page_shows_pictures_and_needs_nothing_beside_it(store: Store, pixels: str) -> None:
    labels = ["cat", "dog", "cat"]

    parts = parts_of(shown(store, version(labels, rows=shard(store, labels, pixels=pixels))))

    assert len(parts.addresses) == 3
    assert all(address.startswith("data:image/jpeg;base64,") for address in parts.addresses)
    assert {"script", "link", "iframe", "object", "base"} & {*parts.tags} == set()
    assert "Version 1 has 3 images; it is the first one. Nobody needs to do anything." in words(parts)
    assert "This is the first version: there is nothing to compare it with." in words(parts)


def test_every_text_from_the_data_is_shown_as_it_is_and_does_nothing(store: Store) -> None:
    rows = shard(store, [LIVE, "dog"])
    refused: Report = {"refused": LIVE, "hosts": {LIVE: 2}, "gates": [], "plan": {LIVE: 1}, "seconds": {LIVE: 1.0}}
    facts = version(
        [LIVE, "dog"], rows=rows, dataset=LIVE, notices=[LIVE], origin=LIVE, rejections=rejected(1, name=LIVE)
    )

    for page in (shown(store, facts), shown(store, replace(facts, report=refused, refused=LIVE, rows=None))):
        parts = parts_of(page)

        assert {"script"} & {*parts.tags} == set()
        assert parts.handlers == []
        assert "onerror=alert(2)>" in parts.text
        assert "\u202e" not in page.decode()
        assert "\\u202egpj" in page.decode()


def test_rejects_stand_with_place_line_and_reason(store: Store) -> None:
    table = pa.concat_tables([rejected(150), rejected(2, Reason.NOT_FOUND, "gone")])

    text = words(parts_of(shown(store, version(["cat"], rows=shard(store, ["cat"]), rejections=table))))

    assert "bad0.jpg labels.csv, line 2 truncated is cut short" in text
    assert "gone1.jpg labels.csv, line 3 not_found" in text
    assert "102 of 152 are listed here" in text
    assert "88 more image label file" in text


def test_of_many_rejects_those_that_can_be_seen_stand_first(store: Store) -> None:
    table = rejected(200)
    pictures = [b"jpeg" if number in {150, 170} else b"" for number in range(200)]
    facts = version(["cat"], rejections=table.set_column(table.column_names.index("picture"), "picture", [pictures]))

    parts = parts_of(shown(store, facts))

    text = words(parts)
    assert text.index("bad150.jpg") < text.index("bad170.jpg") < text.index("bad0.jpg")
    assert parts.addresses == ["data:image/jpeg;base64,anBlZw=="] * 2


def test_a_refused_run_says_what_the_person_on_duty_does(store: Store) -> None:
    gate: GateRow = {
        "gate": "max_delete_fraction",
        "value": 0.5,
        "limit": 0.1,
        "crossed": True,
        "detail": "3 of 6 rows would go",
    }
    why = "max_delete_fraction: 3 of 6 rows would go: a.jpg: truncated. Mend the source, or publish all the same: `x`"
    facts = version(["cat"], refused=why, version=4)

    text = words(parts_of(shown(store, replace(facts, report={"gates": [gate], "refused": "x"}))))

    assert "Not published max_delete_fraction: 3 of 6 rows would go. Readers keep version 4." in text
    assert "Look whether the source is whole" in text
    assert "parquetry run CONFIG --accept max_delete_fraction" in text


def test_copies_do_not_count_as_images_that_are_newly_left_out(store: Store) -> None:
    facts = version(["cat"], rows=shard(store, ["cat"]))
    account = {"listed": 4, "written": 1, "rejected": 1, "deduplicated": 2}
    report: Report = {
        "parent": 1,
        "account": account,
        "reasons": {"new": {"truncated": 1, "duplicate_content": 2}, "resolved": {}},
    }

    text = words(parts_of(shown(store, replace(facts, report={**facts.report, **report}))))

    assert "left out 1 1 of them new" in text
    assert "copies left out 2" in text
    assert "against version 1: 3 newly left out." in text


def test_a_run_that_stopped_before_it_built_shows_which_rows_its_source_lists_no_longer(store: Store) -> None:
    labels = ["cat", "dog", "cat", "owl"]
    why = "max_delete_fraction: 2 of 4 rows would go. Mend the source, or publish all the same: `parquetry run CONFIG`"
    facts = version([], refused=why, version=1, before=shard(store, labels), unlisted=pa.array(["cat/0", "owl/3"]))

    parts = parts_of(shown(store, replace(facts, report={"refused": why, "parent": 1})))

    text = words(parts)
    assert "Not published max_delete_fraction: 2 of 4 rows would go. Readers keep version 1." in text
    assert "2 rows whose image the source lists no longer cat 1 of 2, owl 1 of 1" in text
    assert len(parts.addresses) == 2
    assert "changed" in parts.ways


def test_rows_whose_image_is_left_out_now_are_told_from_those_that_are_gone(store: Store) -> None:
    before = shard(store, ["cat", "dog", "cat"])
    after = PageRows(before.table.slice(0, 1), before.files)
    left_out = rejected(1).set_column(0, "sample_id", pa.array(["dog/1"]))
    facts = version(["cat"], rows=after, before=before, rejections=left_out)

    text = words(parts_of(shown(store, replace(facts, report={**facts.report, "parent": 1}))))

    assert "1 deleted: left out now, each with its reason below dog dog/1" in text
    assert "1 deleted: the source lists them no longer cat cat/2" in text


def test_a_refusal_of_another_kind_and_without_a_version_is_told_too(store: Store) -> None:
    facts = version([], refused="deadline: `run.deadline` is over", version=0)

    text = words(parts_of(shown(store, replace(facts, report={"refused": "x"}))))

    assert "There is no version yet." in text
    assert "Do what the sentence above names" in text
    assert "None was found before the run stopped." in text


@pytest.mark.parametrize("gate", Gates.model_fields)
def test_each_gate_has_its_remedy(gate: str) -> None:
    assert REMEDIES[gate].endswith(".")


def test_the_rows_of_two_versions_are_compared_with_pictures_of_both(store: Store) -> None:
    before, after = shard(store, ["cat", "dog", "cat", "owl"]), shard(store, ["cat", "cat", "cat", "cow"], split="test")
    ids = ["cat/0", "dog/1", "cat/2", "new"]
    relabelled = after.table.set_column(0, "sample_id", pa.array(ids))
    facts = version(["cat", "cow"], rows=PageRows(relabelled, after.files), before=before)
    states: Report = {"states": {"added": 1, "relabelled": 1, "deleted": 1}, "parent": 1}

    parts = parts_of(shown(store, replace(facts, version=2, report={**facts.report, **states})))

    text = words(parts)
    assert {*parts.ways} <= {*parts.places}
    assert "against version 1: 1 added, 1 relabelled, 1 deleted." in text
    assert "dog → cat" in text
    assert "3 put into another split train → test" in text
    assert len([one for one in parts.addresses if one]) >= 3


def test_a_changed_image_stands_beside_what_it_was_and_one_that_moved_says_where_from(store: Store) -> None:
    before, after = shard(store, ["cat", "dog"]), shard(store, ["cat", "owl"], split="test")
    table = after.table.set_column(0, "sample_id", pa.array(["cat/0", "owl/moved"]))
    table = table.set_column(3, "content_sha256", pa.array(["other bytes", "1"]))
    facts = version(["cat", "owl"], rows=PageRows(table, after.files), before=before)
    states: Report = {"states": {"changed": 1, "moved": 1}, "parent": 1}

    parts = parts_of(shown(store, replace(facts, version=2, report={**facts.report, **states})))

    text = words(parts)
    assert text.count("cat cat/0 ") == 2
    assert "before, and now" in text
    assert "1 moved: other places with the same bytes dog → owl owl/moved was dog/1" in text


def test_what_is_left_out_since_the_last_night_comes_first_and_says_so_and_each_reason_what_it_means(
    store: Store,
) -> None:
    old, new = (rejected(1, name=name) for name in ("old", "fresh"))
    days = [pa.array([day]) for day in ("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z")]
    place = old.schema.get_field_index("first_seen")
    table = pa.concat_tables(
        [part.set_column(place, "first_seen", day) for part, day in zip((old, new), days, strict=True)]
    )
    history: list[Night] = [{"time": "2026-01-02T00:00:00Z"}, {"time": "2026-01-03T00:00:01Z"}]
    report: Report = {"parent": 1, "history": history, "reasons": {"new": {"truncated": 1}, "resolved": {}}}
    facts = version(["cat"], rejections=table, rows=shard(store, ["cat"]))

    text = words(parts_of(shown(store, replace(facts, report={**facts.report, **report}))))

    assert "against version 1: 1 newly left out." in text
    assert "truncated 2 its file is cut short" in text
    assert text.index("fresh0.jpg new ") < text.index("old0.jpg labels.csv")


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_is_explained(reason: Reason) -> None:
    assert MEANINGS[reason]


def test_of_many_copies_of_one_image_few_are_shown_before_others(store: Store) -> None:
    labels = [f"c{number}" for number in range(20)]
    rows = shard(store, labels)
    pairs = [near_pair("c0/0", f"c{other}/{other}", is_leak=True) for other in range(1, 15)]
    pairs.append(near_pair("c16/16", "c17/17", is_leak=True))
    near: NearPairs = {
        "pairs": 15,
        "leaks": 15,
        "suspects": 0,
        "listed": 15,
        "unknown": 0,
        "distance": 10,
        "mirrored": 0,
    }
    facts = version(["cat"], rows=rows, pairs=pa.Table.from_pylist(pairs, schema=PAIRS_SCHEMA))

    text = words(parts_of(shown(store, replace(facts, report={**facts.report, "near": near}))))

    assert text.index("c17/17") < text.index("c2/2")
    assert text.count("3 bits differ") == 12


def test_a_night_without_a_changed_row_says_so(store: Store) -> None:
    rows = shard(store, ["cat"])
    facts = version(["cat"], rows=rows, before=rows)

    text = words(parts_of(shown(store, replace(facts, report={**facts.report, "parent": 1}))))

    assert "No row differs from version 1." in text


def test_a_version_without_images_says_so(store: Store) -> None:
    text = words(parts_of(shown(store, version([], rows=PageRows(_table([]), [])))))

    assert "Published, worth a look Version 1 holds no image; it is the first one. Readers get no image" in text


def test_lost_shards_leave_counts_and_a_sentence(store: Store) -> None:
    rows = shard(store, ["cat", "dog"])
    gone = PageRows(rows.table, ["_shards/train-0123456789abcdef.parquet"])

    parts = parts_of(shown(store, version(["cat", "dog"], rows=gone)))
    nothing = words(parts_of(shown(store, version(["cat", "dog"], missing=["_shards/x.parquet"]))))

    assert parts.addresses == []
    assert "missing or damaged is left out: _shards/train-0123456789abcdef.parquet" in words(parts)
    assert "The shards of this version are no longer there, so there are no pictures" in nothing


def test_ten_thousand_classes_are_counted_and_the_largest_and_smallest_listed(store: Store) -> None:
    labels = [f"class {number:05}" for number in range(10_000)]
    report = {**version(["a"]).report, "classes": {name: {"before": 0, "after": 2} for name in labels}}

    page = shown(store, version(["a"], report=report, rows=shard(store, ["class 00000", "class 09999"])))

    assert "Of 10,000 classes the 900 with most images and the 100 with fewest are listed" in page.decode()
    assert page.count(b"<tr>") < 1_100


def test_a_thousand_classes_and_five_thousand_rejects_stay_small(store: Store) -> None:
    labels = [f"class {number % 1000:04}" for number in range(2_000)]
    counts: dict[str, Counts] = {name: {"before": 0, "after": 2} for name in labels}
    facts = version(["a"], rows=shard(store, labels), rejections=rejected(5_000))

    page = shown(store, replace(facts, report={**facts.report, "classes": counts}))

    assert page.count(b"data:image/jpeg") == 360
    assert len(page) < 5_000_000


def test_what_cannot_be_made_small_is_no_picture(store: Store) -> None:
    rows = shard(store, ["cat"])
    with store.temporary("runs/made") as folder:
        schema = shard_schema({"label": ["cat"]}, {"pixels": "original"})
        with ShardWriter(store, folder, "train", schema, WriteSettings()) as writer:
            writer.add({"image": {"bytes": b"no image", "path": ""}, "label_name": "cat", "split": "train"}, 8)
            writer.finish()

    facts = version(["cat"], rows=PageRows(rows.table, [writer.files[0].name]), before=rows)
    parts = parts_of(shown(store, replace(facts, report={**facts.report, "parent": 1, "classes": {}})))

    assert parts.addresses == []
    assert "no picture" in words(parts)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no chromium here")
@pytest.mark.parametrize(
    ("width", "scheme", "ground"),
    [
        pytest.param(390, "1", "rgb(255, 255, 255)", id="a phone, light"),
        pytest.param(1400, "0", "rgb(21, 23, 27)", id="a screen, dark"),
    ],
)
def test_a_browser_shows_all_of_it_without_a_word(
    store: Store, tmp_path: Path, width: int, scheme: str, ground: str
) -> None:
    names = [LIVE, "a class whose name is one_very_long_word_without_any_blank_in_it" * 3]
    facts = version(names, rows=shard(store, names), rejections=rejected(30, name="half/" * 20))
    (tmp_path / "page.html").write_bytes(shown(store, facts))
    said = "[d.documentElement.scrollWidth <= d.documentElement.clientWidth, getComputedStyle(d.body).backgroundColor]"
    (tmp_path / "frame.html").write_text(
        f"<iframe width={width} height=900></iframe><pre></pre><script>const frame = document.querySelector('iframe');"
        "frame.onload = () => { const d = frame.contentDocument; document.querySelector('pre').textContent = "
        f"JSON.stringify({said}) + d.querySelector('.sentence').textContent; }}; frame.src = 'page.html';</script>"
    )
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'chromium'}"]
    settings = ["--allow-file-access-from-files", f"--blink-settings=preferredColorScheme={scheme}"]

    found = subprocess.run(
        [
            str(shutil.which("chromium")),
            *options,
            *settings,
            "--virtual-time-budget=60000",
            "--enable-logging=stderr",
            "--dump-dom",
            (tmp_path / "frame.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert f'[true,"{ground}"]Version 1 has 2 images' in found.stdout
    assert "CONSOLE" not in found.stderr


def near_pair(
    one: str, other: str, *, is_leak: bool = False, is_suspect: bool = False, **values: Any
) -> dict[str, Any]:
    texts = dict.fromkeys(["split", "other_split", "label_name", "other_label_name"], "")
    flags = {"is_leak": is_leak, "is_suspect": is_suspect}
    return {"sample_id": one, "other_id": other, "distance": 3, **texts, **flags, **values}


def test_near_duplicates_stand_side_by_side_and_images_that_look_wrong_are_shown(store: Store) -> None:
    rows = shard(store, [LIVE, "dog", "cat"])
    pairs = [near_pair(f"{LIVE}/0", "dog/1", is_leak=True, is_suspect=True), near_pair("cat/2", "gone/9")]
    near: NearPairs = {"pairs": 2, "leaks": 1, "suspects": 1, "listed": 2, "unknown": 4, "distance": 10, "mirrored": 0}
    flags = {"black": 1, "blurred": 0, "white": 0, "blank": 0}
    plots = {"side": [0, 3, *[0] * 8], "brightness": [0] * 16}
    shards: dict[str, ShardSums] = {rows.files[0]: {"flagged": {"black": [2]}}}
    facts = version([LIVE, "dog", "cat"], rows=rows, pairs=pa.Table.from_pylist(pairs, schema=PAIRS_SCHEMA))
    width: Spread = {"mean": 40, "deviation": 0}
    images: ImageChanges = {"after": {"width": width, "flags": flags, "plots": plots}, "shards": shards}
    facts = replace(facts, report={**facts.report, "near": near, "images": images})

    page = shown(store, facts)
    parts = parts_of(page)

    assert "script" not in parts.tags
    assert parts.handlers == []
    assert {"near", "flagged", "classes"} <= {*parts.ways} <= {*parts.places}
    said = words(parts)
    assert "Published, worth a look" in said
    assert "1 pair of images that look alike lies in two splits: see below." in said
    assert "2 pairs of images look alike (at most 10 of 64 bits differ): 1 in two splits, 1 of two labels." in said
    assert "4 rows have no hash, and are in no pair." in said
    assert said.count("3 bits differ") == 2  # once as a leak, once as a suspect; the row of the other pair is gone
    assert "1 black" in said
    assert "white" not in said.partition("Images to look at")[2].partition("The run")[0]
    assert "longer side of the source, pixels under 32 … 8192 and more; most are 32 to 64" in said
    assert "brightness of the source" not in said  # of which nothing is known


def test_a_version_without_near_duplicates_says_so_and_one_that_is_not_measured_says_nothing(store: Store) -> None:
    near: NearPairs = {"pairs": 0, "leaks": 0, "suspects": 0, "listed": 0, "unknown": 0, "distance": 10, "mirrored": 0}
    facts = version(["cat"], rows=shard(store, ["cat"]), pairs=PAIRS_SCHEMA.empty_table())

    assert "No two images look alike." in words(
        parts_of(shown(store, replace(facts, report={**facts.report, "near": near})))
    )
    assert "Near duplicates" not in words(parts_of(shown(store, facts)))
