"""Whether a host asks everybody to wait for long, or some addresses only: a few may be in a queue of their own."""

from __future__ import annotations

import math

_CHANCE = 1e-9
"""So unlikely the answers in a row must be, were each address told to wait as often as those before them."""
_LEAST_SHARE, _MOST_SHARE = 0.074, 0.75
_PRIOR_LONG, _PRIOR_ANSWERS = 1, 3
"""Before anything is known, as if one of three addresses had been told to wait."""


class LongWaits:
    """Addresses of one host that were told to wait for longer than an image may take, among its other answers.

    All of the host is meant once so many addresses in a row are told so that chance does not explain it: eight where
    that was rare before, 19 where nothing is known of the host, 73 where most of its addresses were told so.
    """

    def __init__(self) -> None:
        self._answers = self._long = 0
        self._in_a_row: set[str] = set()

    def note_other(self) -> None:
        """Another address got another answer: an image, or that there is none."""
        self._answers += 1 + len(self._in_a_row)
        self._long += len(self._in_a_row)
        self._in_a_row.clear()

    def note(self, url: str) -> bool:
        """*url* was told to wait; whether all of the host was."""
        self._in_a_row.add(url)
        share = (self._long + _PRIOR_LONG) / (self._answers + _PRIOR_ANSWERS)
        share = min(max(share, _LEAST_SHARE), _MOST_SHARE)
        return len(self._in_a_row) >= math.log(_CHANCE) / math.log(share)
