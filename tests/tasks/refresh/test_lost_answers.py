"""What a run says is so, whatever becomes of its requests to an object store and of the store's answers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import s3fs
from PIL import Image

from tasks.errors import DatasetError, OutputError, RefusedError, UnknownOutcomeError
from tasks.publish import check_output
from tasks.publish.audit import verify_version
from tasks.publish.history import list_versions
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.refresh import refresh
from tasks.samples import StoreUrl
from tasks.storage import open_store
from tests.faulty_proxy import FAULTS, Proxy, proxy
from tests.steps_here import StepsHere

STRIDE = int(os.environ.get("FAULT_STRIDE", "7"))
"""1: each request of a run is spoilt in turn; more: every so many."""
COMMIT = r"/commits/[0-9]+\.json"
PROBE = r"/runs/probe-[0-9a-f]+/file"


@dataclass
class Nightly:
    """A dataset in an object store, reached through a proxy; and what is really there.

    Attributes:
        proxy: Between the runs and the store.
        source: The folder of images.
        bucket: Where the dataset is published; its folder there is `pets`.
        endpoint: The store itself.
    """

    proxy: Proxy
    source: Path
    bucket: str
    endpoint: str

    def dataset(self, endpoint: str, patience_s: int) -> Dataset:
        options = {
            "endpoint_url": endpoint or self.proxy.endpoint,
            "config_kwargs": {"read_timeout": patience_s, "retries": {"max_attempts": 1}},
        }
        return Dataset.model_validate(
            {
                "name": "pets",
                "source": {"path": str(self.source), "layout": "class_folders"},
                "resize": {"size": [8, 8]},
                "output": {"path": f"s3://{self.bucket}/pets", "storage_options": options},
            }
        )

    def run(self, endpoint: str = "", patience_s: int = 1) -> RunOutcome | DatasetError:
        """What one run says; probe and all."""
        dataset = self.dataset(endpoint, patience_s)
        try:
            check_output(dataset.output, dataset.name, [])
            return refresh(dataset, RefreshOptions(), StepsHere())
        except DatasetError as error:
            return error

    def add(self) -> None:
        """One image more, so that the next run has something to publish."""
        number = len(list(self.source.rglob("*.png")))
        path = self.source / ("cat", "dog")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9), (number % 250, 3, 100)).save(path)

    def begin_anew(self) -> None:
        """A dataset of one version beside those before: what a run asks for grows with the versions of a grace."""
        self.bucket = f"answers/{uuid4().hex}"
        assert isinstance(self.run(self.endpoint, 600), RunOutcome)

    def versions(self) -> list[int]:
        """The versions that are there, each of them whole."""
        store = open_store(StoreUrl(f"s3://{self.bucket}/pets", {"endpoint_url": self.endpoint}))
        found = list_versions(store)
        assert verify_version(store, None).problems == ()
        return found


@pytest.fixture(scope="module")
def nightly(s3: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nightly]:
    """A dataset of one version."""
    with pytest.MonkeyPatch.context() as patch, proxy(s3) as between:
        for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(key, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem(endpoint_url=s3, skip_instance_cache=True).mkdir("answers")
        made = Nightly(between, tmp_path_factory.mktemp("source"), "answers", s3)
        made.add()
        made.add()
        assert isinstance(made.run(), RunOutcome)
        yield made


@pytest.fixture(autouse=True)
def _all_is_well_again(nightly: Nightly) -> Iterator[None]:
    yield
    nightly.proxy.spoils = lambda *_: ""


def false_words(said: RunOutcome | DatasetError, before: list[int], after: list[int]) -> str:
    """What a run that was alone said and is not so; empty where all is."""
    published = len(after) - len(before)
    if isinstance(said, UnknownOutcomeError):
        return ""
    if isinstance(said, DatasetError):
        return f"failed, and published: {said}" if published else ""
    if said.outcome == "published":
        return "" if published == 1 and said.version == after[-1] else f"published {said.version}: {after}"
    return f"{said.outcome}, of a run that was alone: {said.reason}"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_run_knows_its_own_commit_and_its_own_probe(nightly: Nightly, fault: str) -> None:
    nightly.add()
    before = nightly.versions()
    left = {PROBE: fault, COMMIT: fault}
    nightly.proxy.spoils = lambda _number, method, path: next(
        (left.pop(place) for place in list(left) if method == "PUT" and re.search(place, path)), ""
    )

    said = nightly.run()

    assert left == {}
    assert isinstance(said, RunOutcome), said
    assert said.outcome == "published"
    assert false_words(said, before, nightly.versions()) == ""


def test_where_the_store_does_not_answer_the_run_says_that_it_does_not_know(nightly: Nightly) -> None:
    nightly.add()
    before = nightly.versions()
    nightly.proxy.always("PUT|GET|HEAD", COMMIT.replace("[0-9]+", f"0*{len(before) + 1}"), "500 after")

    said = nightly.run()

    assert isinstance(said, UnknownOutcomeError)
    assert f"not known whether version {len(before) + 1} was published" in str(said)
    assert "the next run will tell" in str(said)
    nightly.proxy.spoils = lambda *_: ""
    assert len(nightly.versions()) == len(before) + 1
    told = nightly.run()
    assert isinstance(told, RunOutcome)
    assert (told.outcome, told.version) == ("unchanged", len(before) + 1)


def test_what_fails_before_the_commit_publishes_nothing_and_says_so(nightly: Nightly) -> None:
    nightly.add()
    before = nightly.versions()
    nightly.proxy.always("PUT", r"/manifests/", "500 before")

    said = nightly.run()

    assert isinstance(said, OutputError)
    assert "This run published nothing" in str(said)
    assert nightly.versions() == before


def test_another_runs_commit_is_not_taken_for_ones_own(nightly: Nightly) -> None:
    nightly.add()
    before = nightly.versions()
    left, others = iter([True]), list[RunOutcome | DatasetError]()

    def overtaken(_number: int, method: str, path: str) -> str:
        if method == "PUT" and re.search(COMMIT, path) and next(left, False):
            others.append(nightly.run(nightly.endpoint))
            return "cut after"
        return ""

    nightly.proxy.spoils = overtaken

    said = nightly.run(patience_s=600)

    assert [getattr(other, "outcome", str(other)) for other in others] == ["published"], others
    assert isinstance(said, RunOutcome)
    assert said.outcome == "refused"
    assert f"superseded: version {len(before) + 1} was published at" in said.reason
    assert len(nightly.versions()) == len(before) + 1


def test_a_document_costs_one_request(nightly: Nightly) -> None:
    options = {"endpoint_url": nightly.proxy.endpoint}
    store = open_store(StoreUrl(f"s3://{nightly.bucket}/pets", options))
    store.create("note.json", b"{}")
    nightly.proxy.seen.clear()

    assert store.read_bytes("note.json") == b"{}"

    assert [method for method, _ in nightly.proxy.seen] == ["GET"]


@pytest.mark.answers
@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_becomes_of_any_request_no_word_is_false_and_no_commit_lost(nightly: Nightly, fault: str) -> None:
    findings: list[str] = []
    wanted = 0
    while True:
        if wanted % (5 * STRIDE) == 0:
            nightly.begin_anew()
        nightly.add()
        before = nightly.versions()
        nightly.proxy.once(wanted, fault)
        said = nightly.run()
        asked = nightly.proxy.seen[wanted] if len(nightly.proxy.seen) > wanted else None
        nightly.proxy.spoils = lambda *_: ""
        after = nightly.versions()
        if word := false_words(said, before, after):
            findings.append(f"{wanted} {asked}: {word}")
        told = nightly.run()
        if not isinstance(told, RunOutcome) or told.outcome not in {"published", "unchanged"}:
            findings.append(f"{wanted} {asked}: the run after it: {told}")
        if asked is None:
            break
        wanted += STRIDE
    print(f"{fault}: {wanted} requests")

    assert findings == []
    assert wanted > 30


@pytest.mark.answers
@pytest.mark.parametrize("fault", FAULTS)
def test_of_two_runs_at_once_each_says_what_is_so(nightly: Nightly, fault: str) -> None:
    findings: list[str] = []
    for wanted in range(0, 60, 5 + STRIDE):
        if wanted % (5 * (5 + STRIDE)) == 0:
            nightly.begin_anew()
        nightly.add()
        before = nightly.versions()
        nightly.proxy.once(wanted, fault)
        with ThreadPoolExecutor(2) as pool:
            said = list(pool.map(nightly.run, ("", nightly.endpoint)))
        nightly.proxy.spoils = lambda *_: ""
        published = [one.version or 0 for one in said if isinstance(one, RunOutcome) and one.outcome == "published"]
        unknown = [one for one in said if isinstance(one, UnknownOutcomeError)]
        made = nightly.versions()[len(before) :]
        others = [one for one in said if isinstance(one, DatasetError) and not isinstance(one, RefusedError)]
        if sorted(published) != made and not unknown:
            findings.append(f"{wanted}: {made} made, {published} said")
        findings += [f"{wanted}: {one}" for one in others if "nothing" not in str(one) and one not in unknown]
    assert findings == []
