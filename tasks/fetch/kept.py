"""Bodies that were fetched for a look at them, and are wanted again in the same run: some addresses work once."""

from __future__ import annotations

import threading
from typing import NamedTuple

from tasks.fetch.answers import Body

_MOST_BYTES = 32 << 20


class Purpose(NamedTuple):
    """What images are fetched for.

    Attributes:
        run: A name that no other run has; empty for none that fetches anything twice.
        is_look: They are looked at, and the run will ask for them again.
    """

    run: str = ""
    is_look: bool = False


ONCE = Purpose()
"""Nothing is kept, and nothing is taken."""


class KeptBodies:
    """The bodies of one run, at most 32 MiB, until each is taken; those of the run before go with the next one's."""

    def __init__(self) -> None:
        self._run = ""
        self._bodies: dict[str, tuple[Body, int]] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def keep(self, purpose: Purpose, url: str, body: Body, attempts: int) -> None:
        """Keep what came of *url* after so many *attempts*, where it will be asked for again and there is room."""
        if not purpose.is_look:
            return
        with self._lock:
            if purpose.run != self._run:
                self._run, self._bytes = purpose.run, 0
                self._bodies.clear()
            if self._bytes + len(body.data) <= _MOST_BYTES and url not in self._bodies:
                self._bodies[url] = body, attempts
                self._bytes += len(body.data)

    def take(self, purpose: Purpose, url: str) -> tuple[Body, int] | None:
        """What the run kept of *url*, and after how many attempts it came; None where there is nothing."""
        with self._lock:
            if purpose.is_look or not purpose.run or purpose.run != self._run:
                return None
            found = self._bodies.pop(url, None)
            if found is not None:
                self._bytes -= len(found[0].data)
            return found
