"""Tables that are XML: one record a file, as Pascal VOC has it, or the elements at a path, as CVAT writes them."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

from tasks.errors import LabelFileError
from tasks.records.record import Record
from tasks.tables.json_tables import table_of_records
from tasks.tables.opening import TableFile
from tasks.tables.rows import TableBuilder
from tasks.tables.settings import TableSettings

_LARGEST = 1 << 30
_DEEPEST = 50


def read_xml_table(file: TableFile, settings: TableSettings, into: TableBuilder) -> None:
    """The rows of an XML file; attributes and elements are keys alike.

    Raises:
        LabelFileError: It is no XML, declares entities, or has no such elements.
    """
    root = _parsed(file)
    found = root.findall("/".join(settings.at.split("."))) if settings.at else [root]
    if not found:
        there = ", ".join(dict.fromkeys(child.tag for child in root))[:200]
        raise LabelFileError(f"{file.name} has no element `at: {settings.at}`. Below <{root.tag}> there are: {there}.")
    records = (Record(-1, 1, _line_of(element), _cells(element)) for element in found)
    table_of_records(file, settings, into, records, None)


class _Builder(ET.TreeBuilder):
    """Builds elements that know their lines, and refuses whatever declares or expands something."""

    def __init__(self) -> None:
        super().__init__()
        self.parser: Any = None
        self._depth = 0

    def start(self, tag: Any, attrs: Any) -> Any:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError(f"is nested more than {_DEEPEST} elements deep")
        element = super().start(tag, attrs)
        element.set("\0line", str(self.parser.CurrentLineNumber))
        return element

    def end(self, tag: Any) -> Any:
        self._depth -= 1
        return super().end(tag)


def _parsed(file: TableFile) -> Any:
    builder = _Builder()
    parser = expat.ParserCreate()
    builder.parser = parser
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = _refuse_entity
    parser.ExternalEntityRefHandler = _refuse_entity
    parser.buffer_text = True
    read = 0
    with file.opened() as opened:
        try:
            while data := opened.read(1 << 20):
                read += len(data)
                if read > _LARGEST:
                    raise LabelFileError(
                        f"{file.name} is longer than {_LARGEST >> 30} GiB. Export it in several files."
                    )
                parser.Parse(data, False)
            parser.Parse(b"", True)
            return builder.close()
        except expat.ExpatError as error:
            raise LabelFileError(f"{file.name}, line {error.lineno}: no XML ({error}). Export it again.") from None
        except ValueError as error:
            raise LabelFileError(f"{file.name}: {error}.") from None


def _refuse_entity(*_: object) -> int:
    raise ValueError("declares entities, which annotations need not, and which can be made to expand without end")


def _line_of(element: Any) -> int:
    return int(element.get("\0line", "-1"))


def _cells(element: Any) -> dict[str, Any]:
    """The attributes and children of *element*: those of one name as a list where there are several."""
    cells: dict[str, Any] = {key: value for key, value in element.items() if key != "\0line"}
    children: dict[str, list[Any]] = {}
    for child in element:
        children.setdefault(child.tag, []).append(_value(child))
    for tag, values in children.items():
        cells[tag] = values[0] if len(values) == 1 else values
    if not children and (text := (element.text or "").strip()):
        cells["text"] = text
    return cells


def _value(element: Any) -> Any:
    has_parts = len(element) > 0 or any(key != "\0line" for key in element.attrib)
    return _cells(element) if has_parts else (element.text or "").strip()
