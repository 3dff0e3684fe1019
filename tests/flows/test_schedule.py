"""The `schedule` section: what it takes, what it refuses and in which words; Prefect is not needed for any of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flows.config import load_config
from flows.schedule import ScheduleSettings
from tasks.errors import ConfigError

if TYPE_CHECKING:
    from tests.flows.conftest import Command

HEAD = "name: pets\nsource: {path: x}\noutput: {path: y}\nschedule:\n"


def write(folder: Path, section: str) -> str:
    path = folder / "pets.yaml"
    path.write_text(HEAD + "".join(f"  {line}\n" for line in section.splitlines()))
    return str(path)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        pytest.param('cron: "0 2 * *"', ["pets.yaml:5: schedule.cron", "is not a cron", "0 2 * * *"], id="four fields"),
        pytest.param('cron: "0 25 * * *"', ["pets.yaml:5: schedule.cron", "is not a cron"], id="hour 25"),
        pytest.param("cron: nightly", ["pets.yaml:5: schedule.cron", "is not a cron", "nightly"], id="a word"),
        pytest.param(
            'cron: "H 2 * * *"', ["pets.yaml:5: schedule.cron", "is not a cron"], id="hashed, which Prefect refuses"
        ),
        pytest.param('cron: "0 0 2 * * *"', ["pets.yaml:5: schedule.cron", "more fields"], id="seconds"),
        pytest.param("interval: 0s", ["pets.yaml:5: schedule.interval", "second or more"], id="no time at all"),
        pytest.param("rrule: FREQ=DALY", ["pets.yaml:5: schedule.rrule", "not a recurrence rule"], id="a wrong rule"),
        pytest.param(
            'cron: "0 2 * * *"\ntimezone: Europe/Berln',
            ["pets.yaml:6: schedule.timezone", "not a time zone"],
            id="a zone",
        ),
        pytest.param(
            "interval: 6h\nrrule: FREQ=DAILY", ["pets.yaml:4: schedule", "`interval` and `rrule`"], id="two rules"
        ),
        pytest.param(
            'cron: "0 2 * * *"\njob_variables: {env: [A=1]}',
            ["pets.yaml:6: schedule.job_variables", "`env` must be a mapping"],
            id="an environment that is a list",
        ),
        pytest.param("work_pool: nightly", ["pets.yaml:4: schedule", "has none"], id="no rule"),
        pytest.param("corn: x", ["pets.yaml:5: schedule.corn", "did you mean 'cron'"], id="a misspelt key"),
        pytest.param(
            'cron: "0 2 * * *"\ncollision_strategy: WAIT',
            ["pets.yaml:6: schedule.collision_strategy", "write CANCEL_NEW or ENQUEUE"],
            id="a third strategy",
        ),
    ],
)
def test_a_wrong_schedule_is_named_with_its_line(tmp_path: Path, section: str, expected: list[str]) -> None:
    place = write(tmp_path, section)

    with pytest.raises(ConfigError) as caught:
        load_config(place)

    for text in expected:
        assert text in str(caught.value)


def test_deploy_refuses_a_wrong_schedule_without_prefect(offline_parquetry: Command, tmp_path: Path) -> None:
    result = offline_parquetry("deploy", write(tmp_path, 'cron: "0 2 * *"'), code=2)

    assert "pets.yaml:5: schedule.cron: is not a cron" in result.stderr
    assert result.stdout == ""


def test_two_configs_of_one_name_are_refused_without_prefect(offline_parquetry: Command, tmp_path: Path) -> None:
    first = Path(write(tmp_path, 'cron: "0 2 * * *"'))
    (tmp_path / "other.yaml").write_text(first.read_text())

    result = offline_parquetry("deploy", first, tmp_path / "other.yaml", code=2)

    assert f"{first}:1: name: {tmp_path}/other.yaml has the name 'pets' too" in result.stderr


def test_a_config_place_with_a_secret_is_refused_without_repeating_it(offline_parquetry: Command) -> None:
    for place in ("https://user:hunter2@host/pets.yaml", "https://host/pets.yaml?sig=hunter2"):
        for command in ("deploy", "serve"):
            result = offline_parquetry(command, place, code=2)

            assert "https://host/pets.yaml: Prefect stores a config's place" in result.stderr
            assert "hunter2" not in result.stderr


@pytest.mark.parametrize(
    ("values", "hours"),
    [
        pytest.param({"cron": "0 2 * * *"}, 24, id="nightly"),
        pytest.param({"cron": "@daily"}, 24, id="by its nickname"),
        pytest.param({"cron": "0 2 * * mon-fri"}, 72, id="over a weekend"),
        pytest.param({"interval": "6h"}, 6, id="interval"),
        pytest.param({"rrule": "FREQ=WEEKLY;BYDAY=MO;BYHOUR=2;BYMINUTE=0"}, 168, id="rule"),
        pytest.param({"rrule": "DTSTART:20260101T020000\nRRULE:FREQ=DAILY"}, 24, id="rule with a start"),
    ],
)
def test_the_longest_gap_is_what_a_night_may_take_to_come(values: dict[str, Any], hours: int) -> None:
    found = ScheduleSettings(**values).longest_gap(datetime(2026, 11, 25, tzinfo=UTC))

    assert found == timedelta(hours=hours)


def test_crons_are_those_that_prefect_takes() -> None:
    from prefect._internal.schemas.validators import validate_cron_string  # noqa: PLC0415 - only here Prefect is needed

    for cron in [
        "0 2 * * *",
        "@weekly",
        "*/5 9-17 * * 1-5",
        "0 22-2 * * fri-mon",
        "0 0 L * *",
        "0 2 ? * *",
        "0 0 * * 5#2",
    ]:
        assert ScheduleSettings(cron=cron).cron == validate_cron_string(cron)
