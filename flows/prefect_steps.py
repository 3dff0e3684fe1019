"""The steps of a run as Prefect tasks, each connected to the one before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas import State
from prefect.states import Cancelled, Completed, Failed

from flows.cluster.shard_tasks import ShardTasks
from flows.runners import RunSettings
from tasks.errors import DatasetError, StoppedError
from tasks.publish import Run
from tasks.publish.audit import Verified
from tasks.redaction import redact_text
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.refresh import Build, Result, StepResult
from tasks.wording import one_line


class PrefectSteps:
    """Each step is a task run with its name, state and duration; shards are task runs of their own.

    Nothing but the order of the steps crosses between them: tables and plans stay in this process, where the steps run
    one after another in the flow's own thread.
    """

    def __init__(self, settings: RunSettings) -> None:
        self._settings = settings
        self._after: list[State[Any]] = []

    def step(self, name: str, work: Callable[[], Result]) -> Result:
        """What *work* comes to; a task run called *name* shows it."""
        results: list[Result] = []
        problems: list[DatasetError] = []

        @task(name=name, task_run_name=name, cache_policy=NO_CACHE, persist_result=False, retries=0)
        def carry_out() -> State[Any]:
            try:
                results.append(work())
            except DatasetError as error:
                problems.append(error)
                ended = Cancelled if isinstance(error, StoppedError) else Failed
                return ended(message=one_line(redact_text(str(error))), data=error)
            return _state_of(results[0])

        state = carry_out(wait_for=self._after, return_state=True)
        if problems:
            raise problems[0]
        if not results:
            state.result()
        self._after = [state]
        return results[0]

    @contextmanager
    def building(self, run: Run) -> Iterator[Build]:
        """Shard tasks on whatever the `run` section asks for, between the steps before and after them."""
        with ExitStack() as stack:
            shards = ShardTasks(self._settings, run, stack)

            def build(*planned: Any) -> Any:
                shards.after = self._after
                outcomes = shards.build(*planned)
                self._after = shards.after
                return outcomes

            yield build


def _state_of(result: StepResult) -> State[Any]:
    """How a step ended that came to *result*, said in one line; refusals and damage are red where they were found."""
    line = one_line(redact_text(result.headline))
    if isinstance(result, RunOutcome) and result.is_stopped:
        return Cancelled(message=line, data=StoppedError(line))
    is_refused = isinstance(result, RunOutcome) and result.outcome == "refused"
    if is_refused or (isinstance(result, Verified) and result.problems):
        return Failed(message=line, data=DatasetError(line))
    return Completed(message=line, data=line)
