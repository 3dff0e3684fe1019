"""What was found of an output's versions, in lines: how two differ, what may go, what is damaged."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tasks.console.lines import print_line
from tasks.publish.audit import Verified
from tasks.publish.life import Difference, PixelChange
from tasks.publish.retention import Garbage
from tasks.wording import counted

_FIRST = 20


def print_difference(found: Difference) -> None:
    """Print how two versions differ: how many images by what, and the first of them."""
    _print_images("added", found.added)
    _print_images("removed", found.removed)
    _print_images("changed", found.changed)
    _print_images("relabelled", {sample_id: " → ".join(names) for sample_id, names in found.relabelled.items()})
    _print_images("resplit", found.resplit)
    _print_pixels(found.pixels)
    near = (f"{name} {_number(old)} → {_number(new)}" for name, (old, new) in found.near.items())
    print_line(f"near duplicates: {', '.join(near)}")


def _print_images(name: str, ids: Collection[str]) -> None:
    """Print the number of *ids* and the first of them, each with what is known of it."""
    print_line(f"{name}: {len(ids):,}")
    for sample_id in list(ids)[:_FIRST]:
        print_line(f"  {sample_id}: {ids[sample_id]}" if isinstance(ids, Mapping) else f"  {sample_id}")
    if len(ids) > _FIRST:
        print_line(f"  … {len(ids) - _FIRST:,} more; --json lists them all")


def _print_pixels(pixels: PixelChange) -> None:
    """Print how many rows that are in both versions have other pixels, and what made them so."""
    why = ", ".join(f"{key} {old} → {new}" for key, (old, new) in pixels["settings"].items())
    print_line(f"pixels: {pixels['rows']:,} made anew{f' ({why})' if why else ''}")


def _number(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


def print_garbage(garbage: Garbage, *, deleted: bool) -> None:
    """Print the files that no kept version needs, and what becomes of them."""
    for file in garbage.files:
        print_line(f"{file.path}  {file.bytes:,} bytes")
    verb = "deleted" if deleted else "would be deleted (--yes deletes them)"
    what = f"{counted(len(garbage.files), 'file')}, {garbage.bytes:,} bytes {verb}"
    print_line(f"{what if garbage.files else 'Nothing to delete'}{garbage.waiting_text}.")


def print_verified(found: Verified) -> None:
    """Print what is not as it was written, and how much was read."""
    for file, problem in found.problems:
        print_line(f"{file} {problem}")
    word = counted(len(found.problems), "problem") if found.problems else "all as they were written"
    print_line(f"version {found.version}: {counted(found.files, 'file')}, {found.bytes:,} bytes: {word}")
