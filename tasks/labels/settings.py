"""The `labels` section: what an image's label is, and how classes are named and numbered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tasks.label_kinds import LabelKind, LabelReading
from tasks.step_config import StepConfig


class LabelSettings(StepConfig):
    """What an image's label is, which part of a label path is the class, and how classes are numbered.

    Attributes:
        kind: ``single``: each image has one class; ``many``: any number of them; ``number``: a number and no class.
        separator: The text between the labels of one cell, such as ``|``, where ``kind`` is ``many``.
        level: Which part of a hierarchy is the class: the whole ``path``, its ``leaf``, its ``top``, or the number of a
            level, from 0.
        on_new_class: What happens to a class that no earlier version has: ``add`` it, ``quarantine`` (reject) its
            images, or ``fail`` the run. On the first run every class is new, and is added.
        aliases: Renames and merges classes: old name to new name.
        class_order: The order in which new classes get their ids. ``auto`` sorts 0, 1, 10 as numbers and other names by
            code point. A list names all classes in order, and no other class is allowed then.
        class_names: Names for labels that are numbers, as a list from 0.
        class_case: ``fold`` makes one class of names that differ only in upper and lower case.
    """

    kind: LabelKind = "single"
    separator: str = Field(default="", max_length=10)
    level: Literal["path", "leaf", "top"] | Annotated[int, Field(ge=0)] = "path"
    on_new_class: Literal["add", "quarantine", "fail"] = "add"
    aliases: dict[str, str] = Field(default_factory=dict)
    class_order: Literal["auto", "lexicographic", "numeric"] | tuple[str, ...] = "auto"
    class_names: tuple[str, ...] = ()
    class_case: Literal["keep", "fold"] = "keep"

    @model_validator(mode="after")
    def _separator_separates_many(self) -> LabelSettings:
        if self.separator and self.kind != "many":
            raise ValueError("`labels.separator` stands between the labels of one image: set `labels.kind: many` too")
        return self

    @model_validator(mode="after")
    def _each_number_has_its_own_name(self) -> LabelSettings:
        names = self.class_names
        if twice := next((name for place, name in enumerate(names) if name in names[:place]), None):
            places = " and ".join(str(place) for place, name in enumerate(names) if name == twice)
            raise ValueError(
                f"`labels.class_names` calls the numbers {places} {twice!r}, which would make one class of them: "
                "give each a name of its own; `labels.aliases` merges classes"
            )
        return self

    @property
    def reading(self) -> LabelReading:
        """How the labels of the sources are to be read."""
        return LabelReading(self.kind, self.separator, bool(self.class_names))
