"""The closed list of reasons for which an image can be left out."""

from __future__ import annotations

from enum import StrEnum

_DISCOVER = (
    "no_label missing_label unknown_class unknown_split label_conflict uneven_depth outside_root bad_row duplicate_key "
    "embedded_placeholder embedded_ragged embedded_bad_value embedded_out_of_range quarantined_new_class "
    "no_pattern no_match ambiguous_match bad_target purged"
)
_FETCH = (
    "not_found forbidden timeout unreachable too_many_bytes short_body bad_scheme private_address not_a_regular_file "
    "changed_while_read dns tls http_error deferred parked"
)
_IMAGE = (
    "empty_file not_an_image extension_mismatch format_not_allowed truncated too_many_pixels unsupported_mode "
    "too_small bad_aspect decode_error decoder_limit"
)
_DATASET = "duplicate_content duplicate_location"


class Reason(StrEnum):
    """Why an image is not in a version; scripts may rely on these words."""

    NO_LABEL = "no_label"
    MISSING_LABEL = "missing_label"
    UNKNOWN_CLASS = "unknown_class"
    UNKNOWN_SPLIT = "unknown_split"
    LABEL_CONFLICT = "label_conflict"
    UNEVEN_DEPTH = "uneven_depth"
    OUTSIDE_ROOT = "outside_root"
    BAD_ROW = "bad_row"
    DUPLICATE_KEY = "duplicate_key"
    EMBEDDED_PLACEHOLDER = "embedded_placeholder"
    EMBEDDED_RAGGED = "embedded_ragged"
    EMBEDDED_BAD_VALUE = "embedded_bad_value"
    EMBEDDED_OUT_OF_RANGE = "embedded_out_of_range"
    QUARANTINED_NEW_CLASS = "quarantined_new_class"
    NO_PATTERN = "no_pattern"
    NO_MATCH = "no_match"
    AMBIGUOUS_MATCH = "ambiguous_match"
    BAD_TARGET = "bad_target"
    PURGED = "purged"

    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    TOO_MANY_BYTES = "too_many_bytes"
    SHORT_BODY = "short_body"
    BAD_SCHEME = "bad_scheme"
    PRIVATE_ADDRESS = "private_address"
    NOT_A_REGULAR_FILE = "not_a_regular_file"
    CHANGED_WHILE_READ = "changed_while_read"
    DNS = "dns"
    TLS = "tls"
    HTTP_ERROR = "http_error"
    DEFERRED = "deferred"
    PARKED = "parked"

    EMPTY_FILE = "empty_file"
    NOT_AN_IMAGE = "not_an_image"
    EXTENSION_MISMATCH = "extension_mismatch"
    FORMAT_NOT_ALLOWED = "format_not_allowed"
    TRUNCATED = "truncated"
    TOO_MANY_PIXELS = "too_many_pixels"
    UNSUPPORTED_MODE = "unsupported_mode"
    TOO_SMALL = "too_small"
    BAD_ASPECT = "bad_aspect"
    DECODE_ERROR = "decode_error"
    DECODER_LIMIT = "decoder_limit"

    DUPLICATE_CONTENT = "duplicate_content"
    DUPLICATE_LOCATION = "duplicate_location"

    @property
    def stage(self) -> str:
        """Where it was found: ``"discover"``, ``"fetch"``, ``"image"`` or ``"dataset"``."""
        return _STAGES[self.value]

    @property
    def retry(self) -> bool:
        """Whether the same bytes may well be there next time, so that asking again makes sense."""
        return self in _RETRY

    @property
    def deduplicated(self) -> bool:
        """Whether the image is left out because another row stands for it: counted apart from rejects."""
        return self.stage == "dataset"


_STAGES = {
    reason: stage
    for stage, reasons in (("discover", _DISCOVER), ("fetch", _FETCH), ("image", _IMAGE), ("dataset", _DATASET))
    for reason in reasons.split()
}
_RETRY = frozenset(
    {
        Reason.TIMEOUT,
        Reason.UNREACHABLE,
        Reason.SHORT_BODY,
        Reason.CHANGED_WHILE_READ,
        Reason.DNS,
        Reason.TLS,
        Reason.HTTP_ERROR,
        Reason.DEFERRED,
    }
)
