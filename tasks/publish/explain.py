"""Where one image went in a version, or why it did not."""

from __future__ import annotations

from contextlib import suppress

from tasks.errors import UnknownImageError, VersionError
from tasks.publish.history import Version, list_all_versions, read_version
from tasks.publish.lookup import Explanation, Known, find_rows, nearest, read_known, row_of_content
from tasks.publish.versions import open_version
from tasks.storage import Store, redact_url


def explain_sample(store: Store, text: str, number: int | None = None) -> list[Explanation]:
    """What became of the images that *text* names: an id, a location, a path, a URL, or a part of one.

    Each is a row: ``outcome`` (written, left out, gone, moved, not yet there), ``version``, and what is known of it; at
    most 50. Of what the version has not, other versions are asked: ``since`` says which made the difference.

    Raises:
        UnknownImageError: No version that is there knows such an image; the nearest ids are named.
        VersionError: There is no such version, or it is damaged.
    """
    version = open_version(store, number)
    known = read_known(store, version)
    if found := find_rows(store, known, text):
        return found
    if elsewhere := _in_other_versions(store, version, text):
        return elsewhere
    near = nearest(known, text)
    closest = f" The nearest: {', '.join(near)}." if near else ""
    raise UnknownImageError(
        f"Version {version.commit.version} of {redact_url(store.place.url)} knows no image {text[:100]!r}, and no "
        f"other version that is kept does.{closest}"
    )


def _in_other_versions(store: Store, version: Version, text: str) -> list[Explanation]:
    """What the version nearest to *version* says of *text* that knows it, the earlier ones first."""
    own = version.commit.version
    numbers = [one for one in list_all_versions(store) if one != own]
    for number in sorted(numbers, key=lambda one: (one > own, abs(one - own))):
        with suppress(VersionError):
            other = read_version(store, number)
            known = read_known(store, other)
            if found := find_rows(store, known, text):
                return [_told(store, version, known, row) for row in found]
    return []


def _told(store: Store, version: Version, other: Known, row: Explanation) -> Explanation:
    """*row*, of an *other* version, as *version* sees it."""
    own, there = version.commit.version, row["version"]
    if there > own:
        return {**row, "outcome": "not yet there", "version": own, "since": there}
    facts: Explanation = {**row, "version": own, "in_version": there, "since": there + 1, "outcome": "gone"}
    if moved := row_of_content(store, version, row, known_before=frozenset(other.ids)):
        facts |= {"outcome": "moved", "moved_to": moved}
    return facts
