"""The commands for life after publishing: versions, what they hold, and what becomes of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from flows.commands.command_line import AsJson, Number, Options, Root, console, open_root
from flows.commands.help_pages import KEEP, LOOK, argument, command, flag, option
from tasks.console.lines import print_error, print_json, print_line
from tasks.errors import ConfigError

app = typer.Typer()

Needed = Annotated[int, argument("N", "A version's number.")]
First = Annotated[int, argument("OLD", "A version's number.")]
Second = Annotated[int, argument("NEW", "The number of the version that is compared with it.")]
Keep = Annotated[int | None, option("N", "By default `output.keep_versions` of the newest version.", min=1)]
Grace = Annotated[float | None, option("DAYS", "By default `output.grace_days` of the newest version.", min=0)]


@command(app, LOOK, "versions published/pets")
def versions(root: Root, options: Options = None, as_json: AsJson = False) -> None:
    """List the versions of an output, oldest first."""
    from tasks.console.summary import print_versions  # noqa: PLC0415 - `--help` must not wait for what a command needs
    from tasks.publish.versions import describe_versions  # noqa: PLC0415

    lines = describe_versions(open_root(root, options))
    if as_json:
        print_json([asdict(line) for line in lines])
    else:
        print_versions(console(), lines)


@command(app, LOOK, "path published/pets")
def path(root: Root, number: Number = None, options: Options = None, as_json: AsJson = False) -> None:
    """Print the folder that holds a version's Parquet files; local outputs only."""
    from tasks.publish.versions import version_path  # noqa: PLC0415

    found = version_path(open_root(root, options), number)
    if as_json:
        print_json(found)
    else:
        print_line(found)


@command(app, LOOK, "files s3://acme/pets 3")
def files(root: Root, number: Number = None, options: Options = None, as_json: AsJson = False) -> None:
    """Print the Parquet files of a version, one on each line."""
    from tasks.publish.versions import version_files  # noqa: PLC0415

    found = version_files(open_root(root, options), number)
    if as_json:
        print_json(found)
        return
    for file in found:
        print_line(file)


@command(app, LOOK, "diff published/pets 3 4")
def diff(root: Root, first: First, second: Second, options: Options = None, as_json: AsJson = False) -> None:
    """Compare two versions: images added, removed and changed, labels and splits."""
    from tasks.console.version_lines import print_difference  # noqa: PLC0415 - as above
    from tasks.publish.life import compare_versions  # noqa: PLC0415

    found = compare_versions(open_root(root, options), first, second)
    if as_json:
        print_json(asdict(found))
        return
    print_difference(found)


@command(app, KEEP, "rollback published/pets 3")
def rollback(root: Root, number: Needed, options: Options = None, as_json: AsJson = False) -> None:
    """Make an older version the newest again; runs are refused until `release`."""
    from tasks.publish.life import roll_back  # noqa: PLC0415

    store = open_root(root, options)
    commit = roll_back(store, number)
    _refresh(root, options)
    if as_json:
        print_json(commit.model_dump(exclude={"class_names"}))
    else:
        print_line(f"version {commit.version} is version {number} again; `parquetry release {root}` lets runs go on")


@command(app, KEEP, "release published/pets")
def release(root: Root, options: Options = None, as_json: AsJson = False) -> None:
    """Let runs publish again after a rollback."""
    from tasks.publish.life import release as let_go  # noqa: PLC0415

    commit = let_go(open_root(root, options))
    _refresh(root, options)
    if as_json:
        print_json(commit.model_dump(exclude={"class_names"}))
    else:
        print_line(f"version {commit.version}: runs publish again")


def _refresh(root: str, options: list[str] | None) -> None:
    """Bring card, latest.json and views up to date, and say what could not be."""
    from tasks.publish.derived.repair import refresh_derived  # noqa: PLC0415
    from tasks.publish.versions import output_settings  # noqa: PLC0415

    store = open_root(root, options)
    for warning in refresh_derived(store, output_settings(store)):
        print_error(warning)


@command(app, KEEP, "pin published/pets 3 --as model-7")
def pin(
    root: Root,
    number: Needed,
    name: Annotated[str, option("NAME", "What for, such as the model that was trained on it.", "--as")] = "kept",
    options: Options = None,
    as_json: AsJson = False,
) -> None:
    """Keep a version for good: clean-up will not delete it."""
    from tasks.publish.life import pin as keep  # noqa: PLC0415

    found = keep(open_root(root, options), number, name)
    _refresh(root, options)
    if as_json:
        print_json({"version": number, "pin": found})
    else:
        print_line(
            f"version {number} is kept for good, pinned as {name!r}; `parquetry unpin {root} {number}` lets it go"
        )


@command(app, KEEP, "unpin published/pets 3")
def unpin(root: Root, number: Needed, options: Options = None, as_json: AsJson = False) -> None:
    """Remove the pins of a version, so that old-version clean-up may delete it."""
    from tasks.publish.life import unpin as let_go  # noqa: PLC0415

    names = let_go(open_root(root, options), number)
    _refresh(root, options)
    if as_json:
        print_json({"version": number, "pins": names})
    else:
        print_line(f"version {number} is no longer kept as {', '.join(names)}")


@command(app, KEEP, "prune published/pets --keep-versions 3")
def prune(  # noqa: PLR0913, PLR0917 - the options of a command
    root: Root,
    yes: Annotated[bool, flag("--yes", "Delete them.")] = False,
    keep_versions: Keep = None,
    grace_days: Grace = None,
    options: Options = None,
    as_json: AsJson = False,
) -> None:
    """List files that no kept version needs; delete them with --yes."""
    from tasks.console.version_lines import print_garbage  # noqa: PLC0415
    from tasks.publish.derived.repair import refresh_derived  # noqa: PLC0415
    from tasks.publish.retention import find_garbage  # noqa: PLC0415
    from tasks.publish.retention import prune as delete  # noqa: PLC0415
    from tasks.publish.versions import output_settings  # noqa: PLC0415

    store = open_root(root, options)
    asked = {"keep_versions": keep_versions, "grace_days": grace_days}
    settings = output_settings(store).model_copy(
        update={key: value for key, value in asked.items() if value is not None}
    )
    if yes:
        for warning in refresh_derived(store, settings):  # nobody is led to what goes
            print_error(warning)
    garbage = delete(store, settings) if yes else find_garbage(store, settings)
    if as_json:
        paths = [file.path for file in garbage.files]
        print_json({"deleted": yes, "files": paths, "bytes": garbage.bytes, "waiting": garbage.waiting})
        return
    print_garbage(garbage, deleted=yes)


@command(app, KEEP, "verify published/pets")
def verify(
    root: Root,
    number: Number = None,
    part: Annotated[str, option("N/T", "Read the N-th of T parts, such as 2/7.")] = "1/1",
    options: Options = None,
    as_json: AsJson = False,
) -> None:
    """Read every byte of a version and compare it with its manifest."""
    from tasks.console.version_lines import print_verified  # noqa: PLC0415
    from tasks.publish.audit import verify_version  # noqa: PLC0415

    found = verify_version(open_root(root, options), number, _part(part))
    if as_json:
        print_json(asdict(found))
    else:
        print_verified(found)
    raise typer.Exit(1 if found.problems else 0)


def _part(text: str) -> tuple[int, int]:
    chosen, _, parts = text.partition("/")
    is_number = text.isascii() and chosen.isdigit() and parts.isdigit() and len(text) < 20
    if not is_number or not 1 <= int(chosen) <= int(parts):
        raise ConfigError(f"--part {text[:30]}: write N/T, such as 2/7.")
    return int(chosen), int(parts)
