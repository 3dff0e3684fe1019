"""What a log gets of a run where there is no terminal."""

from __future__ import annotations

import time

from tasks.console.progress_bar import _Lines
from tasks.progress import Progress


def test_a_log_has_a_line_for_each_stage_and_one_every_half_minute_with_rate_rejects_and_time_left() -> None:
    lines = _Lines("pets")
    start = time.monotonic()

    assert lines.due(Progress("discover", 0, 0, 0), start + 1) == ""
    assert (
        lines.due(Progress("building", 1000, 0, 0), start + 11)
        == "pets: building 0 of 1,000 images, 0 images/s, 0 rejected"
    )
    assert lines.due(Progress("building", 1000, 100, 1), start + 31) == ""
    line = lines.due(Progress("building", 1000, 300, 2), start + 41)
    assert line == "pets: building 300 of 1,000 images, 10 images/s, 2 rejected, about 70 s left"


def test_rejects_of_earlier_rounds_are_not_forgotten_in_the_next_one() -> None:
    lines = _Lines("pets")
    start = time.monotonic()

    lines.due(Progress("building", 1000, 900, 7), start + 1)
    assert lines.due(Progress("copying", 40, 10, 1), start + 31).startswith(
        "pets: copying 10 of 40 images, 0 images/s, 8"
    )
    assert lines.due(Progress("copying", 40, 20, 2), start + 71).endswith("9 rejected, about 40 s left")
