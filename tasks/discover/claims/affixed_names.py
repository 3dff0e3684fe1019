"""What tables claim that call images by a part of their names: 7 for ``img_0007.png``, ``a.jpg`` for ``a_s.png``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.config_keys import TableKeys
from tasks.discover.claims.claim import Entries, LabelClaim, SplitClaim, labels_by_file
from tasks.discover.claims.column_roles import ColumnRoles, LabelColumn, roles_of
from tasks.discover.claims.table_claims import said_of
from tasks.discover.claims.table_views import SUBMISSION, Family
from tasks.discover.heads.head import Head
from tasks.discover.heads.named_files import stem_of
from tasks.discover.listing.listing import Listing
from tasks.discover.words.folder_names import is_companion_name, tokens
from tasks.discover.words.split_words import SplitWords

_FEWEST = 6
_ALL = 0.95
_HALF = 0.5
_MOST_COLUMNS = 3
_MOST_WAYS = 16
_FEWEST_ROWS = 12
_COUNTS = {"record.number": 1, "record.index": 0}
"""What the columns are called by which rows are counted, and with what they begin."""
CALLED = "called"
"""What the column is called by which images and rows are joined, and the group of a pattern that finds it in paths."""
_NUMBERS = frozenset("image img file name id ids no nr number num index sample picture photo".split())
_STEM = r"(?P<called>[^/\\]+?)(?:\.[A-Za-z][A-Za-z0-9]{1,4})?$"


@dataclass(frozen=True, slots=True)
class _Affix:
    """What stands before and behind the part of images' names by which a table calls them."""

    before: str
    behind: str
    is_number: bool

    @property
    def pattern(self) -> str:
        kind = "[0-9]+" if self.is_number else "[^/]+"
        return rf"(^|/){re.escape(self.before)}(?P<{CALLED}>{kind}){re.escape(self.behind)}\.[^./]+$"

    @property
    def listing(self) -> str:
        before, behind = (re.sub(r"([*?\[])", r"[\1]", text) for text in (self.before, self.behind))
        return f"**/{before}*{behind}.*"

    def called(self, paths: pa.ChunkedArray) -> list[str | None]:
        """By what the table calls each of *paths*; None for those of other names."""
        found = called_by(self.pattern, paths)
        return [_plain(text) if text is not None and self.is_number else text for text in found]


def affixed_claims(
    listing: Listing, others: Iterable[Head], words: SplitWords, *, by_rows: bool = True
) -> list[LabelClaim]:
    """What those of *others*, tables that name no image, say of images that they call by a part of their names.

    With *by_rows* the numbers of their rows may do so, too.
    """
    found = []
    for head in plain_tables(others):
        told = _of_table(listing, head, words) if len(head.names) > 1 else []
        found += told or (_of_rows(listing, head, words) if by_rows else [])
    return found


def plain_tables(heads: Iterable[Head]) -> Iterator[Head]:
    """Those of *heads* that are whole files, or lists without names in one, and no submissions to a contest."""
    for head in heads:
        is_part = "at" in head.keys and len(head.names) > 1
        is_plain = not (head.members or head.placed or head.line_form or is_part)
        if is_plain and not SUBMISSION & set(tokens(head.path)):
            yield head


def called_by(pattern: str, paths: pa.ChunkedArray) -> list[str | None]:
    """What *pattern* finds in each of *paths* as `CALLED`; None where it does not fit."""
    return pc.struct_field(pc.extract_regex(paths, pattern.replace("(^|/)", "(?:^|/)")), CALLED).to_pylist()


def padded_claims(
    families: Iterable[Family], listing: Listing, words: SplitWords
) -> tuple[list[Family], list[LabelClaim]]:
    """What tables say whose numbers are all images' names, but for zeros in front of some; and the other *families*."""
    left, found = [], []
    for family in families:
        [view, *more] = family.views
        is_partly = not more and not all(view.files) and all(map(str.isdecimal, view.head.column(view.location)))
        if is_partly and (claims := affixed_claims(listing, [view.head], words, by_rows=False)):
            found += claims
        else:
            left.append(family)
    return left, found


def _of_rows(listing: Listing, head: Head, words: SplitWords) -> list[LabelClaim]:
    """What *head* says of images that are numbered as its rows are, from 0 or from 1; none of it is sure."""
    is_long = head.is_whole and len(head.rows) >= _FEWEST_ROWS and head.keys.get("orient") != "map"
    ways = [way for way in ways_with_header(head) if is_long and (way is head or not _repeats_names(way))]
    for way in ways:
        for key, first in _COUNTS.items():
            cells = [str(number) for number in range(first, first + len(way.rows))]
            fitting = [one for one in _affixes(_without_companions(listing), cells[-1], is_number=True)
                    if _fits(one, listing.files["path"], cells)]  # fmt: skip
            columns = {name: [cell.strip() for cell in way.column(name)] for name in way.names}
            roles = roles_of(columns, len(cells), way.said, words)
            if len(fitting) == 1 and roles.labels:
                numbered = replace(
                    way,
                    names=(*way.names, key),
                    rows=tuple((*row, cell) for row, cell in zip(way.rows, cells, strict=True)),
                )
                called = _Called(listing, numbered, key, fitting[0], roles)
                return [called.claim(column, is_sure=False) for column in roles.labels]
    return []


def _repeats_names(head: Head) -> bool:
    """Whether what is taken for the names of the columns of *head* stands in its rows, too: they are a row."""
    return any(name in head.column(name) for name in head.names)


def _of_table(listing: Listing, head: Head, words: SplitWords) -> list[LabelClaim]:
    for way in ways_with_header(head):
        for key in way.names[:_MOST_COLUMNS]:
            cells = [stem_of(cell.strip()) for cell in way.column(key)]
            if len(set(cells)) < max(_FEWEST, _HALF * listing.count) or len(set(cells)) < len(cells) or "" in cells:
                continue
            columns = {name: [cell.strip() for cell in way.column(name)] for name in way.names if name != key}
            roles = roles_of(columns, len(cells), way.said, words)
            ways = list(_ways(listing, way, key, cells, words)) if roles.labels else []
            if len(ways) == 1:
                called = _Called(listing, way, key, ways[0], roles)
                sure = None if roles.is_guess else roles.one_label
                return [called.claim(column, is_sure=column is sure) for column in roles.labels]
    return []


def ways_with_header(head: Head) -> Iterator[Head]:
    """*head*, and where it has no names with those that its first row could be."""
    yield head
    if all(map(str.isdecimal, head.names)) and head.rows and len(set(head.rows[0])) == len(head.names):
        yield replace(head, names=head.rows[0], rows=head.rows[1:])


def _ways(listing: Listing, head: Head, key: str, cells: Sequence[str], words: SplitWords) -> Iterator[_Affix]:
    """The affixes with which nearly all *cells* are names of one image each; of several that of the table's split."""
    is_number = all(map(str.isdecimal, cells))
    if is_number and not (key.isdecimal() or _NUMBERS & set(tokens(key))):
        return
    paths = _without_companions(listing)
    fitting = [affix for affix in _affixes(paths, cells[0], is_number=is_number) if _fits(affix, paths, cells)]
    if len(fitting) > 1:
        own = {split for token in tokens(head.path.rpartition("/")[2]) if (split := words.split_of(token))}
        fitting = [one for one in fitting if own & {words.split_of(token) for token in tokens(one.before)}]
    yield from fitting


def _without_companions(listing: Listing) -> pa.ChunkedArray:
    """The paths of the images in folders that are not called for masks and the like."""
    folders = [number for number, folder in enumerate(listing.parents) if not is_companion_name(folder)]
    return listing.files["path"].filter(pa.array(np.isin(listing.folder_numbers, folders)))


def _affixes(paths: pa.ChunkedArray, cell: str, *, is_number: bool) -> list[_Affix]:
    number = rf"(?:^|/)(?P<before>[^/]*?[^/0-9])?0*{_plain(cell)}(?P<behind>[^/0-9][^/]*)?\.[^./]+$"
    text = rf"(?:^|/)(?P<before>[^/]*){re.escape(cell)}(?P<behind>[^/]*)\.[^./]+$"
    expression = re.compile(number if is_number else text)
    found = paths.filter(pc.match_substring(paths, _plain(cell) if is_number else cell)).slice(0, 1000).to_pylist()
    matches = [match for path in found if (match := expression.search(path))]
    ways = [_Affix(match["before"] or "", match["behind"] or "", is_number) for match in matches]
    return list(dict.fromkeys(ways))[:_MOST_WAYS]


def _fits(affix: _Affix, paths: pa.ChunkedArray, cells: Sequence[str]) -> bool:
    called = [text for text in affix.called(paths) if text is not None]
    if len(called) > len(set(called)):
        return False
    if affix.is_number:  # all of them, or rows may be counted from another number than files
        return {_plain(cell) for cell in cells} == set(called)
    return len(set(cells) & set(called)) >= _ALL * max(len(cells), len(called))


def _by_what(key: str) -> str:
    """How a table calls images by *key*, in the words of a sentence about it."""
    if key in _COUNTS:
        return f"whose rows, counted from {_COUNTS[key]}, have the numbers in the images' names"
    return "which calls images by a part of their names"


@dataclass(frozen=True, slots=True)
class _Called:
    """A table whose column *key* calls images by what stands between the *affix*, and its others have *roles*."""

    listing: Listing
    head: Head
    key: str
    affix: _Affix
    roles: ColumnRoles

    def claim(self, column: LabelColumn, *, is_sure: bool) -> LabelClaim:
        """That *column* is the label."""
        paths = self.listing.files["path"]
        called = zip(paths.to_pylist(), self.affix.called(paths), strict=True)
        files = {text: path for path, text in called if text is not None}
        cells = [stem_of(cell.strip()) for cell in self.head.column(self.key)]
        named = [files.get(_plain(cell) if self.affix.is_number else cell, "") for cell in cells]
        values = [labels for file, labels in zip(named, column.values, strict=True) if file]
        entries: Entries = [self._listed(), self._table(column)]
        says = f"{said_of(column, self.head.path)}, {_by_what(self.key)}"
        by_file = labels_by_file(named, values)
        return LabelClaim(entries, column, by_file, says, is_sure, self._splits(entries, named))

    def _splits(self, entries: Entries, named: Sequence[str]) -> SplitClaim | None:
        """The splits that a column says, each in a word that is known or may be; None without such a column."""
        roles = self.roles
        if not roles.split or roles.is_guess:
            return None
        told = zip(named, map(str.strip, self.head.column(roles.split)), strict=True)
        by_file = {file: roles.split_names[cell] for file, cell in told if file and cell}
        return SplitClaim(entries, by_file, roles.split_names, self.head.path)

    def _listed(self) -> TableKeys:
        made: TableKeys = {"listing": self.affix.listing, "pattern": self.affix.pattern}
        if self.affix.is_number:
            made["numbers"] = [CALLED]
        return made

    def _table(self, column: LabelColumn) -> TableKeys:
        roles = {self.key: CALLED if self.affix.is_number else "name"}
        roles |= {self.roles.split: "split"} if self.roles.split and not self.roles.is_guess else {}
        made = self.head.table(roles | ({} if column.one_hot else {column.name: "label"}))
        if column.one_hot:
            made["one_hot"] = column.one_hot_key
        if self.affix.is_number:
            made["numbers"] = [CALLED]
        else:
            made["pattern"] = {"name": _STEM}
        return made


def _plain(number: str) -> str:
    return number.lstrip("0") or "0"
