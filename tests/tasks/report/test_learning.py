"""A year of nights with a weekly rhythm and growth: accidents are refused the same night, and hardly anything else."""

from __future__ import annotations

import random

import pytest

from tasks.report.document import Night
from tasks.report.gates import GateFacts, GateResult, Gates, check_gates
from tasks.report.learning import measured, unlikely

CLASSES = [f"class {number}" for number in range(10)]
ACCIDENTS = (40, 111, 200, 287, 350)


class Source:
    """A dataset of 10,000 images that grows by 2 % on Mondays and a little on other days."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.classes = dict.fromkeys(CLASSES, 1000)
        self.rejected = 120

    @property
    def rows(self) -> int:
        return sum(self.classes.values())

    def night(self, number: int) -> Night:
        """What a usual night is like; the source is another one afterwards."""
        share = self.random.uniform(0.015, 0.025) if number % 7 == 0 else self.random.uniform(0, 0.003)
        added, deleted = round(share * self.rows), round(self.random.uniform(0, 0.001) * self.rows)
        for _ in range(added):
            self.classes[self.random.choice(CLASSES)] += 1
        for _ in range(deleted):
            self.classes[self.random.choice(CLASSES)] -= 1
        self.rejected += self.random.randint(-2, 4)
        changes = {"added": added, "deleted": deleted, "changed": self.random.randint(0, 30)}
        return self.told(changes | {"relabelled": self.random.randint(0, 8)})

    def told(self, changes: dict[str, int], bytes_: float = 14_000, brightness: float = 118) -> Night:
        """The night as later ones know it."""
        account = {"listed": self.rows + self.rejected, "written": self.rows, "rejected": self.rejected}
        noise = self.random.gauss
        known = measured(self.classes, noise(bytes_, 30), round(noise(brightness, 0.4), 2) if brightness else 0.0)
        return {"changes": {"added": 0, "deleted": 0, "changed": 0, "relabelled": 0} | changes, "account": account,
                "measured": known}  # fmt: skip

    def accident(self, kind: str) -> Night:
        """What a night is like on which something went wrong; the source is as it was afterwards."""
        before = dict(self.classes)
        match kind:
            case "half a class gone":
                self.classes["class 3"] //= 2
                told = self.told({"deleted": before["class 3"] - self.classes["class 3"]})
            case "a host's placeholder image":
                told = self.told({"changed": self.rows // 12}, 14_000 * 11 / 12 + 100, 118 * 11 / 12 + 20)
            case "labels shifted by one":
                told = self.told({"relabelled": round(0.9 * self.rows)})
            case _:
                told = self.told({"changed": self.rows}, 900, 0)
        self.classes = before
        return told


KINDS = ("half a class gone", "a host's placeholder image", "labels shifted by one", "all images black")


@pytest.mark.parametrize("seed", range(6))
def test_a_year_has_at_most_two_false_refusals_and_every_accident_is_refused(seed: int) -> None:
    source = Source(seed)
    nights: list[Night] = []
    false: list[tuple[int, str]] = []
    missed: list[tuple[int, str]] = []
    for number in range(365):
        if number in ACCIDENTS:
            missed += [(number, kind) for kind in KINDS if not unlikely(nights, source.accident(kind))]
        tonight = source.night(number)
        false += [(number, str(one)) for one in unlikely(nights, tonight)[:1]]
        nights = [*nights, tonight][-30:]  # accepted, where it was refused

    assert missed == []
    assert len(false) <= 2, false


def judged(nights: list[Night], tonight: Night) -> GateResult:
    facts = GateFacts(100, 0, 0, 100, 100, 0, {}, (), nights=nights, tonight=tonight)
    return next(gate for gate in check_gates(Gates(learn=True), facts) if gate.gate == "learn")


def test_nothing_is_judged_before_fourteen_nights_are_known() -> None:
    source = Source(0)
    nights = [source.night(number) for number in range(14)]
    accident = source.accident("all images black")

    young, old = judged(nights[:13], accident), judged(nights, accident)

    assert (young.crossed, young.detail) == (False, "13 of 14 nights are known yet")
    assert old.crossed
    assert old.detail.startswith("unlike the last 14 nights: images changed: 1")


def test_a_night_that_was_accepted_counts_from_then_on() -> None:
    source = Source(1)
    nights = [source.night(number) for number in range(29)]
    source.classes["class 0"] += 2000
    great = source.told({"added": 2000})

    assert judged(nights, great).crossed
    again = [*nights, great]
    source.classes["class 0"] += 1900
    assert not [one for one in unlikely(again, source.told({"added": 1900})) if one.what == "images added"]
