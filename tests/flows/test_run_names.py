"""What Prefect's pages show of a run: its name, and no line twice."""

from __future__ import annotations

import logging
from types import TracebackType

import pytest

from flows.display.announcing import silence_known_failures
from flows.handover import Given, handed_over
from flows.run_names import dataset_name
from tasks.errors import RefusedError

Raised = tuple[type[BaseException], BaseException, TracebackType | None]


def raised(error: Exception) -> Raised:
    return type(error), error, None


def test_a_run_of_the_command_is_called_like_its_dataset_whatever_its_config_is_called() -> None:
    with handed_over(Given("configs/nightly.yaml", {}, "pets")):
        assert dataset_name() == "pets"


@pytest.mark.parametrize("logger", ["prefect.flow_runs", "prefect.task_runs"])
@pytest.mark.parametrize(
    ("error", "is_shown"),
    [
        pytest.param(None, True, id="a line"),
        pytest.param((None, None, None), False, id="a step that ended as failed, which its state says"),
        pytest.param(raised(RefusedError("max_leaks")), False, id="a refusal, which was said"),
        pytest.param(raised(KeyError("x")), True, id="a defect"),
    ],
)
def test_what_was_said_in_a_line_is_not_logged_again(
    logger: str, error: Raised | tuple[None, None, None] | None, is_shown: bool
) -> None:
    silence_known_failures()
    record = logging.LogRecord(logger, logging.ERROR, "", 0, "Task run failed", (), error)

    assert bool(logging.getLogger(logger).filter(record)) is is_shown
