"""The commands for looking at what is published: the page of a version, and one image of it."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.command_line import AsJson, Number, Options, Root, console, open_root
from flows.commands.help_pages import LOOK, argument, command, flag, option
from tasks.console.lines import print_json, print_line, print_note
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
    """Say where an image went, or why it was rejected."""
    from tasks.console.summary import print_explanations  # noqa: PLC0415
    from tasks.one_image.explain_image import explain_image  # noqa: PLC0415

    store = open_root(root, options)
    found = explain_image(store, sample, number)
    if source:
        from tasks.one_image.explain_source import with_origins  # noqa: PLC0415 - it reads the tables again

        found = with_origins(store, found, number)
    if as_json:
        print_json(found)
    else:
        print_explanations(console(), found)


@command(app, LOOK, "show published/pets cat/1.jpg --output cat.png")
def show(  # noqa: PLR0913, PLR0917 - the options of a command
    root: Root,
    sample: Annotated[str, argument("IMAGE", "Its id, path or URL, or a part of one.")],
    number: Annotated[int | None, option("N", "A version's number; by default the newest.", "--version")] = None,
    output: Annotated[Path | None, option("FILE", "Write both pictures to this new PNG.", "--output")] = None,
    options: Options = None,
    as_json: AsJson = False,
) -> None:
    """Show an image beside its source, with its label, split and history."""
    from tasks.one_image.show_image import show_image  # noqa: PLC0415

    portrait = show_image(open_root(root, options), sample, number)
    picture = None if output is None else _written(output, portrait.as_png, "--output")
    if as_json:
        captions = {"published": portrait.published.caption, "source": portrait.source.caption}
        told = {"history": portrait.history, **captions, "others": portrait.others, "picture": picture}
        print_json(portrait.facts | told)
        return
    from tasks.console.portrait import print_portrait  # noqa: PLC0415

    print_portrait(console(), portrait)
    if picture is not None:
        print_line(f"wrote {picture}")
    if portrait.others:
        more = len(portrait.others)
        print_note(f"{more} more {'fits' if more == 1 else 'fit'} {sample!r}, such as {portrait.others[0]}")


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
        place = _written(to, page_of_version(store, open_version(store, number)), "--to")
    if as_json:
        print_json({"page": place})
    else:
        print_line(place)
    if show and not webbrowser.open(as_link(place)):
        print_note("no browser was found here; copy the page to where there is one")


def _written(path: Path, data: bytes, name: str) -> str:
    """Write *data* to the new file *path*, which the option *name* gives; return its place."""
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise ConfigError(f"{name} {path}: there is such a file already. Name another one.") from None
    except OSError as error:
        raise ConfigError(f"{name} {path}: {error.strerror}. Name a file in a folder that can be written.") from None
    return str(path.absolute())
