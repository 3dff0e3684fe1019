"""Copies of a published version in the formats of other readers, kept up to date in a folder of their own."""

from __future__ import annotations

from tasks.export.export import Asked, Exported, export_version
from tasks.export.index import INDEX, ExportedFile, ExportIndex
from tasks.export.kinds import KINDS

__all__ = ["INDEX", "KINDS", "Asked", "ExportIndex", "Exported", "ExportedFile", "export_version"]
