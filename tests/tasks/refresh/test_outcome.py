"""What is said of the end of a run: one that was stopped is neither refused nor failed for a person."""

from __future__ import annotations

from typing import Literal

import pytest
from prefect.client.schemas import State

from tasks import build_shard as task
from tasks.errors import FetchError, StoppedError
from tasks.refresh.breakdown import split_notices
from tasks.refresh.outcome import STOPPED, Account, Breakdown, RunOutcome
from tasks.refresh.outcome_text import facts_of, markdown_summary, rejects_line
from tasks.samples import StoreUrl

Outcome = Literal["published", "unchanged", "refused", "failed"]


def ended(outcome: Outcome, reason: str) -> RunOutcome:
    return RunOutcome("pets", outcome, reason, "out")


def test_a_run_that_was_stopped_says_so_and_scripts_read_that_it_was_refused() -> None:
    run = ended("refused", f"{STOPPED}version 3 is still the newest")

    assert run.headline == "stopped pets: version 3 is still the newest"
    assert (run.word, run.is_stopped, run.exit_code) == ("stopped", True, 1)
    assert run.as_json()["outcome"] == "refused"
    assert run.as_json()["reason"] == "stopped: version 3 is still the newest"


@pytest.mark.parametrize("outcome", ["published", "unchanged", "refused", "failed"])
def test_every_other_run_is_called_what_it_came_to(outcome: Outcome) -> None:
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


def test_what_is_said_of_the_version_before_is_not_said_again() -> None:
    notices = ("New classes: kiwi", "a", "b", "c", "d", "Warning: e")
    shown = list(
        facts_of(
            RunOutcome(
                "pets", "published", "", "out", breakdown=Breakdown(notices=notices, drift=("new classes: kiwi",))
            )
        )
    )

    assert [line for line in shown if "kiwi" in line] == ["new classes: kiwi"]
    assert shown[3:7] == ["Warning: e", "a", "b", "… and 2 more notices; --json has them all"]


def test_a_summary_shows_a_command_as_one_and_counts_nothing_that_was_never_built() -> None:
    reason = (
        "max_delete_fraction: 10 of 60 *rows* would go: `parquetry run a_b*.yaml --accept max_delete_fraction`, or `so"
    )

    summary = markdown_summary(ended("refused", reason))

    assert "10 of 60 \\*rows\\* would go: `parquetry run a_b*.yaml --accept max_delete_fraction`, or \\`so\n" in summary
    assert "- ended after 0.0 s, before anything was built\n- open it: out" in summary
    assert "account" not in summary


@pytest.mark.parametrize(
    ("decoded", "start_s", "expected"),
    [
        pytest.param(9, 0.1, "in 2.0 s (", id="no rate of a few images"),
        pytest.param(10, 0.1, "in 2.0 s, 5 images/s (", id="a rate"),
        pytest.param(10, 3.0, "in 2.0 s, 5 images/s, after 3.0 s to start Prefect (", id="a long start"),
    ],
)
def test_the_first_line_says_how_long_it_took(decoded: int, start_s: float, expected: str) -> None:
    run = RunOutcome("pets", "published", "", "out", seconds=2.0, account=Account(images_decoded=decoded))

    assert expected in next(iter(facts_of(run, start_s)))


@pytest.mark.parametrize(
    ("root", "place"),
    [
        pytest.param("/out", "/out/versions/000003/rejects.parquet", id="a folder"),
        pytest.param("s3://acme/out", "the rejects of version 3", id="an object store"),
    ],
)
def test_rejects_say_where_all_of_them_are(root: str, place: str) -> None:
    run = RunOutcome("pets", "published", "", root, version=3, breakdown=Breakdown(reasons={"truncated": 2}))

    assert rejects_line(run, 1) == f"Rejected: 2 × truncated; the first 1 of them. All of them: {place}"
