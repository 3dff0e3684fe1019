"""The `output` section: where a dataset is published."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from tasks.samples import StoreUrl
from tasks.step_config import FolderText, StepConfig, StoreOptions


class OutputSettings(StepConfig):
    """Where a dataset is published, and how much of its past is kept.

    Attributes:
        path: A folder: a path or any fsspec URL.
        storage_options: fsspec's options for it; never credentials, which come from the environment.
        keep_versions: How many versions are kept. Older ones are deleted once `grace_days` are over.
        grace_days: How many days files stay that no kept version needs any more, for those who still read them.
        dedupe: ``content`` leaves out an image whose bytes another image has already.
        license: The licence of images and labels, for the card: a short name such as ``cc-by-4.0``, or a sentence.
        contact: Whom to ask, for the card.
        about: What the dataset is, in a sentence, for the card.
        single_writer: Publish also to a store that cannot refuse to overwrite a file. Only one run may ever write there
            then.
    """

    path: FolderText
    storage_options: StoreOptions = Field(default_factory=dict)
    keep_versions: int = Field(default=7, ge=1)
    grace_days: float = Field(default=3, ge=0)
    dedupe: Literal["none", "content"] = "none"
    license: str = ""
    contact: str = ""
    about: str = ""
    single_writer: bool = False

    @property
    def place(self) -> StoreUrl:
        """Where it lies."""
        return StoreUrl(self.path, self.storage_options)

    @property
    def grace(self) -> timedelta:
        """How long files are left alone."""
        return timedelta(days=self.grace_days)
