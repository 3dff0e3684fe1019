"""The command that takes images out of all versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.command_line import AsJson, Options, Root, open_root
from flows.commands.help_pages import KEEP, argument, command, flag, option
from tasks.config_text.given_pairs import pairs
from tasks.console.lines import print_error, print_json, print_line
from tasks.errors import ConfigError
from tasks.wording import counted

if TYPE_CHECKING:
    from tasks.refresh.purging.purge_choice import PurgeChoice

app = typer.Typer()
_SHOWN = 20


@command(app, KEEP, "purge published/pets cat/1.jpg --yes")
def purge(  # noqa: PLR0913, PLR0917 - the options of a command
    root: Root,
    samples: Annotated[list[str] | None, argument("IMAGE…", "Whole ids, or whole places in the source.")] = None,
    where: Annotated[
        list[str] | None, option("COLUMN=VALUE", "Every image whose row has it, such as patient=17.", "--where")
    ] = None,
    yes: Annotated[bool, flag("--yes", "Take them out; without it, only say what would go.")] = False,
    options: Options = None,
    as_json: AsJson = False,
) -> None:
    """Take images out of every version for good, with all that speaks of them; no later run brings them back.

    Without an image, it goes on with a purge that was stopped.
    """
    from tasks.refresh.purging.purge import purge as take_out  # noqa: PLC0415
    from tasks.refresh.purging.purge_choice import choose_images  # noqa: PLC0415

    store = open_root(root, options)
    choice = choose_images(store, samples or [], pairs(where, "--where"))
    if not choice.purged.ids and (where or not yes):  # `--yes` alone goes on with one that was stopped
        raise ConfigError(_nothing_meant(where or []))
    for problem in take_out(store, choice.purged) if yes else ():
        print_error(problem)
    if as_json:
        found = {"images": choice.images, "same_bytes": choice.same_bytes, "versions": choice.versions}
        print_json({"purged": yes, **found, "shards": choice.shards, "rejects": choice.rejects, "pins": choice.pins})
        return
    for sample_id in choice.images[:_SHOWN]:
        print_line(sample_id)
    if len(choice.images) > _SHOWN:
        print_line(f"… {len(choice.images) - _SHOWN:,} more; --json lists them all")
    print_line(_told(choice, done=yes))


def _nothing_meant(where: list[str]) -> str:
    if not where:
        return "purge: name images, or `--where COLUMN=VALUE`."
    return f"--where {' --where '.join(where)}: no row of any version is like that. Nothing was purged."


def _told(choice: PurgeChoice, *, done: bool) -> str:
    """What goes, or went, in a few sentences."""
    if not choice.images:
        return "Nothing of these images is left."
    twins = f", {choice.same_bytes:,} of them for having the same bytes" if choice.same_bytes else ""
    rows = ", ".join(f"{counted(count, 'row')} of version {number}" for number, count in choice.versions.items())
    places = f"{rows or 'no row of a version'}, {counted(choice.rejects, 'row')} of rejects, listed pairs and state"
    places += f"; {counted(choice.shards, 'shard')} written anew"
    images = counted(len(choice.images), "image")
    if done:
        return f"Taken out: {images}{twins}: {places}. No run brings them back."
    pins = ", ".join(name for names in choice.pins.values() for name in names)
    return (
        f"To be taken out: {images}{twins}: {places}.{f' Pinned: {pins}.' if pins else ''} The "
        "versions keep their numbers and get new files, and the old ones are deleted at once: who is reading these "
        "now must open them again. Copies and backups elsewhere are yours to mend. --yes takes the images out."
    )
