"""What the person on duty does about a version that was not published, a sentence for each gate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.report.document import Report

REMEDIES = {
    "max_reject_fraction": (
        "See which reason most rejected images share, in the table of rejects below, and mend these images, the label "
        "file or the setting that it names."
    ),
    "max_delete_fraction": (
        "Look whether the source is whole: a mount, a bucket or a label file that shows only a part of itself looks "
        "like deletion. If it was half empty, mend it and run again."
    ),
    "min_rows": "Look whether the source is whole, and whether images were rejected that should not be.",
    "min_per_class": "Look whether the class that is named lost its images or its name; add images, or lower the gate.",
    "max_new_classes": (
        "See the names of the new classes: a folder that was misplaced or a misspelt label makes one. "
        "`labels.aliases` merges names that mean the same."
    ),
    "max_stale_fraction": (
        "See the hosts that failed below, and whether they answer again; their images are asked for by the next run."
    ),
    "max_relabel_fraction": (
        "Look where these images had their class from, and have it from now: folders that moved below others, or "
        "columns of a label file that changed places, give all of them another one. Mend the source, or the `source` "
        "section of the config; a config that reads its source otherwise than before is not held to this gate."
    ),
    "max_new_doubts": (
        "Look at the file or the folder that is named: `parquetry discover SOURCE` says how it would be read with it. "
        "Take it away, or change the `source` section of the config so that it counts. Once it is accepted, it is a "
        "warning."
    ),
    "max_leaks": (
        "See the pairs below: what lies in two splits makes a test easier than it is. `splits.keep_together: "
        "near_duplicates` puts new ones into one split; then `parquetry plan CONFIG --resplit` says how many rows that "
        "are there would move, and `parquetry run CONFIG --resplit` moves them. Where the source names the splits, "
        "its folders or `splits.files` settle it."
    ),
    "max_suspects": (
        "See the pairs below: of two images that look alike and have two labels, one is often labelled wrong. Mend the "
        "label, or take one of them out."
    ),
    "learn": (
        "Look at what is unlike earlier nights, which the sentence above names, in the pictures below. If it is no "
        "accident, accept it once: it counts among the nights from then on."
    ),
    "target_range": "See the label file for numbers that are out of range, of another unit, or misplaced by a column.",
}
"""By the key of the gate in the `gates` section."""


def steps_of(report: Report, reason: str) -> Iterator[str]:
    """What to do about a run that published nothing, in order.

    Args:
        report: Its report.
        reason: Why it published nothing, in a sentence.
    """
    crossed = [gate["gate"] for gate in report.get("gates", []) if gate["crossed"]]
    named = [gate for gate in REMEDIES if gate in crossed or reason.startswith(f"{gate}:")]
    yield from (REMEDIES[gate] for gate in named)
    if named:
        accept = " ".join(f"--accept {gate}" for gate in named)
        yield f"If it is as it should be, publish it once all the same: `parquetry run CONFIG {accept}`."
        yield "If it is so every night, raise the limit in the `gates` section of the config."
    else:
        yield "Do what the sentence above names; the next run goes on from where this one stopped."


def attention(report: Report, notices: Sequence[str]) -> Iterator[str]:
    """What of a version that was published a person should look at, a sentence each; nothing where all is well."""
    if not report["account"]["written"]:
        yield "Readers get no image: look whether the source is whole, and why all of it was left out."
    for gate in report.get("gates", []):
        if gate["crossed"]:
            yield f"The gate {gate['gate']} was crossed and accepted: {gate['detail']}."
    if vanished := report.get("class_changes", {}).get("vanished"):
        names = ", ".join(vanished[:5]) + (" and others" if len(vanished) > 5 else "")
        yield f"{_counted(len(vanished), 'class has', 'classes have')} no image any more: {names}."
    if stale := report.get("stale", {}).get("rows"):
        oldest = report["stale"]["oldest"]
        yield (
            f"{_counted(stale, 'row is', 'rows are')} kept only because the image could not be fetched, the oldest "
            f"since {oldest}."
        )
    if leaks := sum(report.get("duplicates", {}).get("across_splits", {}).values()):
        yield f"{_counted(leaks, 'image has', 'images have')} the bytes of one in another split, as the source has it."
    yield from (notice.removeprefix("Warning: ") for notice in notices if notice.startswith("Warning: "))


def _counted(count: int, one: str, several: str) -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {several}"
