"""The end of a run: the account, the gates, the commit, and what is derived from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from tasks.errors import BadRecordsError, DatasetError, RefusedError, StoppedError
from tasks.label_kinds import numbers_of_texts
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.publish.commits import commit_version, refuse_superseded, write_rejects
from tasks.publish.derived.repair import refresh_derived
from tasks.publish.manifest import FileEntry
from tasks.publish.memory import remember
from tasks.publish.retention import apply_retention, drop_unnamed
from tasks.publish.runs import now
from tasks.publish.state import State, save_state
from tasks.publish.verify import verify_built
from tasks.redaction import redact_url
from tasks.refresh.accounting import account_of, changes_of
from tasks.refresh.breakdown import breakdown_of, classes_without
from tasks.refresh.dataset import Dataset
from tasks.refresh.drift_report import RunFacts, known_nights, make_report, night_of, store_report
from tasks.refresh.guards import crossed_gates, forbidden_by, new_classes
from tasks.refresh.near_rows import near_notices, near_of, store_near
from tasks.refresh.options import RefreshOptions
from tasks.refresh.other_meaning import new_doubts, relabelled_rows
from tasks.refresh.outcome import STOPPED, Breakdown, RunOutcome
from tasks.refresh.past import moment_of
from tasks.refresh.pixels import pixel_notices
from tasks.refresh.planning import PlannedRun
from tasks.refresh.report_page import facts_of_refusal, facts_of_run, store_page
from tasks.refresh.rounds import BuiltShards
from tasks.refresh.version_draft import is_unchanged, learned_state, library_versions, make_manifest, state_of_refused
from tasks.report.document import Report
from tasks.report.drift import FORMAT, headlines, top_hosts
from tasks.report.drift_lines import drift_lines
from tasks.report.gates import UNCOUNTED, GateFacts, GateResult, check_gates
from tasks.report.rejects import first_rejects, rejects_shown
from tasks.shards.schema import shard_schema


def publish_run(
    dataset: Dataset, run: Run, built: BuiltShards, planned: PlannedRun, options: RefreshOptions
) -> RunOutcome:
    """Publish what was built as the next version, unless nothing changed or a gate forbids it.

    Raises:
        RefusedError: Another run published in the meantime.
        VersionError: What was written cannot be read back.
    """
    tally_of(dataset.name).enter("publishing")
    refuse_superseded(run)
    facts = _gather(dataset, run, planned, built)
    gates = check_gates(dataset.gates, _gate_facts(dataset, run, facts))
    crossed = crossed_gates(gates, options)
    if crossed:
        return _forbidden(dataset, run, facts, gates, crossed)
    if is_unchanged(run, facts):
        learned = learned_state(facts, planned.past.rejects)
        save_state(run, learned, planned.past.state, run.history.version)
        return _outcome(dataset, run, facts, None, _afterwards(dataset, run, built))
    report = make_report(dataset, run, facts, gates, library_versions(facts.planned.spec.pixels))
    page, untold = store_page(run, facts_of_run(run, facts, report))
    version, warnings = _commit(dataset, run, facts, gates, (report, page))
    facts = with_page(run, with_drift(facts, report), page)
    try:
        save_state(run, learned_state(facts, facts.rejections), planned.past.state, version)
    except DatasetError as error:
        warnings.append(
            f"What was learned of images that failed is lost, and costs the next run some fetching: {error}"
        )
    return _outcome(dataset, run, facts, version, [*warnings, *untold, *_afterwards(dataset, run, built)])


def _afterwards(dataset: Dataset, run: Run, built: BuiltShards) -> list[str]:
    """Bring up to date what is derived, and delete what is old; return what could not be done, a sentence each."""
    told = refresh_derived(run.store, dataset.output)
    passing = {*built.made} - {file.name for file in built.rows.files}
    return [*told, *drop_unnamed(run, dataset.output, passing), *apply_retention(run.store, dataset.output)]


def refused_run(dataset: Dataset, run: Run, refusal: RefusedError, planned: PlannedRun | None) -> RunOutcome:
    """The outcome of a run that a rule stopped; what it learned by then is kept, and what is derived is repaired."""
    outcome = RunOutcome(
        name=dataset.name,
        outcome="refused",
        reason=_stopped(run) if isinstance(refusal, StoppedError) else str(refusal),
        root=redact_url(dataset.output.path),
        version=run.history.version or None,
        seconds=run.seconds,
        breakdown=Breakdown(notices=tuple(refresh_derived(run.store, dataset.output))),
        is_source_bad=isinstance(refusal, BadRecordsError),
    )
    if planned is None:
        return outcome
    state = state_of_refused(dataset, run, planned)
    left_out = pa.concat_tables([planned.discovery.rejections, planned.labelled.rejections, state.rejected])
    reasons = dict(Counter(left_out["reason"].to_pylist()).most_common())
    report: Report = {
        "format": FORMAT,
        "time": now(),
        "parent": run.history.version or None,
        "refused": outcome.reason,
        "plan": dict(planned.plan.states),
        "reasons": {"new": reasons, "resolved": {}},
        "first_rejects": first_rejects(left_out),
        "hosts": top_hosts(left_out),
        "seconds": tally_of(dataset.name).stages,
    }
    page, untold = store_page(run, facts_of_refusal(run, planned, report, left_out))
    notices = [*outcome.breakdown.notices, *_kept(run, state, planned, report), *untold]
    shown, place = rejects_shown(left_out), place_of_page(run, page)
    found = Breakdown(reasons=reasons, notices=tuple(notices), left_out=shown, page=place)
    return replace(outcome, breakdown=found)


def _stopped(run: Run) -> str:
    """What is said of a run that a signal stopped while it built."""
    version = run.history.version
    newest = f"version {version} is still the newest" if version else "nothing is published yet"
    return f"{STOPPED}{newest}; the next run uses the shards that are done"


def _forbidden(
    dataset: Dataset, run: Run, facts: RunFacts, gates: Sequence[GateResult], crossed: Sequence[GateResult]
) -> RunOutcome:
    """The outcome of a run whose version is whole and may not be published; its shards wait in the pool."""
    refused = refused_run(dataset, run, forbidden_by(crossed, facts.rejections), None)
    past = facts.planned.past
    state = replace(learned_state(facts, past.rejects), absent=past.state.absent)
    report = make_report(dataset, run, facts, gates, library_versions(facts.planned.spec.pixels))
    page, untold = store_page(run, facts_of_run(run, facts, report, refused.reason))
    kept = _kept(run, state, facts.planned, report)
    facts = with_page(run, with_drift(facts, report), page)
    notices = [*refused.breakdown.notices, *kept, *untold]
    return replace(refused, account=facts.account, breakdown=facts.breakdown.with_notices(notices))


def with_drift(facts: RunFacts, report: Report) -> RunFacts:
    """*facts* with what *report* says in a few lines, where there was a version before."""
    lines = tuple(drift_lines(report)) if report["parent"] else ()
    return replace(facts, breakdown=replace(facts.breakdown, drift=lines))


def with_page(run: Run, facts: RunFacts, page: FileEntry | None) -> RunFacts:
    """*facts* with the place of their page."""
    return replace(facts, breakdown=replace(facts.breakdown, page=place_of_page(run, page)))


def place_of_page(run: Run, page: FileEntry | None) -> str:
    """Where *page* is, for a person; empty where there is none."""
    return redact_url(run.store.place.child(page.path).url) if page else ""


def _kept(run: Run, state: State, planned: PlannedRun, report: Report) -> list[str]:
    """Keep what a run learned that publishes nothing, and its report; return what is to be said of that."""
    try:
        save_state(run, state, planned.past.state, run.history.version)
        place = run.store.place.child(store_report(run, report).path)
        return [f"The report of this run: {redact_url(place.url)}"]
    except DatasetError as error:
        return [f"What this run learned is lost, and costs the next one some fetching: {error}"]


def _outcome(dataset: Dataset, run: Run, facts: RunFacts, version: int | None, warnings: Sequence[str]) -> RunOutcome:
    account = facts.account
    number = version or run.history.version
    changed = headlines(facts.changes)
    what = f"version {number}, {account.written:,} images, {account.rejected:,} rejected"
    return RunOutcome(
        name=dataset.name,
        outcome="published" if version else "unchanged",
        reason=f"{what}; {changed}" if version and run.history.version and changed else what,
        root=redact_url(dataset.output.path),
        version=number,
        seconds=run.seconds,
        account=account,
        breakdown=facts.breakdown.with_notices(warnings) if warnings else facts.breakdown,
    )


def _gather(dataset: Dataset, run: Run, planned: PlannedRun, built: BuiltShards) -> RunFacts:
    found = pa.concat_tables([planned.rejections, built.rejections])
    past = planned.past
    rejections, failed = remember(found, built.stale, past.state.failed, past.left_out, moment_of(dataset, run))
    account = account_of(run, planned, built, rejections)
    near = near_of(dataset, run, planned, built)
    said = [
        *pixel_notices(dataset, run),
        *near_notices(near, dataset),
        *classes_without(built.rows.table, planned, dataset.splits.ratios),
    ]
    breakdown = breakdown_of(planned, built, rejections, near.summary if near else {}, said)
    changes = changes_of(planned, built, rejections)
    return RunFacts(planned, built, rejections, failed, account, breakdown, changes, near)


def _gate_facts(dataset: Dataset, run: Run, facts: RunFacts) -> GateFacts:
    uncounted = sum(facts.breakdown.reasons.get(reason, 0) for reason in UNCOUNTED)
    counts = facts.breakdown.classes
    listed = {name for name in facts.planned.labelled.shown if name}
    present = {name: count for name, count in counts.items() if name and (count or name in listed)}
    return GateFacts(
        listed=facts.account.listed,
        rejected=facts.account.rejected - uncounted,
        stale=facts.built.stale.num_rows,
        written=facts.account.written,
        rows_before=run.history.manifest.rows if run.history.manifest else 0,
        deleted=max(0, facts.changes["deleted"]),
        classes=present,
        new_classes=new_classes(run, list(counts)),
        relabelled=relabelled_rows(dataset, run, facts.planned, facts.built.rows.table, facts.changes),
        doubts=new_doubts(dataset, run, facts.planned),
        targets=numbers_of_texts(facts.built.rows.table["label_name"]) if facts.label_kind == "number" else None,
        leaks=facts.near.rows.counts.leaks if facts.near else None,
        suspects=facts.near.rows.counts.suspects if facts.near else None,
        nights=known_nights(run) if dataset.gates.learn else (),
        tonight=night_of(run, facts) if dataset.gates.learn else None,
    )


def _commit(
    dataset: Dataset,
    run: Run,
    facts: RunFacts,
    gates: Sequence[GateResult],
    told: tuple[Report, FileEntry | None],
) -> tuple[int, list[str]]:
    """Make the version, *told* of in a report and on a page; return its number, and what could not be done then."""
    near = store_near(run, facts.near)
    written = write_rejects(run.store, facts.rejections), store_report(run, told[0]), told[1], near
    manifest = make_manifest(dataset, run, facts, gates, written)
    spec = facts.planned.spec
    schema = shard_schema(spec.class_names, manifest.pixels, spec.kept, spec.label_kind)
    before = {shard.path for shard in run.history.manifest.shards} if run.history.manifest else set()
    adopted = {file.name for file in facts.planned.rows.files}
    for shard in manifest.shards:
        if shard.path not in before | adopted:
            verify_built(run.store, shard, schema)
    commit, warnings = commit_version(run, manifest, facts.planned.labelled.class_names)
    return commit.version, warnings
