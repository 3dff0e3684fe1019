"""How the image stage says that an image is left out."""

from __future__ import annotations

from tasks.reasons import Reason


class RejectedImageError(Exception):
    """Bytes that are no image that is admitted: the first argument is the reason, the second the detail."""

    @property
    def reason(self) -> Reason:
        """One of the image stage's reasons."""
        return Reason(self.args[0])

    @property
    def detail(self) -> str:
        """What exactly was wrong."""
        return str(self.args[1])[:200]
