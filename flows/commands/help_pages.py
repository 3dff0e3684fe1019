"""How commands are declared: by what one wants to do, each with an example, with the names that help shows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from tasks.console.failure import failure_of
from tasks.console.lines import print_json

MAKE, LOOK, KEEP, SCHEDULE = "Make a dataset", "Look at it", "Keep its versions", "Run it by itself"

EPILOG = (
    "Exit codes: 0 done; 1 a dataset was refused or failed, and is as it was; "
    "2 the command, a config, a source or an output is wrong; 129, 130, 143 stopped by a signal.\n\n"
    "Begin with: parquetry init PHOTOS OUTPUT --output dataset.yaml"
)

Declared = Callable[[Callable[..., Any]], Callable[..., Any]]
_WrongUsage: Any = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")
"""What is raised of a command line that cannot be read; Typer has no name for it."""


def wants_json() -> bool:
    """Whether the command was asked for JSON."""
    return "--json" in sys.argv[1:]


class PlainCommand(TyperCommand):
    """A command whose usage line has the names of its arguments alone, as manuals write them."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words of the usage line; Typer puts braces around those that must be there."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]

    def get_params(self, ctx: Any) -> list[Any]:
        """What it takes; help shows no types of Python beside it."""
        return _without_types(super().get_params(ctx))


class PlainGroup(TyperGroup):
    """The whole command; where JSON was asked for, a command line that cannot be read is answered by JSON, too."""

    def get_params(self, ctx: Any) -> list[Any]:
        """What it takes; as above."""
        return _without_types(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        """Run a command of it."""
        try:
            return super().invoke(ctx)
        except _WrongUsage as error:
            if wants_json():
                print_json(failure_of(str(error.format_message()), error.exit_code))
            raise


def _without_types(params: list[Any]) -> list[Any]:
    for param in params:
        if param.param_type_name == "argument":
            for name in ("display_type", "display_type_rich"):
                setattr(param, name, _no_type)
        elif param.is_flag:
            param.metavar = ""
    return params


def _no_type(ctx: Any) -> str:  # noqa: ARG001 - Typer gives it
    return ""


def command(app: typer.Typer, panel: str, example: str) -> Declared:
    """Make a function a command of *app*, which help lists under *panel* and shows with an *example*."""
    return app.command(cls=PlainCommand, rich_help_panel=panel, epilog=f"Example: parquetry {example}")


def argument(shown: str, text: str) -> Any:
    """An argument that help calls *shown* and explains by *text*."""
    return typer.Argument(metavar=shown, help=text)


def option(shown: str, text: str, *names: str, **more: Any) -> Any:
    """An option whose value help calls *shown*; its *names* where they are not its parameter's."""
    return typer.Option(*names, metavar=shown, help=text, **more)


def flag(name: str, text: str, **more: Any) -> Any:
    """An option without a value."""
    return typer.Option(name, metavar="", help=text, **more)
