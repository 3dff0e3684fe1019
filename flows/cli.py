"""The `parquetry` command: reads the command line, calls what does the work, prints, and sets the exit code."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.interrupts import stopped_by_signals
from tasks.errors import ConfigError, DatasetError

if TYPE_CHECKING:
    from rich.console import Console

    from flows.local_run import Finished
    from tasks.storage import Store

app = typer.Typer(
    name="parquetry",
    help="Labelled images, however they lie, into Parquet shards that a training job reads at once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Configs = Annotated[list[str], typer.Argument(help="YAML files, one a dataset; paths or any fsspec URL.")]
Config = Annotated[str, typer.Argument(help="A YAML file; a path or any fsspec URL.")]
Root = Annotated[str, typer.Argument(help="An output: the folder or URL that `output.path` names.")]
Number = Annotated[int | None, typer.Argument(help="A version's number; the newest where left out.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Lay a value over the config.")]
VersionNumber = Annotated[int | None, typer.Option("--version", help="A version's number; else the newest.")]
SourcePlace = Annotated[str, typer.Argument(help="A folder or a label file: a path or any fsspec URL.")]
Layout = Annotated[str, typer.Option(help="auto, class_folders, split_folders, hierarchy, csv or json.")]
Options = Annotated[
    list[str] | None,
    typer.Option("--storage-option", metavar="KEY=VALUE", help="An option of fsspec's for the output's store."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


@app.command()
def run(  # noqa: PLR0913, PLR0917 - the options of a command
    configs: Configs,
    sets: Sets = None,
    full: Annotated[bool, typer.Option("--full", help="Make every image anew.")] = False,
    rehash: Annotated[bool, typer.Option("--rehash", help="Fetch and hash every image: fingerprints may lie.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Take only N images, every class among them; 0 for all.")] = 0,
    accept: Annotated[list[str] | None, typer.Option(metavar="GATE", help="A gate that may be crossed now.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring datasets up to date with their sources; ends with published, unchanged or refused."""
    with stopped_by_signals() as interrupt:
        from flows.asked import Asked  # noqa: PLC0415
        from flows.local_run import RunRequest, run_configs  # noqa: PLC0415 - `--help` must not wait for what a run needs
        from flows.progress_bar import watching  # noqa: PLC0415
        from flows.summary import print_outcome  # noqa: PLC0415

        def report(finished: Finished) -> None:
            if as_json:
                _print_json(finished.outcome.as_json())
            elif finished.outcome.outcome == "failed":
                _print_error(finished.outcome.reason)
            else:
                print_outcome(_console(), finished.outcome)

        watch = watching(_console(stderr=True))
        asked = Asked(full, limit, _gates(accept), rehash)
        code = run_configs(configs, RunRequest(_overrides(sets), asked), watch, report, interrupt)
    raise typer.Exit(code)


@app.command()
def plan(config: Config, sets: Sets = None, as_json: AsJson = False) -> None:
    """Show what a run would do: layout and why, classes, splits, shards, sizes; writes nothing."""
    from flows.dry_run import describe_plan, print_plan  # noqa: PLC0415

    described = describe_plan(config, _overrides(sets))
    if as_json:
        _print_json(described)
    else:
        print_plan(_console(), described)


@app.command()
def discover(source: SourcePlace, layout: Layout = "auto", options: Options = None, as_json: AsJson = False) -> None:
    """Say what a source is: its layout and why, classes, splits, what is passed over, the first rows."""
    from flows.discovering import describe, print_discovery  # noqa: PLC0415
    from flows.discovering import discover as look  # noqa: PLC0415

    found = look(source, _options(options), layout)
    if as_json:
        _print_json(describe(found))
    else:
        print_discovery(_console(), found)


@app.command()
def init(
    source: SourcePlace,
    output: Annotated[str, typer.Argument(help="Where the dataset will be published.")],
    layout: Layout = "auto",
    options: Options = None,
) -> None:
    """Print a commented config for what a source is; it runs as it is."""
    from flows.discovering import discover as look  # noqa: PLC0415
    from flows.discovering import starting_config  # noqa: PLC0415

    sys.stdout.write(starting_config(source, output, look(source, _options(options), layout)))


@app.command()
def check(configs: Configs, sets: Sets = None, as_json: AsJson = False) -> None:
    """Validate configs without touching their sources."""
    from flows.config import load_config  # noqa: PLC0415

    wrong = 0
    for url in configs:
        try:
            name, problem = load_config(url, _overrides(sets)).name, ""
        except DatasetError as error:
            name, problem, wrong = url, str(error), wrong + 1
        if as_json:
            _print_json({"config": url, "name": None if problem else name, "ok": not problem, "problem": problem})
        elif problem:
            _print_error(problem)
        else:
            _console().print(f"{url}: the config of {name} is in order", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2 if wrong else 0)


@app.command()
def versions(root: Root, options: Options = None, as_json: AsJson = False) -> None:
    """List the versions of an output, oldest first."""
    from dataclasses import asdict  # noqa: PLC0415

    from flows.summary import print_versions  # noqa: PLC0415
    from tasks.publish.versions import describe_versions  # noqa: PLC0415

    lines = describe_versions(_store(root, options))
    if as_json:
        _print_json([asdict(line) for line in lines])
    else:
        print_versions(_console(), lines)


@app.command()
def path(root: Root, number: Number = None, options: Options = None, as_json: AsJson = False) -> None:
    """Print the folder that holds a version's Parquet and nothing else; local outputs only."""
    from tasks.publish.versions import version_path  # noqa: PLC0415

    found = version_path(_store(root, options), number)
    if as_json:
        _print_json(found)
    else:
        _print_line(found)


@app.command()
def files(root: Root, number: Number = None, options: Options = None, as_json: AsJson = False) -> None:
    """Print the Parquet files of a version, one a line."""
    from tasks.publish.versions import version_files  # noqa: PLC0415

    found = version_files(_store(root, options), number)
    if as_json:
        _print_json(found)
        return
    for file in found:
        _print_line(file)


@app.command()
def explain(
    root: Root,
    sample: Annotated[str, typer.Argument(help="An image's id, its location, or a part of either.")],
    number: VersionNumber = None,
    options: Options = None,
    as_json: AsJson = False,
) -> None:
    """Say where one image went, or why it did not."""
    from flows.summary import print_explanations  # noqa: PLC0415
    from tasks.publish.explain import explain_sample  # noqa: PLC0415

    found = explain_sample(_store(root, options), sample, number)
    if as_json:
        _print_json(found)
    else:
        print_explanations(_console(), found)


@app.command()
def demo(folder: Annotated[Path, typer.Argument(help="Where to draw; made if absent.")] = Path("demo")) -> None:
    """Draw a small labelled image set in every layout, with a config for each."""
    from flows.demo import draw_demo  # noqa: PLC0415

    for config in draw_demo(folder):
        _console().print(f"parquetry run {config}", markup=False, highlight=False, soft_wrap=True)


def _gates(names: list[str] | None) -> tuple[str, ...]:
    """Names of gates, checked."""
    from tasks.report.gates import Gates  # noqa: PLC0415

    for name in names or ():
        if name not in Gates.model_fields:
            raise ConfigError(f"--accept {name}: no such gate; there are {', '.join(Gates.model_fields)}.")
    return tuple(names or ())


def _overrides(sets: list[str] | None) -> dict[str, Any]:
    pairs = {}
    for item in sets or []:
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"--set {item}: write KEY=VALUE, such as --set resize.size='[64, 64]'.")
        pairs[key.strip()] = value
    return pairs


def _store(root: str, options: list[str] | None) -> Store:
    """The output at *root*, as the command line names it."""
    from tasks.samples import StoreUrl  # noqa: PLC0415
    from tasks.storage import is_url, open_store  # noqa: PLC0415

    place = root.rstrip("/") if is_url(root) else str(Path(root).expanduser().absolute())
    return open_store(StoreUrl(place, _options(options)))


def _options(options: list[str] | None) -> dict[str, Any]:
    """Fsspec's options, as the command line gives them: dotted keys, values as YAML."""
    from flows.yaml_text import parse_yaml  # noqa: PLC0415
    from tasks.step_config import resolve_plain  # noqa: PLC0415

    values: dict[str, Any] = {}
    for key, value in _overrides(options).items():
        section = values
        *parents, last = key.split(".")
        for parent in parents:
            section = section.setdefault(parent, {})
        section[last] = resolve_plain(parse_yaml(value, f"--storage-option {key}").data)
    return values


def _print_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=stderr)


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _print_error(message: str) -> None:
    plain = "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in message)
    sys.stderr.write(f"error: {plain}\n")


def main() -> None:
    """Run the command; a user's mistake ends in a message and an exit code, never in a traceback."""
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app()
    except DatasetError as error:
        if debug:
            raise
        from flows.local_run import exit_code  # noqa: PLC0415

        _print_error(str(error))
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        _print_error("interrupted; the published version is as it was")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        _print_error(f"{type(error).__name__}: {error}. This is a defect of parquetry; --debug shows where.")
        sys.exit(1)


if __name__ == "__main__":
    main()
