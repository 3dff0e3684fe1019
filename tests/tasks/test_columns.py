"""The types of the tables that travel name the columns that their schemas have, and no others."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pyarrow as pa
import pytest

from tasks import columns
from tasks.building.spec import STALE_SCHEMA
from tasks.columns import Failed, PlannedSamples, Rejections, RowTable, Samples
from tasks.label_kinds import LabelKind
from tasks.plan.shard_plans import JUDGED_SCHEMA, PLAN_FIELDS, ROWS_SCHEMA, TOUCHED_SCHEMA
from tasks.publish.state import ABSENT_SCHEMA, CHECKED_SCHEMA, FAILED_SCHEMA
from tasks.samples import REJECTION_SCHEMA, SAMPLE_SCHEMA
from tasks.shards.schema import shard_schema


@pytest.mark.parametrize(
    ("name", "row", "schema"),
    [
        ("SampleColumn", "SampleRow", SAMPLE_SCHEMA),
        ("PlanColumn", "PlannedRow", pa.schema(PLAN_FIELDS)),
        ("RejectionColumn", "RejectionRow", REJECTION_SCHEMA),
        ("RowColumn", "KnownRow", ROWS_SCHEMA),
        ("JudgedColumn", "JudgedRow", JUDGED_SCHEMA),
        ("TouchedColumn", "TouchedRow", TOUCHED_SCHEMA),
        ("FailedColumn", "FailedRow", FAILED_SCHEMA),
        ("AbsentColumn", "AbsentRow", ABSENT_SCHEMA),
        ("CheckedColumn", "CheckedRow", CHECKED_SCHEMA),
        ("StaleColumn", "StaleRow", STALE_SCHEMA),
    ],
)
def test_types_name_the_columns_of_their_schema(name: str, row: str, schema: pa.Schema) -> None:
    of_rows = get_type_hints(getattr(columns, row))
    rest = [*SAMPLE_SCHEMA.names, *get_args(columns.LabelColumn)] if row == "PlannedRow" else []

    assert list(get_args(getattr(columns, name))) == schema.names
    assert sorted(of_rows) == sorted([*rest, *schema.names])
    for field in schema:
        assert is_of(field, of_rows[field.name]), field


def is_of(field: pa.Field, hint: object) -> bool:
    """Whether what Arrow gives for a value of *field* is what *hint* says."""
    kinds = {"string": str, "bool": bool, "int32": int, "int64": int, "binary": bytes}
    allowed = {one for one in get_args(hint) if one is not type(None)} or {hint}
    if pa.types.is_list(field.type):
        return allowed == {list[str]}
    return allowed == {kinds[str(field.type).partition("[")[0].replace("fixed_size_", "")]}


@pytest.mark.parametrize("kind", ["single", "many", "number"])
@pytest.mark.parametrize("pixels", ["jpeg", "raw"])
def test_a_row_of_a_shard_names_every_column_that_is_not_the_datasets_own(kind: LabelKind, pixels: str) -> None:
    schema = shard_schema({"label_species": ["cat"]}, {"pixels": pixels, "measures": "x"}, ["note"], kind)

    assert set(schema.names) - set(get_type_hints(columns.ShardRow)) == {"label_species", "note"}


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
    rejections.to_pylist()[0]["resaon"]  # type: ignore[typeddict-item]
    planned.filter(planned["action"]).to_batches()[0].to_pylist()[0]["acton"]  # type: ignore[typeddict-item]
    failed.to_pylist()[0]["nights"].lower()  # type: ignore[attr-defined] # it is a number
    wants_planned(samples)  # type: ignore[arg-type]
    wants_samples(planned)


def wants_planned(_: PlannedSamples) -> None: ...


def wants_samples(_: Samples) -> None: ...
