"""Tables that are XML: one record a file, as Pascal VOC has it, or the elements at a path, as CVAT writes them."""

from __future__ import annotations

from xml.etree import ElementTree as ET
from xml.parsers import expat

from tasks.errors import LabelFileError
from tasks.records.json_text import JsonCells
from tasks.records.record import Record
from tasks.tables.building import TableBuilder
from tasks.tables.json_tables import table_of_records
from tasks.tables.opening import TableFile
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
    records = (Record(-1, 1, _line_of(element), cells_of(element)) for element in found)
    table_of_records(file, settings, into, records, None)


class _Builder(ET.TreeBuilder):
    """Builds elements that know their lines, and refuses whatever declares or expands something."""

    def __init__(self) -> None:
        super().__init__()
        self.parser = expat.ParserCreate()
        self.root: ET.Element | None = None
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError(f"is nested more than {_DEEPEST} elements deep")
        element = super().start(tag, attrs)
        element.set("\0line", str(self.parser.CurrentLineNumber))
        self.root = element if self.root is None else self.root
        return element

    def end(self, tag: str) -> ET.Element:
        self._depth -= 1
        return super().end(tag)


class XmlText:
    """XML that comes piece by piece."""

    def __init__(self) -> None:
        self._builder = _Builder()
        parser = self._builder.parser
        parser.StartElementHandler = self._builder.start
        parser.EndElementHandler = self._builder.end
        parser.CharacterDataHandler = self._builder.data
        parser.EntityDeclHandler = _refuse_entity
        parser.ExternalEntityRefHandler = _refuse_entity
        parser.buffer_text = True
        self._parser = parser

    @property
    def root(self) -> ET.Element | None:
        """Its topmost element, as far as it has come; None before it begins."""
        return self._builder.root

    def feed(self, name: str, data: bytes, *, is_last: bool = False) -> None:
        """The next piece.

        Raises:
            LabelFileError: It is no XML, or declares entities.
        """
        try:
            self._parser.Parse(data, is_last)
        except expat.ExpatError as error:
            raise LabelFileError(f"{name}, line {error.lineno}: no XML ({error}). Export it again.") from None
        except ValueError as error:
            raise LabelFileError(f"{name}: {error}.") from None

    def close(self, name: str) -> None:
        """There is no more."""
        self.feed(name, b"", is_last=True)


def _parsed(file: TableFile) -> ET.Element:
    text = XmlText()
    read = 0
    with file.opened() as opened:
        while data := opened.read(1 << 20):
            read += len(data)
            if read > _LARGEST:
                raise LabelFileError(f"{file.name} is longer than {_LARGEST >> 30} GiB. Export it in several files.")
            text.feed(file.name, data)
        text.close(file.name)
    if text.root is None:  # the parser has said so
        raise LabelFileError(f"{file.name} holds no XML element.")
    return text.root


def _refuse_entity(*_: object) -> int:
    raise ValueError("declares entities, which annotations need not, and which can be made to expand without end")


def _line_of(element: ET.Element) -> int:
    return int(element.get("\0line", "-1"))


def cells_of(element: ET.Element) -> JsonCells:
    """The attributes and children of *element*: those of one name as a list where there are several."""
    cells: JsonCells = {key: value for key, value in element.items() if key != "\0line"}
    children: dict[str, list[object]] = {}
    for child in element:
        children.setdefault(child.tag, []).append(_value(child))
    for tag, values in children.items():
        cells[tag] = values[0] if len(values) == 1 else values
    if not children and (text := (element.text or "").strip()):
        cells["text"] = text
    return cells


def _value(element: ET.Element) -> object:
    has_parts = len(element) > 0 or any(key != "\0line" for key in element.attrib)
    return cells_of(element) if has_parts else (element.text or "").strip()
