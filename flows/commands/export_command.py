"""The command that copies a version into a folder in the format of other readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from flows.commands.command_line import AsJson, Options, Root, open_root
from flows.commands.help_pages import KEEP, argument, command, option
from tasks.console.lines import print_json, print_line
from tasks.errors import ConfigError
from tasks.wording import counted, size_text

if TYPE_CHECKING:
    from tasks.export import Exported
    from tasks.export.index import Kind

app = typer.Typer()
_FORMATS = ("wds", "mds", "lance")


@command(app, KEEP, "export published/pets mds streams/pets --split train")
def export(  # noqa: PLR0913, PLR0917 - the options of a command
    root: Root,
    kind: Annotated[str, argument("FORMAT", "wds, mds or lance: for WebDataset, MosaicML's streaming, or Lance.")],
    folder: Annotated[str, argument("DEST", "A folder of its own, or its URL: empty, or of an earlier export.")],
    split: Annotated[list[str] | None, option("NAME", "Only this split; by default all.", "--split")] = None,
    number: Annotated[int | None, option("N", "A version's number; by default the newest.", "--version")] = None,
    options: Options = None,
    folder_options: Annotated[
        list[str] | None, option("KEY=VALUE", "An fsspec option for the store of DEST.", "--dest-option")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy a version into a folder in another format; later exports write only what changed, and remove what is old."""
    if kind not in _FORMATS:
        raise ConfigError(f"export {kind}: no such format; there are {', '.join(_FORMATS)}.")
    from tasks.export import Asked, export_version  # noqa: PLC0415 - `--help` must not wait for what a command needs

    store, target = open_root(root, options), open_root(folder, folder_options)
    done = export_version(store, target, Asked(number, tuple(split or ()), cast("Kind", kind)))
    if as_json:
        told = done.index.model_dump(include={"dataset", "version", "splits"})
        files = [target.place.child(entry.path).url for entry in done.index.files]
        counts = {"kept": len(files) - len(done.written), "rows": done.rows, "bytes": done.bytes}
        print_json({**told, "files": files, "written": done.written, "removed": done.removed, **counts})
        return
    print_line(_told(done))


def _told(done: Exported) -> str:
    """What was done, in a sentence."""
    from tasks.export import KINDS  # noqa: PLC0415

    files = len(done.index.files)
    return (
        f"version {done.index.version} of {done.index.dataset}: {counted(files, KINDS[done.index.kind].noun)} with "
        f"{counted(done.rows, 'image')}, {size_text(done.bytes)}: {len(done.written):,} written, "
        f"{files - len(done.written):,} kept, {len(done.removed):,} removed"
    )
