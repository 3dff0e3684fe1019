"""The keys that the `source` section has whatever its layout, and those that folders share."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainSerializer,
    PrivateAttr,
)

from tasks.image_formats import IMAGE_EXTENSIONS
from tasks.label_kinds import LabelReading
from tasks.redaction import is_web
from tasks.samples import StoreUrl
from tasks.step_config import FolderText, StepConfig, StoreOptions
from tasks.storage.archives import archive_of, named_archive


def _suffix(text: str) -> str:
    return text.lower() if text.startswith(".") else f".{text.lower()}"


Suffix = Annotated[str, AfterValidator(_suffix)]
Suffixes = Annotated[frozenset[Suffix], PlainSerializer(sorted, return_type=list[str], when_used="json")]
Level = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if twice := next((name for place, name in enumerate(names) if name in names[:place]), ""):
        raise ValueError(f"names {twice!r} twice, and each level has a column of its own: give one another name")
    return names


class SourceSettings(StepConfig):
    """What every source has.

    Attributes:
        name: The name of the source, where there are several. Each of its sample ids begins with it.
        path: A folder, an archive of one (``.zip``, ``.tar``, ``.tar.gz``), or a label file: a path or any fsspec URL.
        storage_options: fsspec's options for it; never credentials, which come from the environment.
        extensions: File name extensions that count as images, in upper or lower case.
        ignore: Glob patterns of names to skip, besides the usual ones. A pattern with a slash is a path below `path`,
            of a folder or a file: ``/test``, ``/*/masks``, ``**/thumb.jpg``. Images that are skipped like this are
            counted.
        follow_links: Whether to follow links to folders, and links that lead out of the source.
        archives: Whether to read archives below `path`, each as a folder: ``cat.zip`` as the folder ``cat``.
        allow_unlabeled: Keep images without a label, with the label -1. Without it they are rejected.
        split: The split of all images of this source, whatever else says something about it: ``train``.
        delete_after: An image is removed after it was missing from this many listings.
    """

    name: str = Field(default="", pattern=r"^[A-Za-z0-9._-]{0,60}$")
    path: FolderText
    storage_options: StoreOptions = Field(default_factory=dict)
    extensions: Suffixes = IMAGE_EXTENSIONS
    ignore: tuple[str, ...] = ()
    follow_links: bool = False
    archives: bool = False
    allow_unlabeled: bool = False
    split: Annotated[str, Field(pattern=r"^([a-z0-9]+(_[a-z0-9]+)*)?$")] = ""
    delete_after: int = Field(default=1, ge=1)
    _label_reading: LabelReading = PrivateAttr(default=LabelReading())
    _tells_origins: bool = PrivateAttr(default=False)

    @property
    def place(self) -> StoreUrl:
        """Where it lies; an archive of images as the folder that is in it."""
        place = StoreUrl(self.path, self.storage_options)
        archive = named_archive(place)
        return place if archive is None else archive.place

    @property
    def is_web(self) -> bool:
        """Whether its files are web places, each with an address; members of an archive have none."""
        return is_web(self.path) and archive_of(self.place) is None

    @property
    def label_reading(self) -> LabelReading:
        """How its labels are to be read, as the `labels` section of the config says."""
        return self._label_reading

    @property
    def tells_origins(self) -> bool:
        """Whether its samples keep, instead of columns, where in which table their labels and splits stand."""
        return self._tells_origins

    def telling_origins(self) -> Self:
        """The same source, whose samples tell where in which table their labels and splits stand."""
        made = self.model_copy()
        made._tells_origins = True
        return made

    def reading_labels(self, reading: LabelReading) -> Self:
        """The same source, whose labels are to be read as *reading* says."""
        made = self.model_copy()
        made._label_reading = reading
        return made


class FolderSettings(StepConfig):
    """What sources have whose folders name the classes.

    Attributes:
        levels: Names for the levels of a hierarchy, from the top.
        ignore_dirs: Names of folders that are no class and only hold the others: ``images``, ``data``. One that begins
            with a slash is a path: ``/*/images`` is only folders of the second level.
        uneven: What happens to an image in a folder that has class folders below it: ``reject`` it, ``keep`` it with
            its own folder as the label, or label it with the ``top`` folder.
    """

    levels: Annotated[tuple[Level, ...], AfterValidator(_each_once)] = ()
    ignore_dirs: tuple[str, ...] = ()
    uneven: Literal["reject", "keep", "top"] = "reject"
