"""Pictures that are written as lists of numbers: what they come to, and what is wrong with those that are none."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tasks.records.embedded import InvalidEmbeddedError, decode_embedded, is_embedded, text_hash
from tasks.records.record_format import EmbeddedSettings

UNIT = EmbeddedSettings(value_range="unit")
DEEP = EmbeddedSettings(bit_depth=16)
DEEP_UNIT = EmbeddedSettings(value_range="unit", bit_depth=16)
PLANES_FIRST = EmbeddedSettings(array_order="chw")
GREY = np.array([[0, 1, 255], [2, 3, 4]], np.uint8)
COLOURS = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def read(text: str, settings: EmbeddedSettings | None = None) -> npt.NDArray[Any]:
    found = decode_embedded(text, settings)
    assert found.array is not None
    assert found.is_array
    return found.array


def assert_same(found: npt.NDArray[Any], expected: npt.NDArray[Any]) -> None:
    assert (found.dtype, found.shape, found.tolist()) == (expected.dtype, expected.shape, expected.tolist())
    assert found.flags["C_CONTIGUOUS"]


@pytest.mark.parametrize(
    ("values", "settings", "expected"),
    [
        pytest.param(GREY, None, GREY, id="grey"),
        pytest.param(GREY[:, :, None], None, GREY, id="one channel is none"),
        pytest.param(COLOURS, None, COLOURS, id="colours"),
        pytest.param(np.dstack([COLOURS, GREY[:, :1].repeat(4, 1)]), None, None, id="and how opaque they are"),
        pytest.param(COLOURS.transpose(2, 0, 1), PLANES_FIRST, COLOURS, id="channels first"),
        pytest.param(GREY, PLANES_FIRST, GREY, id="grey has none that could come first"),
        pytest.param(GREY[None], PLANES_FIRST, GREY, id="one channel first"),
        pytest.param(np.array([[0, 65535]]), DEEP, np.array([[0, 65535]], np.uint16), id="16 bits"),
        pytest.param(np.array([[0.0, 0.5, 1.0]]), UNIT, np.array([[0, 128, 255]], np.uint8), id="shares"),
        pytest.param(np.array([[0, 1]]), UNIT, np.array([[0, 255]], np.uint8), id="whole shares"),
        pytest.param(np.array([[0.5, 1.0]]), DEEP_UNIT, np.array([[32768, 65535]], np.uint16), id="shares of 16 bits"),
    ],
)
def test_lists_of_numbers_are_pixels(
    values: npt.NDArray[Any], settings: EmbeddedSettings | None, expected: npt.NDArray[Any] | None
) -> None:
    text = json.dumps(values.tolist())

    assert is_embedded(text)
    assert_same(read(f" {text}\n", settings), values if expected is None else expected)


def test_an_array_goes_on_as_a_file_that_numpy_reads() -> None:
    data = decode_embedded(json.dumps(COLOURS.tolist())).as_bytes()

    assert_same(np.load(io.BytesIO(data)), COLOURS)


@pytest.mark.parametrize(
    ("text", "settings", "said"),
    [
        ("[[1, ...], [2, 3]]", None, "embedded_placeholder: an ellipsis stands where pixels should be"),
        ("[[1, …], [2, 3]]", None, "embedded_placeholder: an ellipsis stands where pixels should be"),
        ('[["…"]]', None, "embedded_placeholder: an ellipsis stands where pixels should be"),
        ("[[1, 2]", None, "embedded_bad_value: is not a list of numbers: Expecting ',' delimiter"),
        ("[[NaN, 2]]", None, "embedded_bad_value: is not a list of numbers: NaN is "),
        ("[" * 99_999 + "]" * 99_999, None, "embedded_bad_value: nested too deeply"),
        ('[["1", "2"]]', None, "embedded_bad_value: holds something that is not a number"),
        ("[[true, false]]", None, "embedded_bad_value: holds something that is not a number"),
        ("[[1, true]]", None, "embedded_bad_value: holds something that is not a number"),
        ("[[0, false]]", None, "embedded_bad_value: holds something that is not a number"),
        ("[[null, 2]]", None, "embedded_bad_value: holds something that is not a number"),
        (f"[[{'9' * 30}, 2]]", None, "embedded_out_of_range: holds a number that is far too large"),
        (f"[[{2**63}, -1]]", None, "embedded_out_of_range: holds a value outside 0 to 255"),
        ("[[1, 2], [3]]", None, "embedded_ragged: its rows are not of one length"),
        ("[[0.5, 1]]", None, "embedded_bad_value: holds floats; set `value_range: unit` where they mean 0 to 1"),
        ("[[1e2, 1]]", None, "embedded_bad_value: holds floats; set `value_range: unit` where they mean 0 to 1"),
        (
            "[[0, 256]]",
            None,
            "embedded_out_of_range: holds 0 to 256, and 0 to 255 is allowed; set `bit_depth: 16` where 65535 is white",
        ),
        (
            "[[-1, 255]]",
            None,
            "embedded_out_of_range: holds -1 to 255, and 0 to 255 is allowed; set `bit_depth: 16` where 65535 is white",
        ),
        ("[[0, 65536]]", DEEP, "embedded_out_of_range: holds 0 to 65536, and 0 to 65535 is allowed"),
        ("[[0, 1.5]]", UNIT, "embedded_out_of_range: holds 0 to 1.5, and `value_range: unit` allows 0 to 1"),
        ("[[-0.5, 1]]", UNIT, "embedded_out_of_range: holds -0.5 to 1, and `value_range: unit` allows 0 to 1"),
        (
            "[1, 2]",
            None,
            "embedded_ragged: is 2, not height × width or height × width × 1, 3 or 4 (`array_order` hwc)",
        ),
        (
            "[[[1, 2]]]",
            None,
            "embedded_ragged: is 1 × 1 × 2, not height × width or height × width × 1, 3 or 4 (`array_order` hwc)",
        ),
        (
            "[[]]",
            None,
            "embedded_ragged: is 1 × 0, not height × width or height × width × 1, 3 or 4 (`array_order` hwc)",
        ),
    ],
)
def test_what_is_no_picture_says_why(text: str, settings: EmbeddedSettings | None, said: str) -> None:
    with pytest.raises(InvalidEmbeddedError) as caught:
        decode_embedded(text, settings)

    reason, _, detail = said.partition(": ")
    assert caught.value.reason.value == reason
    assert caught.value.detail.partition(": line 1")[0].startswith(detail)
    assert len(caught.value.detail) <= 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data:image/png;base64,", "embedded_bad_value: holds no bytes"),
        ("data:image/png,iVBORw0KGgo", "embedded_bad_value: a data: URL must say `;base64,`"),
        ("data:image/png;base64", "embedded_bad_value: a data: URL must say `;base64,`"),
        ("data:image/png;base64,iVBOR...", "embedded_placeholder: an ellipsis stands where the image should be"),
        ("data:image/png;base64,iVBOR…", "embedded_placeholder: an ellipsis stands where the image should be"),
        ("iVBOR*", "embedded_bad_value: is not base64: Only base64 data is allowed"),
    ],
)
def test_base64_that_is_none_says_why(text: str, said: str) -> None:
    with pytest.raises(InvalidEmbeddedError) as caught:
        decode_embedded(text)

    assert f"{caught.value.reason.value}: {caught.value.detail}" == said


HEAD = "iVBORw0KGgo"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("DATA:image/png;base64,x", True),
        ("data", False),
        ("[1", False),
        ("[x]", True),
        (HEAD + "A" * 20, False),
        (HEAD + "A" * 21, True),
        ("A" * 32, False),
        ("A" * 255, False),
        ("A" * 256, True),
        ("A" * 255 + ".", False),
        (f"{'A' * 256}.", False),
        (HEAD + "A" * 21 + "=", True),
        (HEAD + "A" * 21 + "===", False),
        (f"photos/{HEAD}{'A' * 30}", False),
        (f"{HEAD}{'A' * 30}.png", False),
    ],
)
def test_a_cell_that_holds_a_picture_is_told_from_a_place(text: str, is_one: bool) -> None:
    assert is_embedded(text) == is_one


def test_pixels_are_known_by_the_sha256_of_their_text() -> None:
    assert text_hash("abc") == "ba7816bf8f01cfea"
    assert text_hash("\ud800")
