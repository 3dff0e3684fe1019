"""`parquetry run`: everything that can be checked first, then the flow, on the Prefect server at hand or our own."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from typing import Protocol, TypedDict

from flows.commands.command_line import exit_code_of, told
from flows.commands.prefect_at_hand import prefect_at_hand, starting_prefect
from flows.config import DatasetConfig, load_config, placed_in
from flows.handover import Given, handed_over
from flows.runners import check_runner
from tasks.console.lines import print_error, print_note
from tasks.discover import check_sources
from tasks.errors import DatasetError, OutputError, ServerError
from tasks.interrupts import Interrupt
from tasks.one_heap import share_one_heap
from tasks.publish import check_output, told_of_others
from tasks.quick_imports import leave_pandas_aside
from tasks.redaction import redact_text, redact_url
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.side_by_side import run_each

Ready = tuple[str, DatasetConfig]
"""The place of a config, and what it says."""
_OF_A_RUN = frozenset({"fetch", "gates", "quality", "run", "schedule"})
"""Sections that change how a run goes, and not what a version holds."""


class RunParameters(TypedDict, total=False):
    """Parameters of the flow `refresh-dataset`."""

    full: bool
    limit: int
    accept: list[str]
    rehash: bool
    resplit: bool


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What the command line asks of a run.

    Attributes:
        overrides: Laid over every config.
        full: Rebuild every image from its source.
        limit: Take only so many images; 0 for all.
        accept: Gates that may be crossed this time.
        rehash: Fetch and hash every image, even where its fingerprint is as it was.
        resplit: Draw the splits anew, also for rows that are there.
        parallel: How many of the configs are under way at once.
    """

    overrides: Mapping[str, object] = field(default_factory=dict)
    full: bool = False
    limit: int = 0
    accept: tuple[str, ...] = ()
    rehash: bool = False
    resplit: bool = False
    parallel: int = 1

    @property
    def parameters(self) -> RunParameters:
        """The flow's parameters for it, without the overrides; what is not asked for most nights only where it is."""
        asked: RunParameters = {
            "full": self.full,
            "limit": self.limit,
            "accept": list(self.accept),
            "rehash": self.rehash,
        }
        return {**asked, "resplit": True} if self.resplit else asked


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of one config's run.

    Attributes:
        outcome: What became of it.
        exit_code: What it asks the command to end with.
        defect: The error that nobody foresaw, if it ended with one.
        start_s: How many seconds Prefect took to start before it; of the first run alone.
    """

    outcome: RunOutcome
    exit_code: int
    defect: Exception | None = None
    start_s: float = 0.0


class Shows(Protocol):
    """Shows a person what is under way."""

    def watch(self, name: str) -> AbstractContextManager[None]:
        """Show the progress of the dataset *name* while this lasts."""

    def waiting(self, what: str) -> AbstractContextManager[None]:
        """Say *what* is being waited for while this lasts."""


def check_config(url: str, overrides: Mapping[str, object], *, write: bool = True) -> DatasetConfig:
    """The config at *url*, after everything that can be known without Prefect has been checked.

    Args:
        url: A path or any fsspec URL.
        overrides: Laid over the file.
        write: Whether to try writing to the output, too.

    Raises:
        ConfigError: The YAML is wrong.
        OutputError: The output cannot be written, or holds something else.
        LayoutError: The source is not there, is empty or is not as declared.
    """
    dataset = load_config(url, overrides)
    with placed_in(url, ("run",), overrides):
        check_runner(dataset.run)
    places = [source.place for source in dataset.sources]
    with placed_in(url, ("output", "path"), overrides):
        check_output(dataset.output, dataset.name, places, write=write)
    for number, source in enumerate(dataset.sources):
        with placed_in(url, ("source", number, "path") if len(places) > 1 else ("source", "path"), overrides):
            check_sources([source], dataset.splits.names)
    return dataset


def run_configs(
    configs: Sequence[str],
    request: RunRequest,
    display: Shows,
    report: Callable[[Finished], None],
    interrupt: Interrupt,
) -> int:
    """Run *configs*, tell *report* of each as it ends, and return the exit code; one that fails stops no other.

    Args:
        configs: Places of config files.
        request: What is asked of all of them.
        display: Shows what is under way.
        report: Is given each outcome as soon as it is known.
        interrupt: Tells of signals that came.
    """
    share_one_heap()
    leave_pandas_aside()
    start_s = 0.0
    with ExitStack() as prefect:
        code, ready = _check_all(configs, request, report)
        if ready:
            interrupt.begin([dataset.name for _, dataset in ready], prefect.close)
            start_s = _start_prefect(display, prefect)

        def run(item: Ready) -> Finished:
            return _run_or_fail(item, request, display)

        left = [dataset.name for _, dataset in ready]
        for finished in run_each(ready, run, request.parallel, lambda: bool(interrupt.number)):
            code = max(code, finished.exit_code, _reported(replace(finished, start_s=start_s), report))
            start_s = 0.0
            left = [name for name in left if name != finished.outcome.name]
            if note := passing(finished.outcome, request.overrides):
                print_note(f"{finished.outcome.name}: {note}")
        if interrupt.number and left:
            print_error(f"stopped before {', '.join(left)} began; what is published is as it was")
    return interrupt.exit_code if interrupt.number else code


def _start_prefect(display: Shows, prefect: ExitStack) -> float:
    """Have Prefect at hand until *prefect* is closed; how many seconds that took."""
    began = time.monotonic()
    with display.waiting(starting_prefect()):
        prefect.enter_context(prefect_at_hand())
    return time.monotonic() - began


def passing(outcome: RunOutcome, overrides: Mapping[str, object]) -> str:
    """What to say of a version that was made by *overrides* which its config does not know; empty where nothing."""
    laid = [key for key in overrides if key.partition(".")[0] not in _OF_A_RUN]
    if outcome.outcome != "published" or not laid:
        return ""
    them, hold = ("it", "holds") if len(laid) == 1 else ("them", "hold")
    said = " and ".join(f"--set {key}" for key in laid)
    return f"{said} {hold} for this run alone: write {them} into the config, or the next run undoes {them}"


def _check_all(
    configs: Sequence[str], request: RunRequest, report: Callable[[Finished], None]
) -> tuple[int, list[tuple[str, DatasetConfig]]]:
    """The configs that can be run, and the exit code that the others ask for."""
    code, ready = 0, []
    for url in configs:
        try:
            dataset = check_config(url, request.overrides)
            if note := told_of_others(dataset.store):
                print_note(f"{dataset.name}: {note}")
            ready.append((url, dataset))
        except Exception as error:  # noqa: BLE001 - what one config brings about must not keep others from running
            finished = _failed(url, "", error)
            code = max(code, finished.exit_code, _reported(finished, report))
    return code, ready


def _failed(name: str, root: str, error: Exception) -> Finished:
    """The end that *error* made; of one that nobody foresaw it is kept."""
    outcome = RunOutcome(name=name, outcome="failed", reason=told(error), root=root)
    return Finished(outcome, exit_code_of(error), None if isinstance(error, DatasetError) else error)


def _reported(finished: Finished, report: Callable[[Finished], None]) -> int:
    """Tell *report* of one end; 1 where that failed, which must not keep others from running."""
    try:
        report(finished)
    except Exception as error:  # noqa: BLE001 - as above
        print_error(f"{finished.outcome.name}: {finished.outcome.outcome}, but it cannot be shown: {told(error)}")
        return 1
    return 0


def _run_or_fail(item: Ready, request: RunRequest, display: Shows) -> Finished:
    """The end of one run, whatever it was."""
    try:
        with display.watch(item[1].name):
            return _run(*item, request)
    except Exception as error:  # noqa: BLE001 - a defect that one dataset comes upon must not keep others from running
        return _failed(item[1].name, redact_url(item[1].output.path), error)


def _run(url: str, dataset: DatasetConfig, request: RunRequest) -> Finished:
    from prefect import tags  # noqa: PLC0415 - Prefect is slow to import

    from flows.refresh_dataset import refresh_dataset  # noqa: PLC0415

    given = Given(url, dict(request.overrides), dataset.name)
    with handed_over(given) as shown, tags("parquetry", dataset.name):
        try:
            state = refresh_dataset(shown.config, shown.overrides or None, **request.parameters, return_state=True)
        except Exception as error:
            if not given.ended:
                raise _of_prefect(error) from error
            print_note(f"{dataset.name}: Prefect's server was not told how the run ended: {str(error)[:200]}")
    if not given.ended:
        result = state.result(raise_on_failure=False)
        raise _of_prefect(result) if isinstance(result, Exception) else RuntimeError(f"{state.name}: {state.message}")
    return _finished(given.ended[0], url, dataset)


def _of_prefect(error: Exception) -> Exception:
    """*error*; in words where it is of Prefect's client, which alone speaks by httpx here."""
    import httpx  # noqa: PLC0415 - Prefect has imported it by now

    if not isinstance(error, httpx.HTTPError):
        return error
    said = " ".join(str(error).split()) or type(error).__name__
    return ServerError(
        f"Prefect's server was lost: {redact_text(said)[:200]}. `parquetry versions` shows what is published; look at "
        "the server's log, and run it again."
    )


def _finished(ended: RunOutcome | DatasetError, url: str, dataset: DatasetConfig) -> Finished:
    if isinstance(ended, RunOutcome):
        command = f"`parquetry run {shlex.quote(redact_url(url))}"
        said = ended.reason.replace("`parquetry run CONFIG", command)
        return Finished(replace(ended, reason=said), ended.exit_code)
    outcome = RunOutcome(name=dataset.name, outcome="failed", reason=str(ended), root=redact_url(dataset.output.path))
    return Finished(outcome, 1 if isinstance(ended, OutputError) else exit_code_of(ended))
