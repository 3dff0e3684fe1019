"""Whether what happens to addresses of a host is about the host, or about these addresses: some are always bad."""

from __future__ import annotations

import math

_CHANCE = 1e-9
"""So unlikely the answers in a row must be, were each address as bad as often as those before them."""
_LEAST_SHARE, _MOST_SHARE = 0.074, 0.75
_PRIOR_BAD, _PRIOR_ANSWERS = 1, 3
"""Before anything is known, as if one of three addresses had been bad."""


class Streak:
    """Addresses of one host to which the same bad thing happened, one after another, among all that were answered.

    It tells of the host once so many addresses are in a row that chance does not explain it: eight where it was rare
    before, 19 where nothing is known of the host, 73 where it happened to most addresses.
    """

    def __init__(self) -> None:
        self._answers = self._bad = 0
        self._in_a_row: set[str] = set()

    def note_other(self) -> None:
        """Another address fared well: what was in a row is over, and counts among what is known."""
        self._answers += 1 + len(self._in_a_row)
        self._bad += len(self._in_a_row)
        self._in_a_row.clear()

    def note(self, url: str) -> None:
        """It happened to *url*; the same address again tells nothing new."""
        self._in_a_row.add(url)

    @property
    def is_of_host(self) -> bool:
        """Whether so many are in a row that it is about the host."""
        share = (self._bad + _PRIOR_BAD) / (self._answers + _PRIOR_ANSWERS)
        share = min(max(share, _LEAST_SHARE), _MOST_SHARE)
        return len(self._in_a_row) >= math.log(_CHANCE) / math.log(share)
