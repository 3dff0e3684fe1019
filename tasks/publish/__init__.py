"""Versions: how one comes to be, what it is, and how long it stays."""

from __future__ import annotations

from tasks.publish.check import check_output, refuse_guests, refuse_overlap
from tasks.publish.runs import Run, open_run, told_of_others
from tasks.publish.settings import OutputSettings

__all__ = ["OutputSettings", "Run", "check_output", "open_run", "refuse_guests", "refuse_overlap", "told_of_others"]
