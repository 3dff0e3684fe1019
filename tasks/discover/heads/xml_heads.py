"""How an XML begins: its repeated elements as records, attributes and elements as keys alike."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import Any

from tasks.discover.heads.head import Head
from tasks.discover.heads.json_heads import of_records
from tasks.errors import LabelFileError
from tasks.tables.xml_tables import XmlText, cells_of


def xml_heads(name: str, data: bytes, is_whole: bool) -> list[Head]:
    """The tables in *data*, with which the XML file *name* begins: one for each place of repeated elements."""
    root = xml_root(data, is_whole)
    if root is None:
        return []
    found: dict[str, list[Any]] = defaultdict(list)
    for child in root:
        found[child.tag].append(child)
        for inner in child:
            found[f"{child.tag}.{inner.tag}"].append(inner)
    repeated = {at: elements for at, elements in found.items() if len(elements) > 1}
    records = {at: [cells_of(element) for element in elements] for at, elements in repeated.items()}
    return [head for at, several in records.items() for head in of_records(name, {"at": at}, several, is_whole)]


def xml_root(data: bytes, is_whole: bool = True) -> Any:
    """The topmost element of *data*; of what is not whole as far as it goes; None where it is no XML."""
    text = XmlText()
    with suppress(LabelFileError):
        text.feed("", data)
        if is_whole:
            text.close("")
        return text.root
    return None
