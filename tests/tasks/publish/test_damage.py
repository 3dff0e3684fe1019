"""Damage of every kind: noticed by `verify`, named by readers, repaired where it can be, and never worse for it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import DatasetError, VersionError
from tasks.publish.audit import verify_version
from tasks.publish.derived.repair import refresh_derived
from tasks.publish.documents import Commit, Pin, parse_document
from tasks.publish.history import list_versions, read_history, read_version
from tasks.publish.life import pin, release, roll_back, unpin
from tasks.publish.manifest import Manifest
from tasks.publish.retention import apply_retention, prune
from tasks.publish.row_index import read_rejects, read_rows
from tasks.publish.state import PATH, read_state
from tasks.publish.versions import describe_versions, version_files, version_path
from tasks.samples import StoreUrl

if TYPE_CHECKING:
    from tests.tasks.publish.conftest import Output

Damage = Callable[[bytes, random.Random], bytes | None]


def _flip(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def _zeros(data: bytes, chance: random.Random) -> bytes:
    places = [place for place, byte in enumerate(data) if byte]
    place = chance.choice(places)
    return data[:place] + bytes(min(64, len(data) - place)) + data[place + 64 :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(1, len(data))]


def _append(data: bytes, chance: random.Random) -> bytes:
    return data + chance.randbytes(chance.randrange(1, 100))


KINDS: dict[str, Damage] = {
    "flipped": _flip,
    "zeros": _zeros,
    "cut": _cut,
    "appended": _append,
    "removed": lambda _data, _chance: None,
    "emptied": lambda _data, _chance: b"",
}


def files_of_newest(output: Output) -> list[Path]:
    version = read_version(output.store, max(list_versions(output.store)))
    paths = [file.path for file in version.manifest.files]
    return [output.root / path for path in [*paths, version.commit.manifest, version.commit.path]]


def notices(output: Output) -> bool:
    try:
        return bool(verify_version(output.store, None).problems)
    except VersionError:
        return True


@pytest.mark.parametrize("kind", KINDS)
def test_verify_notices_damage_of_any_file_of_a_version(two: Output, kind: str) -> None:
    chance = random.Random(kind)
    assert not notices(two)
    for _ in range(20):
        path = chance.choice(files_of_newest(two))
        whole = path.read_bytes()
        damaged = KINDS[kind](whole, chance)
        if damaged is None:
            path.unlink()
        else:
            path.write_bytes(damaged)
        assert notices(two), path
        path.write_bytes(whole)


def test_verify_notices_files_that_were_swapped(two: Output) -> None:
    chance = random.Random(1)
    for _ in range(20):
        one, other = chance.sample(files_of_newest(two), 2)
        first, second = one.read_bytes(), other.read_bytes()
        one.write_bytes(second)
        other.write_bytes(first)
        assert notices(two), (one, other)
        one.write_bytes(first)
        other.write_bytes(second)
    assert not notices(two)


def test_parts_of_verifying_add_up_to_all_of_it(two: Output) -> None:
    parts = [verify_version(two.store, None, (number, 3)) for number in (1, 2, 3)]
    whole = verify_version(two.store, None)

    assert sum(part.files for part in parts) == whole.files == 3
    assert sum(part.bytes for part in parts) == whole.bytes


def test_verify_notices_a_class_list_that_is_no_prefix(output: Output) -> None:
    odd = output.write_shard(["cat/1"], ["fox", "cat"])
    output.publish(odd, names=["cat", "fox"])

    ((path, problem),) = verify_version(output.store, None).problems

    assert path == odd.path
    assert "no prefix" in problem


def test_verify_names_damage_of_a_view_that_is_no_link(two: Output) -> None:
    (view,) = (two.root / "versions" / "000001" / "data").iterdir()
    whole = view.read_bytes()
    view.unlink()
    view.write_bytes(whole[:-1])

    ((path, _),) = verify_version(two.store, 1).problems

    assert path == str(view.relative_to(two.root))
    assert refresh_derived(two.store, two.settings) == []
    assert verify_version(two.store, 1).problems == ()


@pytest.mark.fuzz
@given(chance=st.randoms(use_true_random=False), kind=st.sampled_from(["flipped", "zeros", "cut", "appended"]))
def test_a_damaged_commit_or_pin_is_an_error_and_nothing_else(chance: random.Random, kind: str) -> None:
    digest = "ab" * 32
    commit = Commit(
        format=1,
        version=3,
        dataset="pets",
        kind="rollback",
        time="2026-11-25T02:00:00Z",
        hold=True,
        manifest=f"manifests/{digest[:16]}.json",
        manifest_sha256=digest,
        class_names={"label": ["cat", "hund", "søt"]},
        run="20261125T020000Z-0a1b2c3d",
    )
    for document in (commit, Pin(format=1, version=2, time="2026-11-25T02:00:00Z")):
        data = KINDS[kind](document.to_bytes(), chance)
        assert data is not None
        try:
            found = parse_document(data, type(document), "here")
        except VersionError:
            continue
        assert found == document  # what was changed means nothing, such as a blank at the end


@pytest.mark.fuzz
@given(data=st.binary(max_size=400))
def test_bytes_of_any_kind_are_a_document_or_a_version_error(data: bytes) -> None:
    for model in (Commit, Manifest, Pin):
        with pytest.raises(VersionError):
            parse_document(data, model, "here")


@pytest.mark.fuzz
@given(chance=st.randoms(use_true_random=False), kind=st.sampled_from(list(KINDS)))
def test_a_reader_of_a_damaged_output_gets_the_version_or_an_error(
    chance: random.Random, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    output = _published_once(tmp_path_factory)
    files = version_files(output.store, None)
    whole = read_version(output.store, 2)
    path = chance.choice(files_of_newest(output))
    before = path.read_bytes()
    damaged = KINDS[kind](before, chance)
    try:
        path.unlink() if damaged is None else path.write_bytes(damaged)
        try:
            found = read_version(output.store, 2)
            assert (found, version_files(output.store, None)) == (whole, files)
            read_rows(output.store, found.manifest.shards)
            read_rejects(output.store, found.manifest.rejects)
            describe_versions(output.store)
        except VersionError:
            pass
    finally:
        path.write_bytes(before)


_OUTPUTS: list[Output] = []


def _published_once(factory: pytest.TempPathFactory) -> Output:
    from tests.tasks.publish import conftest  # noqa: PLC0415 - found once the test runs

    if not _OUTPUTS:
        output = conftest.Output(StoreUrl(str(factory.mktemp("damaged") / "out")))
        first = output.write_shard(["cat/1", "dog/1"], ["cat", "dog"])
        output.publish(first)
        output.publish(first, output.write_shard(["cat/2"], ["cat", "dog"], "test"))
        _OUTPUTS.append(output)
    return _OUTPUTS[0]


@pytest.mark.fuzz
@given(data=st.binary(max_size=300), at=st.integers(0, 10_000))
def test_a_damaged_state_is_told_and_costs_nothing_else(
    data: bytes, at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    output = _published_once(tmp_path_factory)
    (output.root / PATH).write_bytes(b"PAR1" + data[: at % 300] + b"PAR1")

    assert PATH in read_state(output.store).notice


def test_a_lost_newest_commit_is_noticed(two: Output) -> None:
    (two.root / "commits" / "000002.json").unlink()

    with pytest.raises(VersionError, match=r"commits/000002\.json is missing, so a commit was lost"):
        read_history(two.store)
    with pytest.raises(VersionError, match="a commit was lost"):
        roll_back(two.store, 1)
    (two.root / "latest.json").unlink()
    assert read_history(two.store).version == 1


def test_a_damaged_newest_commit_can_be_rolled_back_over(output: Output) -> None:
    first = output.write_shard(["cat/1"], ["cat"])
    output.publish(first, names=["cat"])
    output.publish(first, output.write_shard(["fox/1"], ["cat", "fox"]), names=["cat", "fox"])
    (output.root / "commits" / "000002.json").write_bytes(b"{")

    with pytest.raises(VersionError, match="rollback ROOT N"):
        read_history(output.store)
    commit = roll_back(output.store, 1)

    assert commit.version == 3
    assert commit.class_names == {"label": ["cat", "fox"]}  # no id is used twice
    assert [line.kind for line in describe_versions(output.store)] == ["refresh", "damaged", "rollback"]
    assert release(output.store).version == 4


@pytest.mark.parametrize("kind", ["commit", "manifest", "pin"])
def test_what_says_what_is_kept_is_damaged_so_nothing_is_deleted(two: Output, kind: str) -> None:
    pin(two.store, 1, "model")
    version = read_version(two.store, 1)
    path = {"commit": version.commit.path, "manifest": version.commit.manifest, "pin": "pins/model.json"}[kind]
    whole = (two.root / path).read_bytes()
    (two.root / path).write_bytes(whole[:-20])
    settings = two.settings.model_copy(update={"keep_versions": 1, "grace_days": 0.0})

    (warning,) = apply_retention(two.store, settings)

    assert path in warning
    (two.root / path).write_bytes(whole)
    assert verify_version(two.store, 1).problems == ()


def test_a_pinned_version_that_was_lost_is_told_until_it_is_given_up(two: Output) -> None:
    pin(two.store, 1, "model")
    (two.root / read_version(two.store, 1).commit.manifest).unlink()

    with pytest.raises(VersionError, match=r"It is pinned \(model\); `parquetry unpin` gives it up"):
        prune(two.store, two.settings)
    unpin(two.store, 1)
    prune(two.store, two.settings)


def test_a_pin_of_one_name_keeps_one_version(two: Output) -> None:
    pin(two.store, 1, "model")
    pin(two.store, 1, "model")

    with pytest.raises(DatasetError, match="keeps version 1 already"):
        pin(two.store, 2, "model")


def test_a_newer_format_is_named_in_all_documents(two: Output) -> None:
    path = two.root / "commits" / "000002.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 5}))

    with pytest.raises(VersionError, match=r"is of format 5, and this parquetry knows up to 4\. Upgrade parquetry"):
        read_history(two.store)


def test_a_commit_in_the_place_of_another_is_damage(two: Output) -> None:
    commits = two.root / "commits"
    (commits / "000002.json").write_bytes((commits / "000001.json").read_bytes())

    with pytest.raises(VersionError, match="it is the commit of version 1"):
        read_history(two.store)


def test_a_lost_view_of_the_newest_version_leads_to_the_one_before(two: Output) -> None:
    view = two.root / "versions" / "000002"
    view.rename(two.root / "elsewhere")

    assert version_path(two.store, None).endswith("versions/000001/data")
    with pytest.raises(VersionError, match="Any run of the dataset repairs it"):
        version_path(two.store, 2)
