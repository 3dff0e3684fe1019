"""One run, from what is asked to what is published. It knows no engine: whoever calls says how its steps are done."""

from __future__ import annotations

from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.outcome import RunOutcome, RunRefusedError
from tasks.refresh.refresh import Steps, preview, refresh

__all__ = ["Dataset", "RefreshOptions", "RunOutcome", "RunRefusedError", "Steps", "preview", "refresh"]
