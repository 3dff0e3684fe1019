"""Printing for people: lines break between words on a terminal, and not at all in a pipe."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tasks.wording import plain

_ENDLESS = 1_000_000


def show(console: Console, *parts: RenderableType) -> None:
    """Print *parts*; where no terminal sets a width, no line is broken or cut, and none ends in blanks."""
    if console.is_terminal:
        for part in parts:
            console.print(part, highlight=False)
        return
    page = io.StringIO()
    endless = Console(file=page, width=_ENDLESS, color_system=None)
    for part in parts:
        endless.print(part, highlight=False)
    console.file.write("".join(f"{line.rstrip()}\n" for line in page.getvalue().splitlines()))


def printable(text: str, style: str = "") -> Text:
    """*text* without control characters, so that a name from the data cannot move a cursor or forge a line."""
    return Text(plain(text).replace("\n", "\\n"), style, overflow="fold")


def indented(text: str) -> Padding:
    """*text* as `printable`, two columns in."""
    return Padding(printable(text), (0, 0, 0, 2), expand=False)


def facts(rows: Iterable[tuple[str, str]]) -> Table:
    """What is known of one thing: a title and a text a row."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for title, text in rows:
        table.add_row(title, printable(text))
    return table
