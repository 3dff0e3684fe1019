"""Tables beside class folders that have a text for each image: they may say what it reads."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.discover.claims.table_views import Family
from tasks.discover.claims.text_columns import text_column
from tasks.discover.listing.listing import Listing
from tasks.discover.words.column_words import called_column

_SHARE = 0.2


def texts_beside(families: Iterable[Family], listing: Listing) -> str:
    """What speaks against folders: a table of *families* that says nothing but a text of many images of *listing*."""
    for family in families:
        if len(family.named) >= _SHARE * listing.count and (name := text_column(family)):
            called = called_column(name, "its")
            return f"{family.views[0].head.path} has a text for each of {len(family.named):,} images in {called}"
    return ""
