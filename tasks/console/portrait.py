"""One image in a terminal: two pictures out of half blocks, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from PIL import Image
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tasks.console.printing import facts, show
from tasks.console.summary import print_explanations
from tasks.one_image.show_image import Picture, Portrait
from tasks.publish.image_history import ImageEvent

_COLUMNS = 38
_GAP = 2


def print_portrait(console: Console, portrait: Portrait) -> None:
    """Print both pictures where the terminal has colours, and what is known of the image."""
    if console.is_terminal and console.color_system and not console.no_color:
        show(console, *_side_by_side(console, portrait), "")
    print_explanations(console, [portrait.facts])
    pictures = [("published", portrait.published.caption), ("source", portrait.source.caption)]
    show(console, facts([*pictures, *((f"version {event['version']}", told(event)) for event in portrait.history)]))


def told(event: ImageEvent) -> str:
    """One event of an image's history, in words."""
    change = f" {event['was']} → {event['is']}" if "was" in event else f": {event['is']}" if "is" in event else ""
    return f"{event['event']}{change} ({event['time']})"


def _side_by_side(console: Console, portrait: Portrait) -> Iterator[Text]:
    """The lines of both pictures, captions first."""
    columns = max(4, min(_COLUMNS, (console.width - _GAP) // 2))
    pictures = [portrait.published, portrait.source]
    titles = [f"{title}: {picture.caption}" for title, picture in zip(("published", "source"), pictures, strict=True)]
    yield Text((" " * _GAP).join(title[:columns].ljust(columns) for title in titles).rstrip(), "bold")
    drawn = [_half_blocks(picture, columns) for picture in pictures]
    for row in range(max(map(len, drawn))):
        line = Text()
        for lines in drawn:
            line.append_text(lines[row] if row < len(lines) else Text(" " * columns))
            line.append(" " * _GAP)
        yield line


def _half_blocks(picture: Picture, columns: int) -> list[Text]:
    """*picture* in lines of *columns* characters, each of which is two pixels: one above, one below."""
    if picture.image is None:
        return []
    image = picture.image.copy()
    image.thumbnail((columns, columns), Image.Resampling.BOX)
    data = image.tobytes()
    colours = [Color.from_rgb(*data[start : start + 3]) for start in range(0, len(data), 3)]
    rows = [colours[start : start + image.width] for start in range(0, len(colours), image.width)]
    lines = []
    for upper, lower in zip_longest(rows[::2], rows[1::2], fillvalue=[None] * image.width):
        line = Text()
        for top, bottom in zip(upper, lower, strict=True):
            line.append("▀", Style(color=top, bgcolor=bottom))
        line.append(" " * (columns - image.width))
        lines.append(line)
    return lines
