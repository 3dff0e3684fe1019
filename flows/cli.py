"""The `parquetry` command: reads the command line, calls what does the work, prints, and sets the exit code."""

from __future__ import annotations

import os
import sys
import traceback
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands import export_command, looking_commands, purge_command, schedule_commands, version_commands
from flows.commands.command_line import AsJson, Options, console, exit_code_of, told
from flows.commands.help_pages import EPILOG, MAKE, PlainGroup, argument, command, flag, option, wants_json
from tasks.config_text.given_pairs import pairs, store_options
from tasks.console.failure import failure_of
from tasks.console.leaving import run_and_leave
from tasks.console.lines import print_error, print_json, print_line, print_note
from tasks.console.standard_streams import Streams, use_utf8
from tasks.errors import ConfigError, DatasetError
from tasks.interrupts import stopped_by_signals
from tasks.quick_imports import collector_aside

if TYPE_CHECKING:
    from flows.commands.local_run import Finished

app = typer.Typer(
    name="parquetry",
    cls=PlainGroup,
    help="Turns folders, CSVs and JSON files of labelled images into Parquet, ready for training.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Configs = Annotated[list[str], argument("CONFIG", "YAML files, one for each dataset; paths or any fsspec URL.")]
Config = Annotated[str, argument("CONFIG", "A YAML file; a path or any fsspec URL.")]
Sets = Annotated[
    list[str] | None,
    option("KEY=VALUE", "Override a key of the config, such as resize.mode=pad.", "--set"),
]
Resplit = Annotated[bool, flag("--resplit", "Draw the splits anew, for published images, too.")]
SourcePlace = Annotated[str, argument("SOURCE", "A folder or a label file: a path or any fsspec URL.")]
Layout = Annotated[str, option("LAYOUT", "auto, class_folders, split_folders, hierarchy, csv or json.")]


app.add_typer(version_commands.app)
app.add_typer(export_command.app)
app.add_typer(purge_command.app)
app.add_typer(looking_commands.app)
app.add_typer(schedule_commands.app)


def _print_version(asked: bool) -> None:
    if asked:
        from tasks import __version__  # noqa: PLC0415

        print_line(f"parquetry {__version__}")
        raise typer.Exit


@app.callback()
def parquetry(
    version: Annotated[bool, flag("--version", "Print the version.", is_eager=True, callback=_print_version)] = False,
    debug: Annotated[bool, flag("--debug", "Show the traceback of an error; may stand anywhere.")] = False,
) -> None:
    """Only its options; the help is that of the whole command."""


@command(app, MAKE, "run pets.yaml --set resize.mode=pad")
def run(  # noqa: PLR0913, PLR0917 - the options of a command
    context: typer.Context,
    configs: Configs,
    sets: Sets = None,
    full: Annotated[bool, flag("--full", "Rebuild every image from the source.")] = False,
    rehash: Annotated[bool, flag("--rehash", "Re-read every image, even where size and date look unchanged.")] = False,
    resplit: Resplit = False,
    limit: Annotated[int, option("N", "Take only N images, of every class; 0 for all.", min=0)] = 0,
    accept: Annotated[list[str] | None, option("GATE", "Publish although this gate is crossed.")] = None,
    parallel: Annotated[int, option("N", "Run up to N datasets at once.", min=1, max=64)] = 1,
    as_json: AsJson = False,
) -> None:
    """Build datasets, or bring them up to date with their sources; ends with published, unchanged or refused."""
    with stopped_by_signals() as interrupt:
        with collector_aside():
            from flows.commands.local_run import RunRequest, run_configs  # noqa: PLC0415 - `--help` must not wait for it
            from tasks.console.progress_bar import Display  # noqa: PLC0415
            from tasks.console.summary import print_outcome  # noqa: PLC0415

        def report(finished: Finished) -> None:
            with display.paused():
                if finished.defect is not None and context.obj:
                    traceback.print_exception(finished.defect)
                if as_json:
                    print_json(finished.outcome.as_json())
                elif finished.outcome.outcome == "failed":
                    print_error(finished.outcome.reason)
                else:
                    print_outcome(console(), finished.outcome, finished.start_s)

        display = Display(console(stderr=True))
        request = RunRequest(pairs(sets), full, limit, _gates(accept), rehash, resplit, parallel)
        code = run_configs(configs, request, display, report, interrupt)
    raise typer.Exit(code)


@command(app, MAKE, "plan pets.yaml")
def plan(config: Config, sets: Sets = None, resplit: Resplit = False, as_json: AsJson = False) -> None:
    """Show what a run would do, and write nothing: layout and why, classes, splits, shards, sizes."""
    from flows.commands.local_run import check_config  # noqa: PLC0415
    from tasks.console.plan_page import print_plan  # noqa: PLC0415
    from tasks.quick_imports import leave_pandas_aside  # noqa: PLC0415

    leave_pandas_aside()
    from tasks.refresh.forecast import forecast  # noqa: PLC0415

    dataset = check_config(config, pairs(sets), write=False)
    described = forecast(dataset, dataset.options(resplit=resplit))
    if as_json:
        print_json(described)
    else:
        print_plan(console(), described)


@command(app, MAKE, "discover photos")
def discover(source: SourcePlace, layout: Layout = "auto", options: Options = None, as_json: AsJson = False) -> None:
    """Look at a source without a config: its layout and why, classes, splits, what is skipped, the first rows."""
    from tasks.console.survey_page import print_survey  # noqa: PLC0415
    from tasks.survey.described import describe  # noqa: PLC0415
    from tasks.survey.surveying import survey  # noqa: PLC0415

    seen = survey(source, store_options(options), layout)
    described = describe(seen)
    if as_json:
        print_json(described)
    else:
        print_survey(console(), described)
    if seen.refusal is not None:
        sys.stdout.flush()
        if as_json:
            raise typer.Exit(1)
        raise seen.refusal


@command(app, MAKE, "init photos published/photos --output photos.yaml")
def init(  # noqa: PLR0913, PLR0917 - the options of a command
    source: SourcePlace,
    output: Annotated[str, argument("OUTPUT", "Where the dataset will be published.")],
    file: Annotated[Path | None, option("FILE", "Write the config here, not to standard output.", "--output")] = None,
    layout: Layout = "auto",
    preset: Annotated[str, option("NAME", "Write the config for a format by its name: coco, voc, yolo …")] = "",
    options: Options = None,
) -> None:
    """Write a commented config that fits a source; it runs as it is, or once one of its readings is chosen."""
    from tasks.console.standard_streams import file_of_output  # noqa: PLC0415
    from tasks.discover.proposals import UnsettledLayoutError  # noqa: PLC0415
    from tasks.survey.presets import preset_config  # noqa: PLC0415
    from tasks.survey.starting import Target, choosing_config, label_file_of, starting_config  # noqa: PLC0415
    from tasks.survey.surveying import discover as look  # noqa: PLC0415
    from tasks.survey.surveying import place_of  # noqa: PLC0415
    from tasks.survey.tried import with_tried  # noqa: PLC0415
    from tasks.survey.unrunnable import refuse_output, refuse_unrunnable  # noqa: PLC0415

    known = store_options(options)
    target = Target(source, output, file or file_of_output())
    try:
        if preset:
            refuse_output(target)
            text = preset_config(preset, target)
        else:
            found = look(source, known, layout)
            refuse_output(target, label_file_of(found))
            refuse_unrunnable(found)
            text = starting_config(target, found)
    except UnsettledLayoutError as error:
        refuse_output(target)
        text = choosing_config(target, known, with_tried(error, place_of(source), known))
        if error.certain is None:
            what = str(error).partition("\n")[0]
            print_note(f"{what}\nThe config holds each of them in comments: choose one, and it runs.")
    if file is None:
        sys.stdout.write(text)
        return
    _write_new(file, text)
    print_line(f"wrote {file}; next: parquetry plan {file}")


def _write_new(file: Path, text: str) -> None:
    """Write *text* to *file*, which is not there yet."""
    try:
        with file.open("x", encoding="utf-8") as made:
            made.write(text)
    except FileExistsError:
        raise ConfigError(f"--output {file}: is there already. Name another file, or remove it first.") from None
    except OSError as error:
        raise ConfigError(f"--output {file}: cannot be written: {error.strerror}.") from None


@command(app, MAKE, "check configs/*.yaml")
def check(context: typer.Context, configs: Configs, sets: Sets = None, as_json: AsJson = False) -> None:
    """Check configs without looking at their sources."""
    from flows.config import load_config, placed_in  # noqa: PLC0415
    from tasks.publish import refuse_guests  # noqa: PLC0415

    wrong = 0
    overrides = pairs(sets)
    for url in configs:
        try:
            dataset = load_config(url, overrides)
            with placed_in(url, ("output", "path"), overrides):
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
            print_line(f"{url}: the config of {name} is in order")
    raise typer.Exit(2 if wrong else 0)


@command(app, MAKE, "demo demo")
def demo(
    folder: Annotated[Path, argument("FOLDER", "Where to draw; created if absent.")] = Path("demo"),
) -> None:
    """Draw a small labelled image set in every layout, with a config for each."""
    from tasks.demo import draw_demo  # noqa: PLC0415

    for config in draw_demo(folder):
        print_line(f"parquetry run {config}")


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
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads spin, and nothing here has work for them
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
        app(obj=debug, prog_name=app.info.name)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except KeyboardInterrupt:
        return _failed("stopped; what was published by then stays published", 130)
    except Exception as error:
        if debug:
            raise
        return _failed(told(error), exit_code_of(error))
    return 0


def _failed(message: str, code: int) -> int:
    """Say why there is no answer, to a person and, where JSON was asked for, to a program; return *code*."""
    if wants_json():
        print_json(failure_of(message, code))
    print_error(message)
    return code


if __name__ == "__main__":
    run_and_leave(main)
