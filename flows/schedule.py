"""The `schedule` section: when a dataset is refreshed, and which Prefect worker does it. Checked without Prefect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, field_validator, model_validator

from tasks.step_config import Duration, JobVariables, StepConfig
from tasks.wording import duration_text

ANCHOR = datetime(2020, 1, 1)
"""Intervals are counted from this midnight in the schedule's zone, so that deploying again moves no run."""

_TIMES = 2000  # of a schedule, to find its longest gap
_RULE_BYTES = 6500  # Prefect takes no longer rule


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class Rhythm(StepConfig):
    """When something is run: one of three rules, by the clock of a zone.

    Attributes:
        cron: Five fields, such as `0 2 * * *`: at two every night.
        interval: The time between two runs, such as `6h`, counted from midnight.
        rrule: An iCalendar recurrence rule, such as `FREQ=WEEKLY;BYDAY=MO;BYHOUR=2;BYMINUTE=0`.
        timezone: The time zone of the rule, such as `Europe/Berlin`; summer time is observed.
    """

    cron: str | None = None
    interval: Duration | None = None
    rrule: str | None = None
    timezone: str = "UTC"

    @field_validator("cron")
    @classmethod
    def _is_a_cron(cls, value: str | None) -> str | None:
        if value is None:
            return None
        from croniter import CroniterBadDateError, croniter  # noqa: PLC0415 - it starts a process as it is imported

        fields = value.split()
        if not croniter.is_valid(value) or any(field.upper() in {"R", "H"} for field in fields):
            raise ValueError("is not a cron expression: write minute, hour, day, month and weekday, as `0 2 * * *`")
        if len(fields) != 5 and not value.startswith("@"):
            raise ValueError("has more fields than a cron's five: minute, hour, day, month and weekday, as `0 2 * * *`")
        try:
            croniter(value, datetime.now(UTC)).get_next(datetime)
        except CroniterBadDateError:
            raise ValueError("never comes: no month has such a day") from None
        return value

    @field_validator("interval")
    @classmethod
    def _is_a_time(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and value < timedelta(seconds=1):
            raise ValueError("must be a second or more, as `6h` or `30m`")
        return value

    @field_validator("rrule")
    @classmethod
    def _is_a_rule(cls, value: str | None) -> str | None:
        if value is None:
            return None
        from dateutil.rrule import rrulestr  # noqa: PLC0415 - few schedules have one

        try:
            rrulestr(value)
        except (ValueError, AttributeError, TypeError) as error:
            raise ValueError(
                f"is not a recurrence rule ({error}): write one as `FREQ=DAILY;BYHOUR=2;BYMINUTE=0`"
            ) from None
        if len(value) > _RULE_BYTES:
            raise ValueError(f"is longer than {_RULE_BYTES} characters: write a cron, or a shorter rule")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("is not a time zone: write one as `Europe/Berlin` or `UTC`") from None
        return value

    @model_validator(mode="after")
    def _has_one_rule(self) -> Rhythm:
        given = [key for key in ("cron", "interval", "rrule") if getattr(self, key) is not None]
        if len(given) != 1:
            found = " and ".join(f"`{key}`" for key in given) or "none"
            raise ValueError(f"needs one of `cron`, `interval` and `rrule`, and has {found}")
        return self

    @property
    def described(self) -> str:
        """When it runs, in a few words."""
        rule = self.cron or self.rrule or f"every {duration_text(self.interval or timedelta())}"
        return f"{rule} ({self.timezone})"

    def next_time(self, now: datetime) -> datetime | None:
        """When it runs next after *now*, which has a zone; None where it never does again."""
        zone = ZoneInfo(self.timezone)
        if self.interval is not None:
            since = now - ANCHOR.replace(tzinfo=zone)
            return now + self.interval - since % self.interval
        local = now.astimezone(zone).replace(tzinfo=None)
        found = next(iter(self._times(local)), None)
        return None if found is None else found.replace(tzinfo=zone)

    def longest_gap(self, after: datetime) -> timedelta:
        """The longest time between two runs that follow each other, of the next 2,000 from *after* on."""
        times = list(islice(self._times(after), _TIMES))
        return max((late - early for early, late in pairwise(times)), default=timedelta(days=1))

    def _times(self, after: datetime) -> Iterator[Any]:
        if self.interval is not None:
            return iter([after, after + self.interval])
        if self.cron is not None:
            from croniter import croniter  # noqa: PLC0415 - as above

            return croniter(self.cron, after).all_next(datetime)
        from dateutil.rrule import rrulestr  # noqa: PLC0415 - as above

        rule = rrulestr(str(self.rrule), dtstart=None if "DTSTART" in str(self.rrule) else ANCHOR, ignoretz=True)
        return rule.xafter(after.replace(tzinfo=None))


class VerifySchedule(Rhythm):
    """When files of the newest version are read again, to see whether they are as they were written.

    Attributes:
        parts: In how many runs all files are read: each run reads one part, and the next part comes the next day.
    """

    parts: int = Field(default=7, ge=1, le=366)


class ScheduleSettings(Rhythm):
    """When the dataset is refreshed, and where: what `parquetry deploy` and `parquetry serve` tell Prefect.

    Attributes:
        paused: Deploy it, but do not run it until it is resumed.
        tags: Tags of the flow runs, besides `parquetry`.
        work_pool: The work pool whose worker runs it. `deploy` needs it, `serve` does not.
        work_queue: The queue of the pool; its default queue where it is not set.
        job_variables: Variables for the pool's job template: `image` for containers, `env` for environment variables.
        collision_strategy: What happens to a run that is due while another one works: `CANCEL_NEW` drops it, `ENQUEUE`
            lets it wait.
        verify: When the published files are verified, a part of them each time: `{cron: "0 4 * * *", parts: 7}`.
        prune: When files are deleted that no kept version needs: `{cron: "0 5 * * 0"}`. A refresh does that at its end,
            too; this is for datasets that are seldom refreshed.
        then: A deployment, such as `train/nightly`, to start for each version that is published. It is given `root`,
            `version`, `files` and `manifest_sha256`, as far as its flow has parameters of these names.
    """

    paused: bool = False
    tags: tuple[str, ...] = ()
    work_pool: str | None = Field(default=None, min_length=1)
    work_queue: str | None = Field(default=None, min_length=1)
    job_variables: JobVariables = Field(default_factory=dict)
    collision_strategy: Annotated[Literal["CANCEL_NEW", "ENQUEUE"], BeforeValidator(_upper)] = "CANCEL_NEW"
    verify: VerifySchedule | None = None
    prune: Rhythm | None = None
    then: str | None = None

    @field_validator("then")
    @classmethod
    def _is_a_deployment(cls, value: str | None) -> str | None:
        if value is not None and not (all(value.partition("/")) and value.count("/") == 1):
            raise ValueError("is not a deployment: write FLOW/DEPLOYMENT, as `prefect deployment ls` lists them")
        return value
