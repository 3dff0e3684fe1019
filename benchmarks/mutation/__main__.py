"""Breaks what decides what is published, a place at a time: do the tests notice?

    python -m benchmarks.mutation [ROOM …] [--files PATTERN …] [--sample 60 | --together 150] [--seed word] [--all]

Of each room's broken forms as many as *sample* are drawn, by the hash of the seed and their names; ``--sample 0`` tries
all. ``--together`` draws from the forms of all the rooms at once, so that each has its share. ``--files
'tasks/discover/words/*.py'`` draws from such files alone. The tests beside the room which reach the line that is broken
are run, the quickest first, until one fails. With ``--all``, what those do not notice is shown to the other tests of
``tests/tasks`` that reach it. For one form each of both may take ``--seconds`` of a processor. A test that is not tried
has not noticed it, nor has one that fails as the project is. Which ones reach a line is found by a run, which is kept.

A line says how many were noticed, and between which bounds the share of all broken forms is, with 95 % confidence. What
nobody noticed is shown. Some of it is as good as what it stands for: ``as_good.txt`` has those, with the reason. They
count as not noticed; what the share is without them is said apart.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from math import sqrt
from pathlib import Path

from benchmarks.mutation.as_good import why_as_good
from benchmarks.mutation.copies import broken_forms, copy_project, enter_copy
from benchmarks.mutation.judging import Judge, Outcome, Trial
from benchmarks.mutation.places import difference, name_of, path_of, place_of
from benchmarks.mutation.reach import watched
from benchmarks.mutation.rooms import ROOMS
from benchmarks.mutation.trials import warm_up

_EVERYWHERE = ("tests/tasks",)


def main(words: Sequence[str]) -> None:
    """Print what no test noticed, and a line for each room and for all; when interrupted, of those tried until then."""
    options = _options(words)
    rooms = options.rooms or list(ROOMS)
    copy_project()
    drawn = _drawn(options, rooms)
    differences = {trial.form: difference(trial.form) for trial in drawn}
    reasons = {form: why_as_good(path_of(form), name_of(form), lines) for form, lines in differences.items()}
    beside = sorted({path for room in rooms for path in ROOMS[room].beside})
    reach = watched(_EVERYWHERE if options.all else beside, options.processes)
    reach.read({trial.place.path for trial in drawn})
    enter_copy()
    warm_up(reach)
    outcomes: list[Outcome] = []
    with multiprocessing.get_context("fork").Pool(options.processes) as pool, suppress(KeyboardInterrupt):
        for outcome in pool.imap(Judge(reach, options.seconds, options.all), drawn):
            outcomes.append(outcome)
            if not outcome.test:
                _show(outcome, differences[outcome.trial.form], reasons[outcome.trial.form])
    for room in rooms:
        _sum_up(room, [one for one in outcomes if one.trial.room == room], reasons)
    _sum_up("together", outcomes, reasons)


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("--files", nargs="+", default=["**/*.py"], metavar="PATTERN", help="draw from such files alone")
    parser.add_argument("--sample", type=int, default=60, help="how many of each room; 0 for all")
    parser.add_argument("--together", type=int, help="how many of all rooms, each its share, in the place of --sample")
    parser.add_argument("--forms", nargs="+", metavar="NAME", help="try those of these names alone")
    parser.add_argument("--seed", default="", help="another word draws others")
    parser.add_argument("--all", action="store_true", help="show what is left to all tests of tests/tasks")
    parser.add_argument(
        "--seconds",
        type=float,
        default=120,
        help="what tests may take of a processor for one form, those beside and all others each",
    )
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(words)
    if unknown := [room for room in options.rooms if room not in ROOMS]:
        parser.error(f"no room is called {unknown[0]!r}; there are {', '.join(ROOMS)}")
    return options


def _drawn(options: argparse.Namespace, rooms: Sequence[str]) -> list[Trial]:
    """The forms to be tried, of all that there are."""
    chosen = {path for pattern in options.files for path in Path().glob(pattern)}
    room_of = {
        form: room for room in rooms for form in broken_forms(path for path in ROOMS[room].paths() if path in chosen)
    }
    ordered = sorted(room_of, key=lambda form: sha256(f"{options.seed}{form}".encode()).digest())
    if options.forms:
        forms = [form for form in ordered if form in options.forms]
    elif options.together:
        forms = ordered[: options.together]
    else:
        of_rooms = ([form for form in ordered if room_of[form] == room] for room in rooms)
        forms = [form for of_room in of_rooms for form in of_room[: options.sample or None]]
    _say(f"{len(forms):,} of {len(room_of):,} broken forms are tried")
    return [Trial(form, room_of[form], place_of(form)) for form in forms]


def _show(outcome: Outcome, lines: str, reason: str) -> None:
    reached = f"{outcome.reaching:,} tests reach it"
    untried = f", of which {outcome.untried:,} were not tried" if outcome.untried else ""
    _say(f"\n{outcome.trial.form}: {reached}{untried}\n{lines}" + (f"\nas good: {reason}" if reason else ""))


def _sum_up(name: str, outcomes: Sequence[Outcome], reasons: dict[str, str]) -> None:
    beside = sum(bool(one.beside) for one in outcomes)
    noticed = sum(bool(one.test) for one in outcomes)
    as_good = sum(bool(reasons[one.trial.form]) for one in outcomes if not one.test)
    _say(f"\n{name}: beside: {_share(beside, len(outcomes))}")
    if noticed > beside:
        _say(f"{name}: by all: {_share(noticed, len(outcomes))}")
    if as_good:
        _say(f"{name}: without {as_good} that are as good: {_share(noticed, len(outcomes) - as_good)}")


def _share(noticed: int, tried: int) -> str:
    """The share in words, with the bounds of Wilson's interval, which holds for shares near the whole too."""
    if not tried:
        return "none tried"
    z2 = 1.96**2
    share = noticed / tried
    middle = (share + z2 / 2 / tried) / (1 + z2 / tried)
    half = sqrt(z2 * share * (1 - share) / tried + z2 * z2 / 4 / tried**2) / (1 + z2 / tried)
    return f"{noticed} of {tried} noticed, {share:.1%} ({middle - half:.1%} to {middle + half:.1%})"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
