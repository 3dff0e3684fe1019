"""The types of the tables that travel name the columns that their schemas have, and no others."""

from __future__ import annotations

from typing import get_args

import pyarrow as pa
import pytest

from tasks import columns
from tasks.columns import Failed, PlannedSamples, Rejections, RowTable, Samples
from tasks.plan.shard_plans import JUDGED_SCHEMA, PLAN_FIELDS, ROWS_SCHEMA
from tasks.publish.state import ABSENT_SCHEMA, CHECKED_SCHEMA, FAILED_SCHEMA, TOUCHED_SCHEMA
from tasks.samples import REJECTION_SCHEMA, SAMPLE_SCHEMA
from tasks.shards.spec import STALE_SCHEMA


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("SampleColumn", SAMPLE_SCHEMA),
        ("PlanColumn", pa.schema(PLAN_FIELDS)),
        ("RejectionColumn", REJECTION_SCHEMA),
        ("RowColumn", ROWS_SCHEMA),
        ("JudgedColumn", JUDGED_SCHEMA),
        ("TouchedColumn", TOUCHED_SCHEMA),
        ("FailedColumn", FAILED_SCHEMA),
        ("AbsentColumn", ABSENT_SCHEMA),
        ("CheckedColumn", CHECKED_SCHEMA),
        ("StaleColumn", STALE_SCHEMA),
    ],
)
def test_a_type_names_the_columns_of_its_schema(name: str, schema: pa.Schema) -> None:
    assert list(get_args(getattr(columns, name))) == schema.names


def test_what_samples_and_rows_share_is_in_both() -> None:
    shared = set(get_args(columns.Described))

    assert shared <= set(ROWS_SCHEMA.names)
    assert shared <= {*SAMPLE_SCHEMA.names, *get_args(columns.LabelColumn)}


def misspelt(samples: Samples, planned: PlannedSamples, rows: RowTable, rejections: Rejections, failed: Failed) -> None:
    """Never called: the type checker must find each of these wrong, or says that an ignore is not needed."""
    samples["fingerprnt"]  # type: ignore[index]
    samples["action"]  # type: ignore[index] # what planning adds is not there yet
    planned["copy_fil"]  # type: ignore[index]
    rows["fingerprint"]  # type: ignore[index] # of a row it is `source_fingerprint`
    rejections["resaon"]  # type: ignore[index]
    failed["next_tries"]  # type: ignore[index]
    wants_planned(samples)  # type: ignore[arg-type]
    wants_samples(planned)


def wants_planned(_: PlannedSamples) -> None: ...


def wants_samples(_: Samples) -> None: ...
