"""The top of a page: what happened, whether a person must do something, counts, and the way on. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypedDict

from tasks.reasons import Reason
from tasks.report.document import NearPairs, Night, Report
from tasks.report.gates import HOW_TO_GO_ON
from tasks.report.page_facts import PageFacts
from tasks.report.page_lines import Sections
from tasks.report.remedies import attention, steps_of
from tasks.wording import counted

_TWINS = frozenset(reason.value for reason in Reason if reason.deduplicated)
_PLANNED = {
    "new": "images that no version has",
    "missing": "rows whose image is no longer listed",
    "suspect": "images whose file may have changed",
    "relabelled": "rows whose label changed",
    "unchanged": "rows that stay as they are",
}


class Head(TypedDict):
    """The top of a page: its tone, a word and a sentence, what follows, and what a person must do."""

    tone: Literal["good", "look", "bad"]
    word: str
    sentence: str
    after: str
    steps: Sequence[str]


def head_of(facts: PageFacts) -> Head:
    """What happened, in one sentence, and what a person must do."""
    if facts.refused:
        kept = f"Readers keep version {facts.version}." if facts.version else "There is no version yet."
        return {
            "tone": "bad",
            "word": "Not published",
            "sentence": f"{_why(facts)}.",
            "after": kept,
            "steps": list(steps_of(facts.report, facts.refused)),
        }
    count, parent = facts.report["account"]["written"], facts.report.get("parent")
    what = f"Version {facts.version} has {count:,} images" if count else f"Version {facts.version} holds no image"
    against = f"against version {parent}: {_in_words(facts.report)}" if parent else "it is the first one"
    steps = [*attention(facts.report, facts.notices), *_more_alike(facts.report)]
    return {
        "tone": "look" if steps else "good",
        "word": "Published, worth a look" if steps else "Published",
        "sentence": f"{what}; {against}.",
        "after": "" if steps else "Nobody needs to do anything.",
        "steps": steps,
    }


def _why(facts: PageFacts) -> str:
    """Why nothing was published; what to do about it, and which images are no good, is said below."""
    gates = [gate for gate in facts.report.get("gates", ()) if gate["crossed"] and f"{gate['gate']}:" in facts.refused]
    said = "; ".join(f"{gate['gate']}: {gate['detail']}" for gate in gates) or facts.refused.partition(HOW_TO_GO_ON)[0]
    return said.rstrip(" .")


def _in_words(report: Report) -> str:
    """What became of the rows, in one line."""
    words = ("added", "changed", "relabelled", "moved", "deleted")
    found = [f"{report['states'][word]:,} {word}" for word in words if report["states"].get(word)]
    if resplit := report["states"].get("resplit"):
        found.append(f"{resplit:,} put into another split")
    if rejected := newly_rejected(report):
        found.append(f"{rejected:,} newly left out")
    if report.get("pixels"):
        found.append("all pixels made anew")
    return ", ".join(found) or "no row differs"


def newly_rejected(report: Report) -> int:
    """How many images were left out that the version before had, or did not know."""
    return _new_of(report)


def _new_of(report: Report, uncounted: frozenset[str] = frozenset()) -> int:
    """How many images are newly left out, for other reasons than those that are *uncounted*."""
    new = (report.get("reasons") or {"new": {}})["new"]
    return sum(count for reason, count in new.items() if reason not in uncounted)


def _more_alike(report: Report) -> Iterator[str]:
    """What to say of pairs of near duplicates where there are more of them than in the version before."""
    near, before = report.get("near") or NearPairs(), _near_before(report)
    found = (
        (near.get("leaks", 0), before.get("leaks", 0), "in two splits"),
        (near.get("suspects", 0), before.get("suspects", 0), "with two labels"),
    )
    for count, known, where in found:
        if count > known:
            against = f", {known:,} in the version before" if known else ""
            pairs = counted(count, "pair")
            yield f"{pairs} of images that look alike {'lies' if count == 1 else 'lie'} {where}{against}: see below."


def _near_before(report: Report) -> Mapping[str, int]:
    """The pairs of the version before; none where there is none, or it did not count them."""
    nights: Sequence[Night] = report.get("history") or ()
    return nights[-2].get("near", {}) if report.get("parent") and len(nights) > 1 else {}


def figures(facts: PageFacts) -> Iterator[tuple[str, str, str]]:
    """The counts on top: each with its name, and what it counts."""
    account = facts.report.get("account")
    if account:
        new = _new_of(facts.report, _TWINS) if facts.report.get("parent") else 0
        yield "in the source", f"{account.get('listed', 0):,}", "images that it lists"
        if account.get("carried"):
            yield "no longer listed", f"{account['carried']:,}", "and kept for some nights"
        said = "rows that it would have" if facts.refused else "rows that readers get"
        yield "in the version", f"{account.get('written', 0):,}", said
        yield "left out", f"{account.get('rejected', 0):,}", f"{new:,} of them new" if new else "each with its reason"
        if account.get("deduplicated"):
            yield "copies left out", f"{account['deduplicated']:,}", "another row has the same bytes"
        if "images_decoded" in account:
            yield "decoded", f"{account['images_decoded']:,}", "new or changed; the others were there"
            every = account.get("shards_built", 0) + account.get("shards_kept", 0)
            yield "files written", f"{account.get('shards_built', 0):,}", f"of {every:,} shards"
    for name, count in (facts.report.get("plan") or {}).items():
        yield f"planned: {name}", f"{count:,}", _PLANNED.get(name, "")
    if facts.report.get("seconds"):
        yield "seconds", f"{sum(facts.report['seconds'].values()):,.1f}", "from first to last"


def ways_on(sections: Sections, facts: PageFacts) -> list[tuple[str, str]]:
    """The sections of the page that *sections* fill, by the names of their places, each with what it is called."""
    left_out = sum(count for _, count, _ in sections["reasons"])
    flagged = sum(count for _, count, _ in sections["flagged"])
    near = (facts.report.get("near") or NearPairs()).get("pairs", 0)
    found = (
        (
            "changed",
            "What would have changed" if facts.refused else "What changed",
            not facts.refused or sections["changes"],
        ),
        ("rejects", f"Left out {left_out:,}" if left_out else "Left out: none", True),
        ("near", f"Near duplicates {near:,}", facts.report.get("near")),
        ("flagged", f"Images to look at {flagged:,}", flagged),
        ("gates", "Gates", sections["gates"]),
        ("splits", "Splits", sections["splits"]),
        ("classes", f"Classes {len(facts.report.get('classes', {})):,}", sections["classes"]),
        ("samples", "Samples", sections["samples"]),
        ("images", "The images", sections["measures"]),
        ("run", "The run", True),
    )
    return [(place, name) for place, name, is_there in found if is_there]
