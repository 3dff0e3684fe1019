"""What every source has whose rows name the images, whatever they are read from."""

from __future__ import annotations

from tasks.discover.by_records.label_files import RecordSettings
from tasks.discover.settings import Level, SourceSettings
from tasks.tables.settings import Find


class RowSource(SourceSettings, RecordSettings):
    """A source of rows.

    Attributes:
        find: How locations name files: by their ``path``, the ``end`` of it, their ``name``, their ``stem``; ``auto``
            takes the first of these that names a file for each.
        levels: Which levels ``label.<level>`` has from the top; left out, in the order of the columns.
    """

    find: Find = "auto"
    levels: tuple[Level, ...] = ()
