"""How commands are declared: by what one wants to do, each with an example, with the names that help shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

MAKE, LOOK, KEEP, SCHEDULE = "Make a dataset", "Look at it", "Keep its versions", "Run it by itself"

EPILOG = """Exit codes: 0 done; 1 a dataset was refused or failed, and is as it was; 2 the command, a config, a source
or an output is wrong; 129, 130, 143 stopped by a signal.

Begin with: parquetry init PHOTOS OUTPUT --output dataset.yaml"""

Declared = Callable[[Callable[..., Any]], Callable[..., Any]]


def command(app: typer.Typer, panel: str, example: str) -> Declared:
    """Make a function a command of *app*, which help lists under *panel* and shows with an *example*."""
    return app.command(rich_help_panel=panel, epilog=f"Example: parquetry {example}")


def argument(shown: str, text: str) -> Any:
    """An argument that help calls *shown* and explains by *text*."""
    return typer.Argument(metavar=shown, help=text)


def option(shown: str, text: str, *names: str, **more: Any) -> Any:
    """An option whose value help calls *shown*; its *names* where they are not its parameter's."""
    return typer.Option(*names, metavar=shown, help=text, **more)


def flag(name: str, text: str, **more: Any) -> Any:
    """An option without a value."""
    return typer.Option(name, metavar="", help=text, **more)
