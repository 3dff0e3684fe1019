"""What one entry of `source.tables` says: which file, which of its columns mean what, and which of its rows count."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from tasks.step_config import StepConfig, Texts, one_or_several

ROLES = ("location", "label", "split", "id", "group")
"""Names of columns that have a meaning; so has ``label.<level>``."""

Find = Literal["auto", "path", "end", "name", "stem"]
"""How a location names a file.

path: its path below `base`. end: its path's end, or a path of another machine that ends in it. name: its name alone.
stem: like ``end``, both without an image's suffix. auto: the first of them that names a file for every location.
"""


def _as_texts(value: object) -> object:
    """A list of columns, or a mapping of them, with numbers as the positions that they are."""
    if isinstance(value, dict):
        return {str(key): str(item) for key, item in value.items()}
    return [str(item) for item in value] if isinstance(value, list | tuple) else value


def compiled(text: str) -> str:
    """*text*, where it is a regular expression with a named group, or empty.

    Raises:
        ValueError: It is none, or names no group.
    """
    if not text:
        return text
    try:
        found = re.compile(text)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    if not found.groupindex:
        raise ValueError("names no group: write what is to be taken as `(?P<label>…)`")
    return text


Pattern = Annotated[str, AfterValidator(compiled)]


class TableSettings(StepConfig):
    """One table: rows with named columns.

    Attributes:
        file: A label file, relative to `source.path`.
        files: Glob patterns of label files that together are one table: ``labels/**/*.txt``. What one that begins
            with ``!`` means is left out: ``!labels/classes.txt``.
        listing: A glob pattern of images: a table whose columns are what their paths say.
        sql: A query whose rows are the table; the environment names the database (`database`).
        database: The environment variable that holds the database's SQLAlchemy URL.
        columns: The columns that count: a list of names by position, or a mapping from the file's own names (or from
            positions, from 0) to names. ``location``, ``label``, ``label.<level>``, ``split``, ``id`` and ``group``
            mean what they say; tables are joined on the other names that they share. An empty name passes one over.
        base: The folder that locations are relative to, below `source.path`; if it is not set, it is the file's own.
        location: A template for the location: ``train/{image}.jpg``.
        find: How this table's locations name files, where that is not as `source.find` says.
        at: Dotted keys (of JSON) or elements (of XML) that lead to the records.
        orient: Of JSON: ``records``, a ``map`` of key to value or list of values, or ``columns`` that run in parallel.
        delimiter: The character between cells; or ``tab``, ``blank`` for runs of blanks and tabs, or ``line`` where
            each line is one cell.
        header: Whether the first line has the names of the columns. Where it is not set, it has, unless `columns` gives
            positions.
        skip: How many lines to skip before it.
        comment: Lines that begin with this text are skipped.
        surplus: The column that takes what a line has too much, where its delimiters are not quoted.
        encoding: The encoding of the file, where it is neither UTF-8 nor says so itself by a byte order mark.
        sheet: The sheet of an Excel file; the first one where it is not set.
        pattern: A regular expression whose named groups are columns: searched for in the location (of a listing: in
            the path), or in each of the columns that a mapping names.
        where: The values that count, for each column that is named. Rows with other values are skipped, and counted as
            ``filtered``.
        split: The split of all rows.
        one_hot: Columns that hold 1 where the label is theirs: a list, a mapping of column to label, a pattern such as
            ``label_*``, or ``others`` for all that are not named elsewhere.
        numbers: Columns that are numbers, so that ``001``, ``1`` and ``1.0`` are one.
        pixels: The columns that hold an image's pixels as numbers: names, a pattern such as ``pixel*``, or one column
            of numbers set apart by blanks.
        shape: Height and width of such images, and their channels; left out, they are square.
    """

    file: str = ""
    files: Texts = ()
    listing: str = ""
    sql: str = ""
    database: str = "DATABASE_URL"
    columns: Annotated[tuple[str, ...] | dict[str, str] | None, BeforeValidator(_as_texts)] = None
    base: str | None = None
    location: str = ""
    find: Find | None = None
    at: str = ""
    orient: Literal["records", "map", "columns"] = "records"
    delimiter: Annotated[str, Field(pattern=r"^(blank|tab|line|[\x01-\x7f])?$")] = ""
    header: bool | None = None
    skip: int = Field(default=0, ge=0)
    comment: str = ""
    surplus: str = ""
    encoding: str = ""
    sheet: str = ""
    pattern: Pattern | dict[str, Pattern] = ""
    where: dict[str, Texts] = Field(default_factory=dict)
    split: str = ""
    one_hot: Annotated[tuple[str, ...] | dict[str, str], BeforeValidator(one_or_several)] = ()
    numbers: Texts = ()
    pixels: Texts = ()
    shape: tuple[Annotated[int, Field(gt=0)], ...] = Field(default=(), max_length=3)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [key for key in ("file", "files", "listing", "sql") if getattr(self, key)]
        if self.files and all(pattern.startswith("!") for pattern in self.files):
            raise ValueError("`files` only says what is left out: name what is taken, too, such as `labels/*.txt`")
        if len(given) != 1:
            raise ValueError(
                f"name one of `file`, `files`, `listing` and `sql`, not {' and '.join(given) if given else 'none'}"
            )
        return self

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.file or ", ".join(self.files) or ("the listing" if self.listing else "the query")

    @property
    def declared(self) -> dict[str, str]:
        """The columns as a mapping from the file's names or positions; empty where none are given."""
        if self.columns is None:
            return {}
        if isinstance(self.columns, dict):
            return dict(self.columns)
        return {str(place): name for place, name in enumerate(self.columns) if name not in {"", "_"}}

    @property
    def is_positional(self) -> bool:
        """Whether `columns` gives positions alone, so that the first line need not name them."""
        if not isinstance(self.columns, dict):
            return self.columns is not None
        own = [key for key in self.columns if not is_virtual(key)]
        return all(key.isascii() and key.isdigit() for key in own)

    def own_name(self, name: str) -> str:
        """What the file itself calls the column *name*."""
        return next((own for own, given in self.declared.items() if given == name), name)

    @property
    def patterns(self) -> dict[str, str]:
        """The patterns by the column that they are searched for in."""
        if isinstance(self.pattern, dict):
            return dict(self.pattern)
        return {"location": self.pattern} if self.pattern else {}


def is_virtual(name: str) -> bool:
    """Whether *name* is a column that no file holds: of the file itself, or of a record's place in it."""
    return name.startswith(("file.", "record."))
