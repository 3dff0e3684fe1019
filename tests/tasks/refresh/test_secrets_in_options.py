"""What `storage_options` hold is written nowhere below an output, at no moment of a run, nor after it was killed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from tasks import redaction
from tasks.building.plan_files import read_plan
from tasks.building.spec import BuildSpec, _spec_of
from tasks.errors import UntoldError
from tasks.publish import OutputSettings, Run
from tasks.redaction import concealed_in, learn_concealed
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import Build, refresh
from tests.steps_here import StepsHere, build_here

SECRET = b"S3CRET77"


class Killed(BaseException):
    """The end of a process."""


class Watched(StepsHere):
    """Looks at every byte of the output once the shards are built and the run's own folder is full."""

    def __init__(self, root: Path, *, is_killed: bool) -> None:
        self.root, self.is_killed, self.looked_at = root, is_killed, 0

    @contextmanager
    def building(self, run: Run) -> Iterator[Build]:
        def build(*planned: Any) -> Any:
            outcomes = build_here(*planned)
            assert (self.root / run.folder / "plan.arrow").is_file()
            self.looked_at += look(self.root)
            if self.is_killed:
                raise Killed
            return outcomes

        yield build


def look(root: Path) -> int:
    """How many files there are below *root*; no secret stands in any."""
    files = [path for path in root.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET in path.read_bytes()] == []
    return len(files)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    for number, label in enumerate(["cat", "dog"]):
        (tmp_path / "pets" / label).mkdir(parents=True)
        Image.new("RGB", (9, 9), (number, 3, 100)).save(tmp_path / "pets" / label / "0.png")
    options = {"comment": SECRET.decode(), "client_kwargs": {"note": SECRET.decode()}}
    return Dataset.model_validate(
        {
            "name": "pets",
            "source": {"path": str(tmp_path / "pets"), "layout": "class_folders", "storage_options": options},
            "resize": {"size": [8, 8]},
            "output": {"path": str(tmp_path / "out"), "storage_options": options},
        }
    )


@pytest.mark.parametrize("is_killed", [False, True])
def test_options_stand_in_no_file_of_the_output(dataset: Dataset, tmp_path: Path, is_killed: bool) -> None:
    steps = Watched(tmp_path / "out", is_killed=is_killed)

    if is_killed:
        with pytest.raises(Killed):
            refresh(dataset, RefreshOptions(), steps)
    else:
        assert refresh(dataset, RefreshOptions(), steps).outcome == "published"

    assert steps.looked_at >= 3
    look(tmp_path / "out")


def test_another_process_reads_a_plan_once_it_is_told(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Mapping[str, Any]] = []

    class Elsewhere(StepsHere):
        @contextmanager
        def building(self, run: Run) -> Iterator[Build]:
            def build(plan: Any, spec: BuildSpec) -> Any:
                outcomes = build_here(plan, spec)
                text = read_plan(run.store.place.child(spec.folder, "plan.arrow"), 0)[1]
                told.append(concealed_in(json.loads(text)))
                monkeypatch.setattr(redaction, "_CONCEALED", {})
                _spec_of.cache_clear()  # as in a process that has not read it yet
                with pytest.raises(UntoldError, match="was not told the `storage_options`"):
                    BuildSpec.from_json(text)
                learn_concealed(told[0])
                assert BuildSpec.from_json(text) == spec
                return outcomes

            yield build

    assert refresh(dataset, RefreshOptions(), Elsewhere()).outcome == "published"
    assert told
    look(tmp_path / "out")


@pytest.mark.parametrize(
    ("path", "options", "remedy"),
    [
        ("s3://b/p", {"key": "AKIA", "secret": "x"}, "'key' looks like a credential.*AWS_ACCESS_KEY_ID"),
        ("s3://b/p", {"client_kwargs": {"aws_secret_access_key": "x"}}, "'client_kwargs.aws_secret_access_key' looks"),
        ("s3://b/p", {"endpoint_url": "http://user:pass@host:9000"}, "'endpoint_url' looks like a credential"),
        ("gs://b/p", {"token": {"private_key": "x"}}, "GOOGLE_APPLICATION_CREDENTIALS"),
        ("abfs://b/p", {"account_key": "x"}, "AZURE_STORAGE_ACCOUNT_KEY"),
        ("sftp://host/p", {"password": "x"}, "set FSSPEC_SFTP_PASSWORD in the environment"),
        ("https://host/p", {"client_kwargs": {"headers": {"Authorization": "x"}}}, "set FSSPEC_HTTPS in the environ"),
    ],
)
def test_a_credential_in_the_config_is_refused_with_the_place_it_belongs(
    path: str, options: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(ValidationError, match=remedy):
        OutputSettings(path=path, storage_options=options)


@pytest.mark.parametrize(
    "options",
    [
        {"anon": True, "endpoint_url": "http://127.0.0.1:9000", "key": "", "secret": None},
        {"token": "google_default"},
        {"token": "/run/secrets/key.json", "key_filename": "~/.ssh/id"},
        {"use_ssl": False, "client_kwargs": {"region_name": "eu-central-1"}},
    ],
)
def test_what_leads_to_a_credential_is_none(options: dict[str, Any]) -> None:
    assert OutputSettings(path="s3://b/p", storage_options=options).storage_options == options
