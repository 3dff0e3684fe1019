"""What a user gets for a mistake: one clear message, exit code 2, and no Prefect, no traceback, nothing published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig


def complain(command: Command, config: Path | str, lines: int = 6) -> str:
    """What `run` says of *config*, which it must refuse before it needs Prefect."""
    result = command("run", config, code=2)
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) <= lines
    assert result.stderr.count("error:") == 1
    return result.stderr


def test_no_such_config(offline_parquetry: Command) -> None:
    assert "nowhere.yaml: no such config file" in complain(offline_parquetry, "nowhere.yaml")


def test_no_such_source(offline_parquetry: Command, write_config: WriteConfig, tmp_path: Path) -> None:
    message = complain(offline_parquetry, write_config(tmp_path / "absent"))

    assert str(tmp_path / "absent") in message
    assert "source.path" in message


def test_an_empty_folder(offline_parquetry: Command, write_config: WriteConfig, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert "empty" in complain(offline_parquetry, write_config(tmp_path / "empty"))
    assert not (tmp_path / "out-pets" / "commits").exists()


def test_a_folder_of_other_things_says_what_lies_there(
    offline_parquetry: Command, write_config: WriteConfig, tmp_path: Path
) -> None:
    (tmp_path / "notes" / "cat").mkdir(parents=True)
    (tmp_path / "notes" / "cat" / "list.docx").write_text("no image")

    message = complain(offline_parquetry, write_config(tmp_path / "notes"))

    assert "No image" in message
    assert ".docx" in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("name: pets\nsource: {path: [}\n", ["c.yaml:2:", "not valid YAML"], id="bad YAML"),
        pytest.param(
            "name: pets\nsource: {path: x}\noutput: {path: y}\nrezise: {size: [1, 1]}\n",
            ["c.yaml:4: rezise", "did you mean 'resize'?"],
            id="an unknown section",
        ),
        pytest.param(
            "name: pets\nsource:\n  path: x\n  layot: csv\noutput: {path: y}\n",
            ["c.yaml:4: source.layot", "did you mean 'layout'?"],
            id="an unknown key",
        ),
        pytest.param(
            "name: pets\nsource:\n  path: x\n  layout: cvs\noutput: {path: y}\n",
            ["c.yaml:4: source.layout", "csv"],
            id="an unknown layout",
        ),
        *(
            pytest.param(
                f"name: pets\nsource:\n  path: x\n{lines}\noutput: {{path: y}}\n", [f"c.yaml:4: {said}"], id=said
            )
            for lines, said in [
                (
                    "  where: {a: b}",
                    "source.where: unknown key; it belongs to a table: `tables: [{file: …, where: …}]`",
                ),
                ("  tables: [{table: a.csv}]", "source.tables.table: unknown key; did you mean 'file'?"),
                (
                    "  tables: [a.csv]",
                    "source.tables: write a table as a section of its own: `tables: [{file: a.csv}]`",
                ),
                ("  pattern: '(?P<label>['", "source.pattern: is not a regular expression"),
            ]
        ),
        pytest.param(
            "name: pets\nsource: {path: x}\noutput: {path: y}\nresize:\n  size: large\n",
            ["c.yaml:5: resize.size", "write a list, such as [224, 224] or [a, b], not 'large'"],
            id="a wrong type",
        ),
        pytest.param("source: {path: x}\noutput: {path: y}\n", ["name: is missing"], id="a missing key"),
        pytest.param("- a\n- b\n", ["c.yaml:1:", "mapping"], id="a list"),
        pytest.param(
            "name: pets\nsource: {path: x}\noutput: {path: y}\nwrite: {pixels: original}\n",
            ["resize.mode: none"],
            id="original pixels that would be resized",
        ),
        pytest.param(
            "name: pets\nsource: {path: x}\noutput: {path: y}\nresize: {color: RGBA}\n",
            ["JPEG has no transparency", "write.pixels: png"],
            id="transparency in JPEG",
        ),
        pytest.param(
            "name: pets\nsource: {path: x}\noutput: {path: y}\nresize: {color: L}\nwrite: {pixels: webp}\n",
            ["WebP has no grey images", "write.pixels: png"],
            id="grey in WebP",
        ),
    ],
)
def test_a_wrong_config_names_line_and_remedy(
    offline_parquetry: Command, tmp_path: Path, text: str, expected: list[str]
) -> None:
    (tmp_path / "c.yaml").write_text(text)

    message = complain(offline_parquetry, "c.yaml")

    assert all(part in message for part in expected), message


def test_a_csv_without_a_label_column_lists_the_columns_found(
    offline_parquetry: Command, write_config: WriteConfig, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text("file_name,width,height\ncat/0.png,20,16\n")

    message = complain(offline_parquetry, write_config(tmp_path / "rows.csv"))

    assert "label" in message
    assert "width" in message
    assert "columns" in message


def test_a_csv_without_a_location_column_lists_the_columns_found(
    offline_parquetry: Command, write_config: WriteConfig, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text("label,width,height\ncat,20,16\n")

    message = complain(offline_parquetry, write_config(tmp_path / "rows.csv"))

    assert "location" in message
    assert "height" in message


def test_an_output_that_cannot_be_written(
    offline_parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")

    message = complain(offline_parquetry, write_config(pets, output={"path": str(tmp_path / "file" / "out")}))

    assert str(tmp_path / "file") in message
    assert "output.path" in message


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which even root may not write")
def test_a_read_only_output(offline_parquetry: Command, write_config: WriteConfig, pets: Path) -> None:
    assert "/proc/out" in complain(offline_parquetry, write_config(pets, output={"path": "/proc/out"}))


def test_an_output_inside_the_source(offline_parquetry: Command, write_config: WriteConfig, pets: Path) -> None:
    message = complain(offline_parquetry, write_config(pets, output={"path": str(pets / "out")}))

    assert "source" in message
    assert not (pets / "out").exists()


def test_a_source_inside_the_output(
    offline_parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    assert "output" in complain(offline_parquetry, write_config(pets, output={"path": str(tmp_path)}))


def test_an_ambiguous_layout_names_both_readings(
    offline_parquetry: Command, write_config: WriteConfig, pets: Path
) -> None:
    (pets / "train" / "bird").mkdir(parents=True)
    (pets / "train" / "bird" / "0.png").write_bytes((pets / "cat" / "0.png").read_bytes())

    message = complain(offline_parquetry, write_config(pets), lines=20)  # the proposals, as YAML

    assert "train" in message
    assert "class_folders" in message or "hierarchy" in message
    assert "split_folders" in message


def test_an_override_that_is_wrong_names_itself(offline_parquetry: Command, config: Path) -> None:
    result = offline_parquetry("run", config, "--set", "resize.size=huge", code=2)

    assert "--set resize.size" in result.stderr


def test_one_wrong_config_does_not_stop_the_others_from_being_checked(
    offline_parquetry: Command, config: Path, tmp_path: Path
) -> None:
    (tmp_path / "wrong.yaml").write_text("name: x\n")

    lines = offline_parquetry("check", config, tmp_path / "wrong.yaml", "--json", code=2).stdout.splitlines()

    assert [json.loads(line)["ok"] for line in lines] == [True, False]
