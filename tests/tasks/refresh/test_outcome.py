"""What is said of the end of a run: one that was stopped is neither refused nor failed for a person."""

from __future__ import annotations

import pytest
from prefect.client.schemas import State

from tasks import build_shard as task
from tasks.errors import FetchError, StoppedError
from tasks.refresh.breakdown import split_notices
from tasks.refresh.outcome import STOPPED, RunOutcome
from tasks.samples import StoreUrl


def ended(outcome: str, reason: str) -> RunOutcome:
    return RunOutcome.from_dict(RunOutcome("pets", "refused", reason, "out").as_dict() | {"outcome": outcome})


def test_a_run_that_was_stopped_says_so_and_scripts_read_that_it_was_refused() -> None:
    run = ended("refused", f"{STOPPED}version 3 is still the newest")

    assert run.headline == "stopped pets: version 3 is still the newest"
    assert (run.word, run.is_stopped, run.exit_code) == ("stopped", True, 1)
    assert run.as_json()["outcome"] == "refused"
    assert run.as_json()["reason"] == "stopped: version 3 is still the newest"


@pytest.mark.parametrize("outcome", ["published", "unchanged", "refused", "failed"])
def test_every_other_run_is_called_what_it_came_to(outcome: str) -> None:
    run = ended(outcome, "version 1" if outcome != "published" else f"{STOPPED}a word that it may begin with")

    assert run.word == outcome
    assert run.headline.startswith(f"{outcome} pets: ")
    assert not run.is_stopped


def test_a_shard_that_was_stopped_is_cancelled_and_one_that_failed_is_red(monkeypatch: pytest.MonkeyPatch) -> None:
    def state_after(error: Exception) -> State[str]:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(task, "_build", fail)
        return task.build_shard.fn(StoreUrl("/nowhere"), 0, 0, "build train 1/1")

    assert state_after(StoppedError("stopped")).is_cancelled()
    assert state_after(FetchError("the host is down")).is_failed()


def test_splits_that_readers_do_not_look_for_are_told_of() -> None:
    assert list(split_notices(["train", "validation", "test", "holdout", "unseen"])) == []
    assert [said.rpartition(": ")[2] for said in split_notices(["val", "trian"])] == [
        "'train' may be meant",
        "'validation' may be meant",
    ]
