"""RecordIO files record by record, as MXNet writes them."""

from __future__ import annotations

import io
import random
from contextlib import suppress

import pytest

from tasks.errors import LabelFileError
from tasks.records.recordio import parse_recordio, read_recordio_frames, recordio_data_of
from tasks.records.tfrecords import ExampleError
from tests.tfrecords_here import MARK, labelled, recordio

IMAGES = [b"\xff\xd8\xff one", b"\xff\xd8\xff" + MARK + b"two" + MARK + MARK, b"\xff\xd8\xff three!"]
PARTS = [recordio(labelled(image, float(number), 7 + number)) for number, image in enumerate(IMAGES)]
FILE = b"".join(PARTS)


def test_records_are_read_with_their_places_also_in_parts() -> None:
    frames = list(read_recordio_frames(io.BytesIO(FILE), "a.rec"))

    assert [parse_recordio(frame.data) for frame in frames] == [
        {"image": [image], "label": [number], "id": [7 + number]} for number, image in enumerate(IMAGES)
    ]
    assert [FILE[frame.offset : frame.offset + frame.length] for frame in frames] == PARTS
    assert [recordio_data_of(part) for part in PARTS] == [frame.data for frame in frames]


def test_several_labels_and_parts_of_numbers_are_read() -> None:
    assert parse_recordio(labelled(b"x", [1.0, 5.0], 3)) == {"image": [b"x"], "label": [1, 5], "id": [3]}
    assert parse_recordio(labelled(b"", [0.5, 1.0], 0)) == {"image": [], "label": [0.5, 1.0], "id": [0]}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (FILE[: len(PARTS[0]) + 3], "record 2, at byte {at}: the file is cut off in it"),
        (FILE[: len(PARTS[0] + PARTS[1]) - 2], "record 2, at byte {at}: the file is cut off in it"),
        (PARTS[0] + b"x" + PARTS[1], "record 2, at byte {at}: a record does not begin so, and the file is damaged"),
        (PARTS[0] + PARTS[1][len(PARTS[1]) - 8 :], "record 2, at byte {at}: a record does not begin so"),
    ],
    ids=["in a head", "in a part", "no mark", "a last part alone"],
)  # fmt: skip
def test_a_damaged_file_says_in_which_record(data: bytes, said: str) -> None:
    with pytest.raises(LabelFileError) as caught:
        list(read_recordio_frames(io.BytesIO(data), "a.rec"))

    assert said.format(at=len(PARTS[0])) in str(caught.value)


@pytest.mark.parametrize(
    ("data", "said"), [(b"x" * 9, "is too short for the header"), (labelled(b"", [1.0], 0)[:-1], "has 1 labels")]
)
def test_a_record_without_its_header_says_so(data: bytes, said: str) -> None:
    with pytest.raises(ExampleError, match=said):
        parse_recordio(data)


def test_whatever_bytes_change_nothing_but_an_error_of_ours_comes_out() -> None:
    chance = random.Random(5)
    for _ in range(400):
        data = bytearray(FILE)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(ExampleError, LabelFileError):
            for frame in read_recordio_frames(io.BytesIO(bytes(data)), "a.rec"):
                parse_recordio(frame.data)
