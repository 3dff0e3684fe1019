"""`parquetry discover` and `init`: what a source is, and the config that fits it, without one being there yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from tasks.config_text.words import unknown_layout, words_for
from tasks.discover import Source, discover_sources
from tasks.discover.auto import AutoSource
from tasks.discover.by_folders.folders import ignored_in, images_under
from tasks.discover.listing.tree import TreeLine, tree_of, tree_of_samples
from tasks.discover.proposals import UnsettledLayoutError
from tasks.discover.words.split_words import SplitWords
from tasks.errors import ConfigError, LayoutError
from tasks.quick_imports import leave_pandas_aside
from tasks.samples import Discovery
from tasks.storage import is_url, local_path, redact_url, require_scheme

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Survey:
    """What a look at a source saw.

    Attributes:
        found: What was discovered; None where it was refused.
        refusal: Why it was refused; None where it was not.
        tree: Its folders.
        images: How many images there are.
        ignored: What is skipped, with counts.
    """

    found: Discovery | None
    refusal: UnsettledLayoutError | None
    tree: Sequence[TreeLine]
    images: int
    ignored: Mapping[str, int]


def survey(path: str, options: Mapping[str, object], layout: str) -> Survey:
    """What lies at *path*, also where it cannot be settled how it is to be read.

    Raises:
        ConfigError: There is no such layout.
        LayoutError: There is no such source, or no image in it.
    """
    source = _source_at(path, options, layout).telling_origins()
    if not isinstance(source, AutoSource) or source.as_label_file() is not None:
        found = _told(lambda: discover_sources([source], {}))
        return Survey(found, None, tree_of_samples(found), found.listed, found.ignored)
    listing = _told(lambda: images_under(source))
    tree = tree_of(listing)
    try:
        found = _told(lambda: source.discover_in(listing, SplitWords({})))
    except UnsettledLayoutError as error:
        return Survey(None, error, tree, listing.count, ignored_in(listing))
    return Survey(found, None, tree, found.listed, found.ignored)


def discover(path: str, options: Mapping[str, object], layout: str) -> Discovery:
    """What lies at *path*: a folder or a label file, local or not.

    Raises:
        ConfigError: There is no such layout.
        LayoutError: There is no such source, no image in it, or it can be read in two ways.
    """
    return _told(lambda: discover_sources([_source_at(path, options, layout)], {}))


def place_of(path: str) -> str:
    """Where *path* is, whatever folder a process works in."""
    return path if is_url(path) else str(local_path(path).absolute())


def _source_at(path: str, options: Mapping[str, object], layout: str) -> Source:
    leave_pandas_aside()
    require_scheme(path)
    try:
        source: Source = TypeAdapter(Source).validate_python(
            {"path": place_of(path), "layout": layout, "storage_options": dict(options)}
        )
    except ValidationError as error:
        [problem, *_] = error.errors()
        if problem["type"] == "union_tag_invalid":
            raise ConfigError(f"--layout: {unknown_layout(problem['ctx'])}") from None
        raise ConfigError(f"{redact_url(path)}: {'.'.join(map(str, problem['loc']))}: {words_for(problem)}") from None
    return source


def _told(look: Callable[[], Result]) -> Result:
    """What *look* returns; its errors speak of a path, not of the config's key."""
    try:
        return look()
    except LayoutError as error:
        if type(error) is not LayoutError:
            raise
        raise LayoutError(str(error).replace("Check `source.path`", "Check the path")) from None
