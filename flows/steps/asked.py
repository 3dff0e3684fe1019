"""What is asked of one run, beside its config."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a run.

    Attributes:
        full: Make every image anew.
        limit: Take only so many images; 0 for all.
        accept: Gates that may be crossed this time.
        rehash: Do not believe fingerprints: fetch and hash every image.
    """

    full: bool = False
    limit: int = 0
    accept: tuple[str, ...] = ()
    rehash: bool = False

    def as_parameters(self) -> dict[str, Any]:
        """The flow's parameters for it."""
        return {"full": self.full, "limit": self.limit, "accept": list(self.accept), "rehash": self.rehash}
