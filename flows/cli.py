"""The `parquetry` command: reads the command line, calls what does the work, prints, and sets the exit code."""

from __future__ import annotations

import os
import sys
import traceback
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import duty_commands, version_commands
from flows.commands.command_line import (
    AsJson,
    Options,
    console,
    exit_code_of,
    pairs,
    print_error,
    print_json,
    print_note,
    store_options,
    told,
)
from flows.interrupts import stopped_by_signals
from flows.standard_streams import Streams, use_utf8
from tasks.errors import ConfigError, DatasetError

if TYPE_CHECKING:
    from flows.commands.local_run import Finished

app = typer.Typer(
    name="parquetry",
    help="Labelled images, however they lie, into Parquet shards that a training job reads at once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(duty_commands.app)
app.add_typer(version_commands.app)

Configs = Annotated[list[str], typer.Argument(help="YAML files, one a dataset; paths or any fsspec URL.")]
Config = Annotated[str, typer.Argument(help="A YAML file; a path or any fsspec URL.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Lay a value over the config.")]
SourcePlace = Annotated[str, typer.Argument(help="A folder or a label file: a path or any fsspec URL.")]
Layout = Annotated[str, typer.Option(help="auto, class_folders, split_folders, hierarchy, csv or json.")]


@app.command()
def run(  # noqa: PLR0913, PLR0917 - the options of a command
    context: typer.Context,
    configs: Configs,
    sets: Sets = None,
    full: Annotated[bool, typer.Option("--full", help="Make every image anew.")] = False,
    rehash: Annotated[bool, typer.Option("--rehash", help="Fetch and hash every image: fingerprints may lie.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Take only N images, every class among them; 0 for all.")] = 0,
    accept: Annotated[list[str] | None, typer.Option(metavar="GATE", help="A gate that may be crossed now.")] = None,
    parallel: Annotated[int, typer.Option(min=1, max=64, metavar="N", help="Run up to N datasets at once.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Bring datasets up to date with their sources; ends with published, unchanged or refused."""
    with stopped_by_signals() as interrupt:
        from flows.commands.local_run import RunRequest, run_configs  # noqa: PLC0415 - `--help` must not wait for what a run needs
        from flows.display.progress_bar import Display  # noqa: PLC0415
        from flows.display.summary import print_outcome  # noqa: PLC0415

        def report(finished: Finished) -> None:
            with display.paused():
                if finished.defect is not None and context.obj:
                    traceback.print_exception(finished.defect)
                if as_json:
                    print_json(finished.outcome.as_json())
                elif finished.outcome.outcome == "failed":
                    print_error(finished.outcome.reason)
                else:
                    print_outcome(console(), finished.outcome)

        display = Display(console(stderr=True))
        request = RunRequest(pairs(sets), full, limit, _gates(accept), rehash, parallel)
        code = run_configs(configs, request, display, report, interrupt)
    raise typer.Exit(code)


@app.command()
def plan(config: Config, sets: Sets = None, as_json: AsJson = False) -> None:
    """Show what a run would do: layout and why, classes, splits, shards, sizes; writes nothing."""
    from flows.commands.dry_run import describe_plan, print_plan  # noqa: PLC0415

    described = describe_plan(config, pairs(sets))
    if as_json:
        print_json(described)
    else:
        print_plan(console(), described)


@app.command()
def discover(source: SourcePlace, layout: Layout = "auto", options: Options = None, as_json: AsJson = False) -> None:
    """Say what a source is: its layout and why, classes, splits, what is passed over, the first rows."""
    from flows.commands.discovering import describe, describe_refusal, print_discovery  # noqa: PLC0415
    from flows.commands.discovering import discover as look  # noqa: PLC0415
    from tasks.discover.proposals import UnsettledLayoutError  # noqa: PLC0415

    try:
        found = look(source, store_options(options), layout)
    except UnsettledLayoutError as error:
        if not as_json:
            raise
        print_json(describe_refusal(error))
        raise typer.Exit(1) from None
    if as_json:
        print_json(describe(found))
    else:
        print_discovery(console(), found)


@app.command()
def init(
    source: SourcePlace,
    output: Annotated[str, typer.Argument(help="Where the dataset will be published.")],
    layout: Layout = "auto",
    options: Options = None,
) -> None:
    """Print a commented config for what a source is; it runs as it is, or once one of its readings is chosen."""
    from flows.commands.discovering import discover as look  # noqa: PLC0415
    from flows.commands.starting import choosing_config, starting_config  # noqa: PLC0415
    from flows.commands.unrunnable import refuse_unrunnable  # noqa: PLC0415
    from tasks.discover.proposals import UnsettledLayoutError  # noqa: PLC0415

    known = store_options(options)
    try:
        found = look(source, known, layout)
        refuse_unrunnable(found)
        text = starting_config(source, output, found)
    except UnsettledLayoutError as error:
        text = choosing_config(source, output, known, error)
        if error.certain is None:
            what = str(error).partition("\n")[0]
            print_note(f"{what}\nThe config holds each of them in comments: choose one, and it runs.")
    sys.stdout.write(text)


@app.command()
def check(context: typer.Context, configs: Configs, sets: Sets = None, as_json: AsJson = False) -> None:
    """Validate configs without touching their sources."""
    from flows.config import load_config  # noqa: PLC0415
    from tasks.publish import refuse_guests  # noqa: PLC0415

    wrong = 0
    overrides = pairs(sets)
    for url in configs:
        try:
            dataset = load_config(url, overrides)
            refuse_guests(dataset.output, dataset.name)
            name, problem = dataset.name, ""
        except Exception as error:  # noqa: BLE001 - what one config brings about must not keep others from being checked
            if context.obj and not isinstance(error, DatasetError):
                traceback.print_exception(error)
            name, problem, wrong = url, told(error), wrong + 1
        if as_json:
            print_json({"config": url, "name": None if problem else name, "ok": not problem, "problem": problem})
        elif problem:
            print_error(problem)
        else:
            console().print(f"{url}: the config of {name} is in order", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2 if wrong else 0)


@app.command()
def demo(folder: Annotated[Path, typer.Argument(help="Where to draw; made if absent.")] = Path("demo")) -> None:
    """Draw a small labelled image set in every layout, with a config for each."""
    from flows.commands.demo import draw_demo  # noqa: PLC0415

    for config in draw_demo(folder):
        console().print(f"parquetry run {config}", markup=False, highlight=False, soft_wrap=True)


def _gates(names: list[str] | None) -> tuple[str, ...]:
    """Names of gates, checked before anything else; the run does it again."""
    from tasks.report.gates import Gates  # noqa: PLC0415

    for name in names or ():
        if name not in Gates.model_fields:
            near = get_close_matches(name, Gates.model_fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(Gates.model_fields)}."
            raise ConfigError(f"--accept {name}: no such gate; {hint}")
    return tuple(names or ())


def main() -> None:
    """Run the command; a user's mistake ends in a message and an exit code, never in a traceback."""
    use_utf8()
    streams = Streams()
    os.environ.setdefault("DO_NOT_TRACK", "1")  # Prefect reports its use, and says so, unless its user has a word
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    code = _exit_code(debug=debug)
    if (error := streams.lost()) is not None and not code:
        code = 1 if streams.is_reader_gone(error) else 2
        if code == 2:
            print_error(f"standard output cannot be written: {error.strerror}. What was asked for is done.")
    sys.exit(code)


def _exit_code(*, debug: bool) -> int:
    """What the command comes to."""
    try:
        app(obj=debug)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except KeyboardInterrupt:
        print_error("interrupted; the published version is as it was")
        return 130
    except Exception as error:
        if debug:
            raise
        print_error(told(error))
        return exit_code_of(error)
    return 0


if __name__ == "__main__":
    main()
