"""`croissant.json` keeps the rules of Croissant 1.0; `make test-readers` has the format's own library read it, too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tasks.publish.audit import verify_version
from tasks.publish.derived.repair import refresh_derived
from tasks.publish.history import read_version

if TYPE_CHECKING:
    from tests.tasks.publish.conftest import Output

DATA_TYPES = {"sc:Text", "sc:Integer", "sc:Float", "sc:Boolean", "sc:ImageObject"}


def croissant(output: Output) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((output.root / "croissant.json").read_bytes())
    return found


def named(node: Any) -> Iterator[str]:
    """The ids that parts of *node* point to."""
    if isinstance(node, dict):
        if set(node) == {"@id"}:
            yield node["@id"]
        yield from (one for value in node.values() for one in named(value))
    elif isinstance(node, list):
        yield from (one for value in node for one in named(value))


def test_the_document_says_what_it_must_and_points_only_to_what_it_has(two: Output) -> None:
    found = croissant(two)
    fields = [field for records in found["recordSet"] for field in records["field"]]
    ids = [node["@id"] for node in (*found["distribution"], *found["recordSet"], *fields)]

    assert found["@type"] == "sc:Dataset"
    assert found["conformsTo"] == "http://mlcommons.org/croissant/1.0"
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["version"])
    assert all(found[key] for key in ("name", "description", "url", "datePublished"))
    assert len(ids) == len(set(ids))
    assert {one for part in ("distribution", "recordSet") for one in named(found[part])} <= set(ids)
    assert {field["dataType"] for field in fields} <= DATA_TYPES
    assert all(field["@id"].startswith(f"{records['@id']}/") for records in found["recordSet"]
               for field in records["field"])  # fmt: skip


def test_each_file_of_the_newest_version_stands_there_with_its_sum_and_no_other(two: Output) -> None:
    found = croissant(two)
    files = {part["contentUrl"]: part for part in found["distribution"] if part["@type"] == "cr:FileObject"}
    (whole,) = (part for part in found["distribution"] if part["@type"] == "cr:FileSet")
    shards = read_version(two.store, 2).manifest.shards

    assert {path: part["sha256"] for path, part in files.items()} == {shard.path: shard.sha256 for shard in shards}
    assert whole["includes"] == [shard.path for shard in shards]
    assert [part["contentSize"] for part in files.values()] == [f"{shard.bytes} B" for shard in shards]


def test_classes_and_splits_are_listed_in_their_order(two: Output) -> None:
    records = {part["@id"]: part for part in croissant(two)["recordSet"]}

    assert [row["classes/name"] for row in records["classes"]["data"]] == ["cat", "dog"]
    assert {row["splits/name"] for row in records["splits"]["data"]} == {"train", "test"}
    image = next(field for field in records["images"]["field"] if field["name"] == "image")
    assert image["source"] == {
        "fileSet": {"@id": "shards"},
        "extract": {"column": "image"},
        "transform": {"jsonPath": "bytes"},
    }


def test_it_is_made_anew_where_it_is_gone_and_left_alone_where_it_is_somebody_elses(two: Output) -> None:
    made = (two.root / "croissant.json").read_bytes()
    (two.root / "croissant.json").unlink()
    assert refresh_derived(two.store, two.settings) == []
    assert (two.root / "croissant.json").read_bytes() == made
    (two.root / "croissant.json").write_text('{"@context": "mine"}')

    assert "croissant.json is somebody else's" in refresh_derived(two.store, two.settings)[0]
    assert verify_version(two.store, None).problems == ()
