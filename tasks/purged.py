"""Images that were taken out for good, known by salted hashes that tell nobody what they were."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.columns import RejectionRow
from tasks.reasons import Reason
from tasks.samples import Rejection, named_image, rejection_row


@dataclass(frozen=True, slots=True)
class Purged:
    """What is never published again.

    Attributes:
        salt: Goes into every hash; another one for each output.
        ids: The hash of each id, and the day (ISO 8601) on which its image was taken out.
        contents: The same of the hash of each image's bytes.
    """

    salt: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)

    def id_hash(self, sample_id: str) -> str:
        """What stands for an image's id."""
        return self._hash("id", sample_id)

    def content_hash(self, content_sha256: str) -> str:
        """What stands for the hash of an image's bytes."""
        return self._hash("content", content_sha256)

    def has_id(self, sample_id: str | None) -> bool:
        """Whether the image of that id was taken out."""
        return bool(self.ids and sample_id) and self.id_hash(str(sample_id)) in self.ids

    def has_content(self, content_sha256: str | None) -> bool:
        """Whether an image of those bytes was taken out."""
        return bool(self.contents and content_sha256) and self.content_hash(str(content_sha256)) in self.contents

    def rejection(self, sample_id: str, source: str) -> RejectionRow:
        """The row of `REJECTION_SCHEMA` that says of such an image no more than that it is left out."""
        image = named_image(f"purged-{self.id_hash(sample_id)[:16]}", source)
        return rejection_row(image, Rejection(Reason.PURGED, "was taken out by `parquetry purge`"))

    def _hash(self, kind: str, text: str) -> str:
        return hashlib.sha256(f"{self.salt}:{kind}:{text}".encode()).hexdigest()
