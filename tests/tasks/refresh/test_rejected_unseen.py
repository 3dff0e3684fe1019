"""What is said of a run that rejects too much before any image is fetched: how many, which, and where they stand."""

from __future__ import annotations

from pathlib import Path

from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tests.steps_here import StepsHere


def test_a_refusal_before_any_image_is_fetched_names_the_rows_that_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("location,label\nabsent.png,cat\nalso_absent.png,dog\n")
    source, output = {"path": str(tmp_path / "labels.csv")}, {"path": str(tmp_path / "out")}
    dataset = Dataset.model_validate({"name": "pets", "source": source, "output": output})

    outcome = refresh(dataset, RefreshOptions(), StepsHere())

    assert outcome.outcome == "refused"
    assert outcome.reason.startswith(
        "max_reject_fraction: 2 of 2 images are rejected before any is fetched; the limit is 5.0%: labels.csv, line 2: "
        "not_found: no such file; labels.csv, line 3: not_found"
    )
    assert "--accept max_reject_fraction" in outcome.reason
