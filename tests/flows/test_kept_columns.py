"""Columns of label files that the shards keep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig


def test_kept_columns_are_text_in_every_shard_and_change_without_decoding(
    parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    labels = pets / "labels.csv"
    rows = ["cat/0.png,cat,Ann,CC BY", "cat/1.png,cat,,CC0", "dog/0.png,dog,Bob,"]
    labels.write_text("\n".join(["file,label,photographer,the license", *rows]))
    source = {"path": str(labels), "keep_columns": ["photographer", "the license"]}
    config = write_config(source)

    parquetry.run_json(config)
    table = pq.read_table(tmp_path / "out-pets" / "versions" / "000001" / "data").sort_by("sample_id")
    labels.write_text(labels.read_text().replace("Bob", "Eve"))
    (second,) = parquetry.run_json(config)
    later = pq.read_table(tmp_path / "out-pets" / "versions" / "000002" / "data").sort_by("sample_id")
    (third,) = parquetry.run_json(config)

    assert table["photographer"].to_pylist() == ["Ann", "", "Bob"]
    assert table["the_license"].to_pylist() == ["CC BY", "CC0", ""]
    assert (second["outcome"], second["images_decoded"], second["rows_copied"]) == ("published", 0, 3)
    assert later["photographer"].to_pylist() == ["Ann", "", "Eve"]
    assert third["outcome"] == "unchanged"


def test_a_kept_column_cannot_have_the_name_of_another(
    offline_parquetry: Command, write_config: WriteConfig, pets: Path
) -> None:
    (pets / "labels.csv").write_text("file,label,width\ncat/0.png,cat,20\n")
    source = {"path": str(pets / "labels.csv"), "keep_columns": ["width"]}

    assert "given_width" in offline_parquetry("check", write_config(source), code=2).stderr
    for both in ({"width": "kept", "file": "kept"}, ["a b", "a_b"]):
        assert (
            "give one another name"
            in offline_parquetry("check", write_config(source | {"keep_columns": both}), code=2).stderr
        )
    renamed = source | {"keep_columns": {"width": "given_width"}}
    offline_parquetry("check", write_config(renamed))
