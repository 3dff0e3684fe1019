"""Images whose names say that they are of a format which is not read."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tasks.image_formats import BY_DEFAULT
from tasks.images.named_formats import unread_by_name

SAID = "which is never read: convert it to PNG or TIFF, or pass it over with `source.ignore`"


@pytest.mark.parametrize(
    ("names", "said"),
    [
        pytest.param(["a.jpg", "b.PNG", "c", "", "d.x"], [], id="formats that are read, and none"),
        pytest.param(["a.dcm"], [f"1 image is DICOM by name, {SAID}"], id="one that never is"),
        pytest.param(
            ["a.npy", "b.dcm", "x/c.DICOM", "d.jpg"],
            [f"2 images are DICOM by name, {SAID}", f"1 image is a numpy array by name, {SAID}"],
            id="two of them, the most first",
        ),
    ],
)
def test_names_tell_of_formats_that_are_not_read(names: list[str], said: list[str]) -> None:
    places = pa.chunked_array([pa.array(names, pa.string())])

    assert unread_by_name(places, BY_DEFAULT) == (sum(int(one.split(" ")[0]) for one in said), said)


def test_a_format_that_the_config_does_not_list_is_told_with_its_key() -> None:
    count, [said] = unread_by_name(pa.chunked_array([["a.webp", "b.jpg"]]), ("jpeg", "png"))

    assert (count, said) == (
        1,
        "1 image is WebP by name, which `validation.formats` does not list: add webp to it",
    )
