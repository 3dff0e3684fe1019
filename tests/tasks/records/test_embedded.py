"""Pictures in cells, in every spelling of base64."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tasks.records.embedded import InvalidEmbeddedError, decode_embedded, is_embedded


def _wrapped(text: str) -> str:
    return "\n".join(text[start : start + 76] for start in range(0, len(text), 76))


@pytest.mark.parametrize(
    "spelt",
    [
        pytest.param(lambda text: text, id="plain"),
        pytest.param(_wrapped, id="MIME's line breaks"),
        pytest.param(lambda text: _wrapped(text).replace("\n", "\r\n") + "\r\n", id="and carriage returns"),
        pytest.param(lambda text: text.translate(str.maketrans("+/", "-_")), id="alphabet of URLs"),
        pytest.param(lambda text: text.rstrip("="), id="no padding"),
        pytest.param(lambda text: f"data:image/png;base64,{_wrapped(text)}", id="data: with line breaks"),
        pytest.param(lambda text: f"data:image/png;base64,{quote(text, safe='')}", id="data: with percent signs"),
        pytest.param(lambda text: f"b'{text}'", id="bytes as Python prints them"),
    ],
)
@pytest.mark.parametrize("size", [56, 157, 158, 159])
def test_base64_is_read_however_it_is_spelt(spelt: Callable[[str], str], size: int) -> None:
    data = b"\x89PNG\r\n\x1a\n" + bytes(range(251, 251 - size, -1))
    text = spelt(base64.b64encode(data).decode())

    assert is_embedded(text)
    assert decode_embedded(text).encoded == data


@pytest.mark.parametrize("text", ["iVBORw0KGg=oAAA" * 9, "data:image/png;base64,iVBO*", "data:image/png;base64,A"])
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(InvalidEmbeddedError, match="base64"):
        decode_embedded(text)
