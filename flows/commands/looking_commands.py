"""The commands for looking at what is published: the page of a version, and one image of it."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.command_line import (
    AsJson,
    Number,
    Options,
    Root,
    console,
    open_root,
    print_json,
    print_line,
    print_note,
)
from flows.commands.help_pages import LOOK, argument, command, flag, option
from tasks.errors import ConfigError

app = typer.Typer()


@command(app, LOOK, "explain published/pets cat/1.jpg")
def explain(  # noqa: PLR0913, PLR0917 - the options of a command
    root: Root,
    sample: Annotated[str, argument("IMAGE", "Its id, path or URL, or a part of one.")],
    number: Annotated[int | None, option("N", "A version's number; by default the newest.", "--version")] = None,
    source: Annotated[bool, flag("--source", "Say which line of which table gives its label and split, too.")] = False,
    options: Options = None,
    as_json: AsJson = False,
) -> None:
    """Say where an image went, or why it was left out."""
    from flows.display.summary import print_explanations  # noqa: PLC0415
    from tasks.refresh.explain_image import explain_image  # noqa: PLC0415
    from tasks.refresh.explain_source import with_origins  # noqa: PLC0415

    store = open_root(root, options)
    found = explain_image(store, sample, number)
    found = with_origins(store, found, number) if source else found
    if as_json:
        print_json(found)
    else:
        print_explanations(console(), found)


@command(app, LOOK, "report published/pets --open")
def report(  # noqa: PLR0913, PLR0917 - the options of a command
    root: Root,
    number: Number = None,
    to: Annotated[Path | None, option("FILE", "Make the page anew, in this file.")] = None,
    show: Annotated[bool, flag("--open", "Open it in a browser.")] = False,
    options: Options = None,
    as_json: AsJson = False,
) -> None:
    """Print where the page of a version is: what changed, its classes, samples, rejects and gates, with pictures."""
    from tasks.publish.versions import open_version, page_place  # noqa: PLC0415
    from tasks.refresh.report_page import page_of_version  # noqa: PLC0415
    from tasks.storage import as_link  # noqa: PLC0415

    store = open_root(root, options)
    if to is None:
        place = page_place(store, number)
    else:
        place = _written(to, page_of_version(store, open_version(store, number)))
    if as_json:
        print_json({"page": place})
    else:
        print_line(place)
    if show and not webbrowser.open(as_link(place)):
        print_note("no browser was found here; copy the page to where there is one")


def _written(path: Path, data: bytes) -> str:
    """Write *data* to the new file *path*; return its place."""
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise ConfigError(f"--to {path}: there is such a file already. Name another one.") from None
    except OSError as error:
        raise ConfigError(f"--to {path}: {error.strerror}. Name a file in a folder that can be written.") from None
    return str(path.absolute())
