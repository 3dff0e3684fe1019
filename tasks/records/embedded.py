"""Pixels that stand in the label file itself: nested lists of numbers, base64, `data:` URLs. Nothing is evaluated."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import re
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

from tasks.errors import InvalidImageError
from tasks.reasons import Reason
from tasks.records.record_format import EmbeddedSettings

_ELLIPSIS = re.compile(r"\.\.\.|…")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_BASE64_IMAGE = re.compile(r"[/_]9j[/_]|iVBORw0KGg|R0lGOD|UklGR|SUkqA|TU0AK|Qk")
_BASE64_LINES = re.compile(r"\s*[\r\n]\s*")
_BYTES_OF_PYTHON = re.compile(r"b(['\"])(.*)\1", re.DOTALL)
BASE64_SHORTEST = 32  # characters; the smallest GIF that there is has 48
_BASE64_CERTAIN = 256  # longer than a file's name may be, and without a dot
_CHANNELS = (1, 3, 4)


class InvalidEmbeddedError(InvalidImageError):
    """Text that stands for pixels and cannot be turned into them."""

    @classmethod
    def because(cls, reason: Reason, detail: str) -> Self:
        """*detail* is wrong with the text, which is what *reason* says in short."""
        return cls(f"{reason.value}: {detail}")

    @property
    def reason(self) -> Reason:
        """One of the ``embedded_*`` reasons."""
        return Reason(str(self.args[0]).partition(":")[0])

    @property
    def detail(self) -> str:
        """What exactly was wrong, for a person."""
        return str(self.args[0]).partition(": ")[2][:200]


@dataclass(frozen=True, slots=True)
class EmbeddedPixels:
    """What a cell held: the bytes of an image file, or an array.

    Attributes:
        encoded: The bytes of an image file; empty for an array.
        array: uint8 or uint16, height × width or height × width × 3 or 4; None for an image file.
    """

    encoded: bytes = b""
    array: npt.NDArray[Any] | None = None

    @property
    def is_array(self) -> bool:
        """Whether the bytes of `as_bytes` are those of a `.npy` file."""
        return self.array is not None

    def as_bytes(self) -> bytes:
        """The image file, or the array as the bytes of a `.npy` file."""
        if self.array is None:
            return self.encoded
        buffer = io.BytesIO()
        np.save(buffer, self.array, allow_pickle=False)
        return buffer.getvalue()


def is_embedded(text: str) -> bool:
    """Whether the cell *text* stands for pixels, good or bad, rather than for a place."""
    if text.startswith("["):
        return text.endswith("]")
    return text[:5].lower() == "data:" or _is_base64(text)


def text_hash(text: str) -> str:
    """What the pixels that *text* stands for are known by: 16 hex digits of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _is_base64(text: str) -> bool:
    if len(text) < BASE64_SHORTEST or "." in text[:_BASE64_CERTAIN]:
        return False
    text = _one_line(text)
    if not (_BASE64_IMAGE.match(text) or len(text) >= _BASE64_CERTAIN):
        return False
    return _BASE64.fullmatch(text) is not None


def _one_line(text: str) -> str:
    """*text* without MIME's line breaks, and without what Python writes around bytes."""
    python = _BYTES_OF_PYTHON.fullmatch(text)
    return _BASE64_LINES.sub("", python[2].replace("\\n", "\n") if python is not None else text)


def decode_embedded(text: str, settings: EmbeddedSettings | None = None) -> EmbeddedPixels:
    """The pixels that *text* stands for.

    Raises:
        InvalidEmbeddedError: With one of the ``embedded_*`` reasons.
    """
    text = text.strip()
    if text.startswith("["):
        return EmbeddedPixels(array=_decode_array(text, settings or EmbeddedSettings()))
    return EmbeddedPixels(encoded=_decode_base64(text))


def _decode_base64(text: str) -> bytes:
    head, comma, body = text.partition(",") if text[:5].lower() == "data:" else ("", "", text)
    if _ELLIPSIS.search(body[:1000]):
        raise InvalidEmbeddedError.because(Reason.EMBEDDED_PLACEHOLDER, "an ellipsis stands where the image should be")
    if head and not (comma and head.lower().endswith(";base64")):
        raise InvalidEmbeddedError.because(Reason.EMBEDDED_BAD_VALUE, "a data: URL must say `;base64,`")
    plain = "".join((unquote(body) if head and "%" in body else _one_line(body)).split()).translate(_URL_SAFE)
    digits = plain.rstrip("=")
    try:
        data = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidEmbeddedError.because(Reason.EMBEDDED_BAD_VALUE, f"is not base64: {error}") from None
    if not data:
        raise InvalidEmbeddedError.because(Reason.EMBEDDED_BAD_VALUE, "holds no bytes")
    return data


_URL_SAFE = str.maketrans("-_", "+/")


def _decode_array(text: str, settings: EmbeddedSettings) -> npt.NDArray[Any]:
    values = _parse_array(text)
    scaled = (
        _scale_unit(values, settings) if settings.value_range == "unit" else _check_integers(values, text, settings)
    )
    shaped = _shape(scaled, settings)
    return np.ascontiguousarray(shaped)


def _parse_array(text: str) -> npt.NDArray[Any]:
    """The numbers of *text* as they stand: int64, uint64, float64 or, where some are larger, objects."""
    try:
        values = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        if _ELLIPSIS.search(text):
            detail = "an ellipsis stands where pixels should be"
            raise InvalidEmbeddedError.because(Reason.EMBEDDED_PLACEHOLDER, detail) from None
        detail = "nested too deeply" if isinstance(error, RecursionError) else f"is not a list of numbers: {error}"
        raise InvalidEmbeddedError.because(Reason.EMBEDDED_BAD_VALUE, detail[:200]) from None
    try:
        array = np.array(values)
    except (ValueError, OverflowError):
        raise InvalidEmbeddedError.because(*_why_no_array(text)) from None
    if array.dtype.kind in "iuf" and "true" not in text and "false" not in text:
        return array
    raise InvalidEmbeddedError.because(*_why_no_array(text))


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a pixel")


def _why_no_array(text: str) -> tuple[Reason, str]:
    """What keeps *text*, which is JSON, from being an array of numbers."""
    if _ELLIPSIS.search(text):
        return Reason.EMBEDDED_PLACEHOLDER, "an ellipsis stands where pixels should be"
    if re.search(r"[^\s\d\[\],.eE+-]", text):
        return Reason.EMBEDDED_BAD_VALUE, "holds something that is not a number"
    if re.search(r"\d{19}", text):
        return Reason.EMBEDDED_OUT_OF_RANGE, "holds a number that is far too large"
    return Reason.EMBEDDED_RAGGED, "its rows are not of one length"


def _check_integers(values: npt.NDArray[Any], text: str, settings: EmbeddedSettings) -> npt.NDArray[Any]:
    top = 255 if settings.bit_depth == 8 else 65535
    if values.size and values.dtype.kind == "f":
        if re.search(r"[.eE]", text):
            detail = "holds floats; set `value_range: unit` where they mean 0 to 1"
            raise InvalidEmbeddedError.because(Reason.EMBEDDED_BAD_VALUE, detail)
        raise InvalidEmbeddedError.because(Reason.EMBEDDED_OUT_OF_RANGE, f"holds a value outside 0 to {top}")
    if values.size and (values.min() < 0 or values.max() > top):
        hint = "" if settings.bit_depth == 16 else "; set `bit_depth: 16` where 65535 is white"
        detail = f"holds {values.min()} to {values.max()}, and 0 to {top} is allowed{hint}"
        raise InvalidEmbeddedError.because(Reason.EMBEDDED_OUT_OF_RANGE, detail)
    return values.astype(np.uint8 if settings.bit_depth == 8 else np.uint16)


def _scale_unit(values: npt.NDArray[Any], settings: EmbeddedSettings) -> npt.NDArray[Any]:
    floats = values.astype(np.float64)
    if floats.size and not (floats.min() >= 0 and floats.max() <= 1):
        detail = f"holds {floats.min():g} to {floats.max():g}, and `value_range: unit` allows 0 to 1"
        raise InvalidEmbeddedError.because(Reason.EMBEDDED_OUT_OF_RANGE, detail)
    top, kind = (255, np.uint8) if settings.bit_depth == 8 else (65535, np.uint16)
    return np.rint(floats * top).astype(kind)


def _shape(array: npt.NDArray[Any], settings: EmbeddedSettings) -> npt.NDArray[Any]:
    if array.ndim == 3 and settings.array_order == "chw":
        array = array.transpose(1, 2, 0)
    is_image = array.size > 0 and (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in _CHANNELS))
    if not is_image:
        wanted = "height × width or height × width × 1, 3 or 4 (`array_order` hwc)"
        detail = f"is {' × '.join(map(str, array.shape))}, not {wanted}"
        raise InvalidEmbeddedError.because(Reason.EMBEDDED_RAGGED, detail)
    return array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array
