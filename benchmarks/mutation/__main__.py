"""Breaks what decides what is published, a place at a time: do the tests beside it notice?

    python -m benchmarks.mutation [ROOM …] [--files PATTERN …] [--sample 60] [--seed word] [--all]

Of each room's broken forms as many as *sample* are drawn, by the hash of the seed and their names; ``--sample 0`` tries
all. ``--files 'tasks/discover/words/*.py'`` draws from such files alone. The tests of the room that call the function
are run, the quickest first, until one fails. With ``--all``, what those do not notice is shown to the other tests of
``tests/tasks``. A room's line says how many were noticed, and between which bounds the share of all its broken forms
is, with 95 % confidence. What nobody noticed is shown. Some of it is as good as what it stands for: ``strict=None`` of
a `zip` of two columns of one table, for one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from hashlib import sha256
from math import sqrt
from pathlib import Path

from benchmarks.mutation.copies import broken_forms, copy_project, difference, enter_copy
from benchmarks.mutation.rooms import ROOMS
from benchmarks.mutation.trials import is_noticed, warm_up, watched

_EVERYWHERE = ("tests/tasks",)


def main(words: Sequence[str]) -> None:
    """Print a line for each room, and what no test noticed."""
    options = _options(words)
    rooms = options.rooms or list(ROOMS)
    chosen = {path for pattern in options.files for path in Path().glob(pattern)}
    copy_project()
    forms = {room: broken_forms(path for path in ROOMS[room].paths() if path in chosen) for room in rooms}
    enter_copy()
    reach = watched(_EVERYWHERE if options.all else sorted({path for room in rooms for path in ROOMS[room].beside}))
    warm_up(reach)
    for room in rooms:
        drawn = _drawn(forms[room], options.sample, options.seed)
        left = [one for one in drawn if not is_noticed(one, reach.reaching(one, ROOMS[room].beside), reach)]
        _say(f"{room}: {len(forms[room]):,} broken forms; beside: {_share(len(drawn) - len(left), len(drawn))}")
        if options.all:
            left = [one for one in left if not is_noticed(one, reach.reaching(one, _EVERYWHERE), reach)]
            _say(f"{room}: by all of {', '.join(_EVERYWHERE)}: {_share(len(drawn) - len(left), len(drawn))}")
        for one in left:
            _say(f"\n{one}\n{difference(one)}")


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=", ".join(ROOMS))
    parser.add_argument("--files", nargs="+", default=["**/*.py"], metavar="PATTERN", help="draw from such files alone")
    parser.add_argument("--sample", type=int, default=60, help="how many of each room; 0 for all")
    parser.add_argument("--seed", default="", help="another word draws others")
    parser.add_argument("--all", action="store_true", help="show what is left to all tests of tests/tasks")
    options = parser.parse_args(words)
    if unknown := [room for room in options.rooms if room not in ROOMS]:
        parser.error(f"no room is called {unknown[0]!r}; there are {', '.join(ROOMS)}")
    return options


def _drawn(forms: Sequence[str], count: int, seed: str) -> list[str]:
    ordered = sorted(forms, key=lambda name: sha256(f"{seed}{name}".encode()).digest())
    return ordered[: count or None]


def _share(noticed: int, tried: int) -> str:
    """The share in words, with the bounds of Wilson's interval, which holds for shares near the whole too."""
    if not tried:
        return "none tried"
    z2 = 1.96**2
    share = noticed / tried
    middle = (share + z2 / 2 / tried) / (1 + z2 / tried)
    half = sqrt(z2 * share * (1 - share) / tried + z2 * z2 / 4 / tried**2) / (1 + z2 / tried)
    return f"{noticed} of {tried} noticed, {share:.0%} ({middle - half:.0%} to {middle + half:.0%})"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
