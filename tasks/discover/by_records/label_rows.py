"""The rows of one label file as samples: each location is the path of a file as it is written, and each row counts."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc

from tasks.discover.by_records.label_files import LabelFileSource
from tasks.discover.by_records.roles import GROUP, Roles
from tasks.discover.by_tables.leads import Ground
from tasks.discover.by_tables.locate import Locator
from tasks.discover.by_tables.table_samples import TableReading, discover_rows
from tasks.discover.listing.listing import Listing
from tasks.discover.listing.scan import scan_images
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.records.locations import LocationPolicy
from tasks.samples import Discovery, SourceAccess
from tasks.storage import redact_url
from tasks.tables.joins import Joined
from tasks.tables.rows import AT, TableRows
from tasks.tables.settings import TableSettings


def discover_label_file(
    source: LabelFileSource, layout: str, rows: TableRows, roles: Roles, words: SplitWords
) -> Discovery:
    """The samples that *rows*, all those of the label file, name.

    Raises:
        LabelFileError: There is none; rows disagree, and `label_conflict: error`; one id is that of several images.
    """
    count = rows.count + len(rows.bad)
    if not count:
        raise LabelFileError(f"{redact_url(source.path)} holds no record: no image is listed. Check `source.path`.")
    if source.label_reading.kind == "many":  # one record may be several rows
        count = len(pc.unique(rows.data[AT])) + len(rows.bad)
    policy = LocationPolicy(source.base.url, source.allow_prefixes, source.base_url)
    listing = _listing(source)
    locator = Locator(Ground(source.base, policy, is_literal=True), listing, source.extensions)
    rows = locator.located(rows, TableSettings(file=rows.name))
    access = SourceAccess(
        name=source.name,
        root=source.base,
        allow_prefixes=source.allow_prefixes,
        label_root=source.folder,
        follow_links=source.follow_links,
        label_url=source.signed_url,
    )
    why = f"{source.file_name} is a {layout.upper()} with {count:,} records"
    group = "" if roles.group is None else GROUP
    reading = TableReading(layout, why, access, group_by=group, is_valid=roles.is_valid, counts_rows=True)
    return discover_rows(source, reading, Joined(rows, notices=rows.notices), listing, words)


def _listing(source: LabelFileSource) -> Listing:
    """The files beside the label file; nothing where they cannot be listed, as over http."""
    base = source.base
    if source.base_url or (base.is_local and not Path(base.url).is_dir()):
        return Listing(base)
    return scan_images(base, source) or Listing(base)
