"""Copies of a published version in the formats of other readers, kept up to date in a folder of their own."""

from __future__ import annotations

from tasks.export.export import Asked, Exported, export_version
from tasks.export.index import INDEX, ExportIndex, TarEntry

__all__ = ["INDEX", "Asked", "ExportIndex", "Exported", "TarEntry", "export_version"]
