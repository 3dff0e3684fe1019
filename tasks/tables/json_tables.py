"""Tables that are JSON: lists of objects, JSON Lines, one object, maps of key to value, columns in parallel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ruamel.yaml.error import YAMLError

from tasks.errors import LabelFileError
from tasks.records.json_blocks import JsonBlock, Pace
from tasks.records.json_reader import is_lines, read_json_blocks, record_keys
from tasks.records.json_text import DuplicateKeyError, JsonCells, JsonTextError, parse_json
from tasks.records.record import MAX_RECORD_BYTES, Record
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow
from tasks.tables.building import TableBuilder
from tasks.tables.json_rows import JsonRows, beginning, objects_of
from tasks.tables.names import ColumnChoice
from tasks.tables.nested import keys_of
from tasks.tables.of_files import add_lone_file, known_of
from tasks.tables.opening import TableFile
from tasks.tables.plain_yaml import load_yaml
from tasks.tables.settings import TableSettings, is_virtual

YAML_SUFFIXES = (".yaml", ".yml")
_LINES = (".jsonl", ".ndjson", ".manifest")
_LARGEST = 16 * MAX_RECORD_BYTES


def read_json_table(file: TableFile, settings: TableSettings, into: TableBuilder) -> None:
    """The rows of a JSON file.

    Raises:
        LabelFileError: It cannot be read, or lacks a key that is asked for.
    """
    try:
        if settings.orient != "records" or not _is_list_of_objects(file, settings):
            _from_whole(file, settings, into)
            return
        with file.window(settings.encoding) as (window, encoding):
            form = RecordFormat(kind="json", encoding=encoding, compression=file.compression or "")
            table_of_records(file, settings, into, read_json_blocks(window, form, settings.at, Pace()), form)
    except LabelFileError as error:
        text = str(error)
        raise LabelFileError(text if file.name in text else f"{file.name}, {text}") from None


def _is_list_of_objects(file: TableFile, settings: TableSettings) -> bool:
    """Whether records stand one after another, so that none but one must be held."""
    if file.bare_name.endswith(_LINES):
        return True
    if file.bare_name.endswith(YAML_SUFFIXES):
        return False
    with file.window(settings.encoding) as (window, _):
        text = _head(window)
        if text.startswith(b"["):
            return not settings.at and text[1:].lstrip()[:1] in {b"{", b"]"}
        if not text.startswith(b"{"):
            raise LabelFileError("holds neither a list nor an object.")
        if not settings.at:
            return is_lines(window)
        if "." in settings.at:
            return False
        start = record_keys(window).get(settings.at)
        return start == b"[{"


def _head(window: TextWindow) -> bytes:
    while not window.text[window.position :].strip() and not window.ended:
        window.grow()
    return window.text[window.position :].lstrip()


def table_of_records(
    file: TableFile,
    settings: TableSettings,
    into: TableBuilder,
    records: Iterator[Record | JsonBlock],
    form: RecordFormat | None,
) -> None:
    """The rows that *records* with keys are, one or, where a list stands in one, several for each."""
    first, records = beginning(records)
    names = dict.fromkeys(key for item in first for cells in objects_of(item) for key in keys_of(cells))
    into.keys |= names
    if settings.files:  # what one of many files lacks another has: `read_table` sees to that
        names |= dict.fromkeys(name for name in settings.declared if not is_virtual(name))
    chosen = ColumnChoice(settings, into.kept, file.name, list(names), by_position=False).choose()
    location = chosen.selectors[chosen.names.index("location")] if "location" in chosen.names else ""
    form = form.model_copy(update={"location": location, "embedded": into.embedded}) if form is not None else None
    builder = into.open(file.name, chosen.names, chosen.one_hot, form)
    rows = JsonRows(builder, chosen, known=known_of(file, chosen.selectors))
    rows.add(records)
    if not rows.count:
        add_lone_file(builder, file, chosen)


def _from_whole(file: TableFile, settings: TableSettings, into: TableBuilder) -> None:
    """The rows of a JSON that must be held as a whole."""
    value = _at(whole_value(file, settings.encoding), settings.at)
    match settings.orient:
        case "map":
            entries: Iterable[JsonCells] = _map_entries(value, settings)
        case "columns":
            entries = _parallel(value, settings)
        case _:
            entries = _objects(value, settings)
    records: Iterator[Record | JsonBlock] = (Record(-1, 1, number, cells) for number, cells in enumerate(entries, 1))
    table_of_records(file, _by_key(settings), into, records, None)


def whole_value(file: TableFile, encoding: str) -> object:
    """What a JSON or YAML file holds.

    Raises:
        LabelFileError: It cannot be read, or is too long to hold.
    """
    with file.opened() as opened:
        data = opened.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise LabelFileError(
            f"holds more than {_LARGEST >> 30} GiB, and not as a list of objects, which could be read one by one. "
            "Write it as JSON Lines."
        )
    try:
        text = data.decode(encoding or "utf-8-sig")
    except (UnicodeDecodeError, LookupError):
        raise LabelFileError("is not UTF-8 text. Set `encoding` for this table.") from None
    return _yaml(text) if file.bare_name.endswith(YAML_SUFFIXES) else _json(text)


def _json(text: str) -> object:
    try:
        return parse_json(text, strict=False).value
    except DuplicateKeyError as error:
        raise LabelFileError(f"{error}, and which of them counts nobody can know. Take one of them out.") from None
    except (JsonTextError, RecursionError) as error:
        raise LabelFileError(f"is not JSON: {error}") from None


def _yaml(text: str) -> object:
    """The value of a YAML file, whose plain values stay as they are written."""
    try:
        return load_yaml(text)
    except YAMLError as error:
        raise LabelFileError(f"is not YAML: {' '.join(str(error).split())[:200]}") from None


def _at(value: object, path: str) -> object:
    for key in path.split(".") if path else []:
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            there = ", ".join(list(value)[:20]) if isinstance(value, Mapping) else "no keys"
            raise LabelFileError(f"has nothing at {key!r} of `at: {path}`. There: {there}.")
    return value


def _map_entries(value: object, settings: TableSettings) -> Iterator[JsonCells]:
    if not isinstance(value, Mapping):
        raise LabelFileError(f"holds no object at {settings.at or 'its top'}, which `orient: map` needs.")
    for key, item in value.items():
        for one in item if isinstance(item, list) else [item]:
            rest = {str(name): held for name, held in one.items()} if isinstance(one, Mapping) else {"1": one}
            yield {"0": key, **rest}


def _parallel(value: object, settings: TableSettings) -> Iterator[JsonCells]:
    """The rows of columns that run in parallel: lists, or objects by row, as pandas writes them."""
    if not isinstance(value, Mapping):
        raise LabelFileError(f"holds no object at {settings.at or 'its top'}, which `orient: columns` needs.")
    wanted = {own.split(".")[0] for own in settings.declared} or set(value)
    every = {key: column for key, column in value.items() if isinstance(column, list | Mapping)}
    sizes = {len(column) for key, column in every.items() if key in wanted}
    held = {key: column for key, column in every.items() if key in wanted or {len(column)} == sizes}
    by_row = {key: column for key, column in held.items() if isinstance(column, Mapping)}
    if by_row:
        rows = dict.fromkeys(row for column in by_row.values() for row in column)
        yield from ({key: column.get(row) for key, column in by_row.items()} for row in rows)
        return
    lengths = {key: len(column) for key, column in held.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{key} has {count}" for key, count in list(lengths.items())[:10])
        raise LabelFileError(
            f"has columns of different lengths: {shown}. Name those that belong together in `columns`."
        )
    for row in zip(*held.values(), strict=True):
        yield dict(zip(held, row, strict=True))


def _objects(value: object, settings: TableSettings) -> Iterable[JsonCells]:
    if isinstance(value, Mapping):
        return iter([{str(key): item for key, item in value.items()}])
    if not isinstance(value, list):
        where = f"at `at: {settings.at}`" if settings.at else "in it"
        raise LabelFileError(f"holds no list of records {where}. Say where they stand: `at: …`.")
    return (_cells(item) for item in value)


def _cells(item: object) -> JsonCells:
    if isinstance(item, Mapping):
        return {str(key): held for key, held in item.items()}
    if isinstance(item, list):
        return {str(place): held for place, held in enumerate(item)}
    return {"0": item}


def _by_key(settings: TableSettings) -> TableSettings:
    """*settings* whose list of columns, if it is one, is a mapping from positions."""
    if isinstance(settings.columns, tuple):
        return settings.model_copy(update={"columns": settings.declared})
    return settings
