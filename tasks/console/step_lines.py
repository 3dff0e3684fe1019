"""What each step of a run came to, in one line for its log and its task run."""

from __future__ import annotations

from collections import Counter
from functools import singledispatch

import pyarrow.compute as pc

from tasks.console.version_lines import waiting_text
from tasks.publish.audit import Verified
from tasks.publish.retention import Garbage
from tasks.refresh.listed import Listed
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.planning import PlannedRun
from tasks.refresh.rounds import SettledRows
from tasks.wording import counted, size_text


@singledispatch
def step_line(result: object) -> str:
    """One line on *result*, what a step of a run came to; empty where there is nothing to say."""
    _ = result
    return ""


@step_line.register
def _discovered(result: Listed) -> str:
    found = result.discovery
    labels = Counter(found.samples["label_path"].to_pylist())
    rejected = f", {found.rejections.num_rows:,} rejected" if found.rejections.num_rows else ""
    classes = len([name for name in labels if name])
    kinds = f"{counted(classes, 'class')[:-1]}es" if classes != 1 else "1 class"
    return f"{found.layout}: {counted(found.listed, 'image')}, {kinds}{rejected} ({found.why})"


@step_line.register
def _planned(result: PlannedRun) -> str:
    plan = result.plan
    states = ", ".join(f"{count:,} {state}" for state, count in plan.states.items() if count)
    asked = fetched = 0
    for shard in plan.shards:
        wanted = shard.samples.filter(pc.not_equal(shard.samples["action"], "copy"))
        asked += wanted.num_rows
        fetched += pc.sum(pc.max_element_wise(wanted["size"], 0)).as_py() or 0
    size = f" ({size_text(fetched)})" if fetched else ""
    shards = f"{counted(len(plan.shards), 'shard')} to build, {len(plan.kept):,} to keep"
    return f"{states or 'nothing listed'}; {counted(asked, 'image')}{size} to fetch; {shards}"


@step_line.register
def _settled(result: SettledRows) -> str:
    built, settled = result.built, result.built.settled
    facts = [
        (built.counts["decoded"], "decoded"),
        (built.counts["copied"], "copied"),
        (built.rejections.num_rows, "rejected"),
        (len(settled.moved), "moved"),
        (len(settled.duplicates), "with the same bytes as another"),
        (built.stale.num_rows, "kept, as they could not be fetched"),
    ]
    again = "" if result.is_final else f"; {counted(len(result.plan.shards), 'shard')} to copy anew"
    return (", ".join(f"{count:,} {what}" for count, what in facts if count) or "nothing was built") + again


@step_line.register
def _published(result: RunOutcome) -> str:
    return result.headline


@step_line.register
def _verified(result: Verified) -> str:
    read = f"version {result.version}: {counted(result.files, 'file')}, {size_text(result.bytes)}"
    return f"{read}: {counted(len(result.problems), 'problem')}" if result.problems else f"{read} as they were written"


@step_line.register
def _pruned(result: Garbage) -> str:
    return f"{counted(len(result.files), 'file')} deleted{waiting_text(result.waiting)}"


def is_bad(result: object) -> bool:
    """Whether a step ended as it should not, though it raised nothing: it refused, or found damage."""
    refused = isinstance(result, RunOutcome) and result.outcome == "refused"
    return refused or (isinstance(result, Verified) and bool(result.problems))
