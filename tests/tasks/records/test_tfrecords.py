"""TFRecord files record by record: what stands in one, and what is damaged."""

from __future__ import annotations

import io
import random
import struct
from contextlib import suppress

import numpy as np
import pytest

from tasks.errors import LabelFileError
from tasks.records.examples import picture_of
from tasks.records.record_format import EmbeddedSettings
from tasks.records.tfrecords import Example, ExampleError, data_of, parse_example, read_frames
from tests import tfrecords_here as here

JPEG = b"\xff\xd8\xff\xe0 not all of one"
ROWS: list[here.Row] = [{"image": JPEG, "label": number, "name": f"n{number}"} for number in range(3)]
FILE = b"".join(here.framed(here.example(row)) for row in ROWS)


def test_records_are_read_with_their_places() -> None:
    frames = list(read_frames(io.BytesIO(FILE), "a.tfrec"))

    assert [parse_example(frame.data)["name"] for frame in frames] == [[b"n0"], [b"n1"], [b"n2"]]
    assert [parse_example(data_of(FILE[f.offset : f.offset + f.length]))["label"] for f in frames] == [[0], [1], [2]]
    assert [frame.number for frame in frames] == [1, 2, 3]


def test_a_record_whose_data_is_damaged_is_told_and_the_next_is_read() -> None:
    at = FILE.index(b"n0")
    frames = list(read_frames(io.BytesIO(FILE[:at] + b"m0" + FILE[at + 2 :]), "a.tfrec"))

    assert [frame.problem for frame in frames] == ["is damaged: the checksum of its data does not hold", "", ""]


@pytest.mark.parametrize("left", [1, 12, 30, len(FILE) // 3 - 1])
def test_a_file_that_is_cut_off_says_in_which_record(left: int) -> None:
    place = len(FILE) // 3
    with pytest.raises(LabelFileError, match=rf"^a\.tfrec, record 2, at byte {place}: the file is cut off in it"):
        list(read_frames(io.BytesIO(FILE[: place + left]), "a.tfrec"))


def test_a_length_that_is_damaged_ends_the_file_with_its_place() -> None:
    place = len(FILE) // 3
    data = FILE[:place] + bytes([FILE[place] ^ 1]) + FILE[place + 1 :]

    with pytest.raises(LabelFileError) as caught:
        list(read_frames(io.BytesIO(data), "a.tfrec"))

    assert str(caught.value) == (
        f"a.tfrec, record 2, at byte {place}: the checksum of its length does not hold, so that the file is damaged "
        "there. Get it anew."
    )


def test_features_have_the_values_that_were_written() -> None:
    row: here.Row = {"a": [1, -1, 1 << 40], "f": [0.5, -2.0], "b": [b"\0\xff", b""], "none": []}

    assert parse_example(here.example(row)) == {
        "a": [1, -1, 1 << 40],
        "f": [0.5, -2.0],
        "b": [b"\0\xff", b""],
        "none": [],
    }


def test_numbers_that_are_not_packed_and_fields_nobody_knows_are_read() -> None:
    single = here.run(3, here.varint(1 << 3) + here.varint(7) + here.varint(1 << 3) + here.varint(-2))
    floats = here.run(2, here.varint(1 << 3 | 5) + struct.pack("<f", 1.5) + here.varint(9 << 3) + here.varint(3))
    entries = b"".join(
        here.run(1, here.run(1, name) + here.run(2, held)) for name, held in ((b"i", single), (b"f", floats))
    )

    assert parse_example(here.run(1, entries)) == {"i": [7, -2], "f": [1.5]}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(JPEG, "is no tf.train.Example", id="an image"),
        pytest.param(here.run(1, b"") + here.run(2, b""), "is a tf.train.SequenceExample", id="a sequence"),
        pytest.param(here.example({"a": 1})[:-1], "is no tf.train.Example", id="cut off"),
        pytest.param(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "is no tf.train.Example", id="a huge length"),
        pytest.param(b"\x0a" + b"\xff" * 12, "is no tf.train.Example", id="an endless number"),
        pytest.param(here.run(1, here.run(1, here.run(1, b"\xff") + here.run(2, b""))),
                     "has a feature whose name is no text", id="a name"),
        pytest.param(here.run(1, here.run(1, here.run(1, b"a") + here.run(2, here.run(2, here.run(1, b"123"))))),
                     "has floats that are none", id="floats"),
    ],
)  # fmt: skip
def test_what_is_no_example_says_so(data: bytes, said: str) -> None:
    with pytest.raises(ExampleError) as caught:
        parse_example(data)

    assert str(caught.value) == said


def test_whatever_bytes_change_nothing_but_an_error_of_ours_comes_out() -> None:
    chance = random.Random(5)
    for _ in range(400):
        data = bytearray(here.example(ROWS[0]))
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(ExampleError):
            parse_example(bytes(data[: chance.randint(0, len(data))]))


PIXELS = bytes(range(24))


@pytest.mark.parametrize(
    ("row", "shape"),
    [
        ({"height": [2], "width": [4], "depth": [3]}, (2, 4, 3)),
        ({"image/height": [4], "image/width": [2], "image/channels": [3]}, (4, 2, 3)),
        ({"height": [2], "width": [4]}, (2, 4, 3)),
        ({"height": [6], "width": [4], "depth": [1]}, (6, 4)),
    ],
)
def test_pixels_have_the_size_that_their_record_says(row: Example, shape: tuple[int, ...]) -> None:
    found = picture_of({"image_raw": [PIXELS], **row}, "image_raw", EmbeddedSettings())

    assert found.array is not None
    assert np.array_equal(found.array, np.arange(24, dtype=np.uint8).reshape(shape))


def test_pixels_by_channels_and_of_sixteen_bits_are_read_as_the_config_says() -> None:
    row: Example = {"x": [PIXELS], "height": [2], "width": [2], "depth": [3]}

    found = picture_of(row, "x", EmbeddedSettings(array_order="chw", bit_depth=16))

    assert found.array is not None
    assert np.array_equal(found.array, np.frombuffer(PIXELS, "<u2").reshape(3, 2, 2).transpose(1, 2, 0))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        pytest.param({}, "no height and width", id="no size"),
        pytest.param({"height": [2], "width": [3]}, "no height and width", id="four bytes a pixel"),
        pytest.param({"height": [3], "width": [4], "depth": [3]}, "height 3, width 4, depth 3", id="another size"),
        pytest.param({"height": [2], "a/height": [2], "width": [4]}, "no height and width", id="two heights"),
        pytest.param({"height": [2, 2], "width": [4]}, "no height and width", id="a list"),
        pytest.param({"height": [-2], "width": [-4]}, "no height and width", id="less than nothing"),
    ],
)
def test_pixels_of_which_nothing_says_what_size_they_are_are_refused(row: Example, said: str) -> None:
    with pytest.raises(ExampleError, match=rf"^has 24 bytes in 'x' that are no image file.*\({said}\)"):
        picture_of({"x": [PIXELS], **row}, "x", EmbeddedSettings())


def test_several_images_in_one_record_are_refused() -> None:
    with pytest.raises(ExampleError, match="has 2 values in 'x', where one image should be"):
        picture_of({"x": [JPEG, JPEG]}, "x", EmbeddedSettings())
