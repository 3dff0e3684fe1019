"""Which images go with others and are no samples, and where that ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.discover.by_folders.class_folders import ClassFolders
from tasks.discover.by_folders.folders import images_under
from tasks.discover.folder_evidence.companions import Companions, leave_out_companions
from tests.tasks.discover.layouts import Layout, draw

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look
    from tests.tasks.discover.test_folders import Tree


def left_out(root: Path, *lines: str) -> Companions:
    draw(Layout("", lines), root)
    return leave_out_companions(images_under(ClassFolders(layout="class_folders", path=str(root))))


@pytest.mark.parametrize(
    ("lines", "ignore"),
    [
        pytest.param(
            ("cat/{1-5}.jpg ?", "cat/{1-4}_mask.png ?"), ["*_mask.*", "*_mask*[0-9].*"], id="beside their images"
        ),
        pytest.param(
            ("cat/{1-4}.jpg ?", "cat/{1-5}_mask.png ?"), ["*_mask.*", "*_mask*[0-9].*"], id="four of five beside theirs"
        ),
        pytest.param(("cat/{1-3}.jpg ?", "cat/{1-4}_mask.png ?"), [], id="three of four beside theirs"),
        pytest.param(("cat/{1-4}.jpg ?", "dog/{1-4}_mask.png ?"), [], id="in another folder"),
        pytest.param(("cat/{1-4}.jpg ?", "cat/{1-4}_left.png ?"), [], id="a word of another kind"),
        pytest.param(("cat/{1-4}.jpg ?", "cat/{1-4}_leftmask.png ?"), [], id="a longer word"),
        pytest.param(("cat/{1-4}.jpg ?", "cat/{1-4}-gt.png ?"), ["*-gt.*", "*-gt*[0-9].*"], id="behind another sign"),
        pytest.param(("cat/{1-4}.jpg ?", "cat/{1-4} Mask.png ?"), ["* Mask.*", "* Mask*[0-9].*"], id="with a capital"),
        pytest.param(
            ("cat/{1-4}.jpg ?", "cat/{1-4}_mask{1-2}.png ?"), ["*_mask.*", "*_mask*[0-9].*"], id="several of each"
        ),
        pytest.param(
            ("cat/{1-4}.jpg ?", "cat/{1-4}_mask_{1-2}.png ?"),
            ["*_mask.*", "*_mask*[0-9].*"],
            id="numbered behind a sign",
        ),
        pytest.param(
            ("cat/{1-4}.jpg ?", "cat/{1-4}_{depth|mask}.png ?"),
            ["*_depth.*", "*_depth*[0-9].*", "*_mask.*", "*_mask*[0-9].*"],
            id="of two kinds",
        ),
        pytest.param(
            ("cat/{1-4}.jpg ?", "cat/{1-4}_maskTrimap.png ?"),
            ["*_maskTrimap.*", "*_maskTrimap*[0-9].*"],
            id="two such words",
        ),
        pytest.param(("cat/{1-4}_mask.png ?", "dog/{5-8}_mask.png ?"), [], id="without images"),
        pytest.param(
            ("images/{1-4}.jpg ?", "masks/{1-4}.png ?"), ["masks"], id="in a folder beside one that organises"
        ),
        pytest.param(("images/{1-4}.jpg ?", "masks/{1-5}.png ?"), ["masks"], id="four of five with a name of an image"),
        pytest.param(("images/{1-3}.jpg ?", "masks/{1-4}.png ?"), [], id="three of four with a name of an image"),
        pytest.param(("images/{1-4}.jpg ?", "masks/{5-8}.png ?"), [], id="with names of their own"),
        pytest.param(("cat/{1-4}.jpg ?", "masks/{1-4}.png ?"), ["masks"], id="with another extension"),
        pytest.param(("cat/{1-4}.jpg ?", "masks/{1-4}.jpg ?"), [], id="beside a class, and just as its files"),
        pytest.param(
            ("cat/{1-4}.jpg ?", "masks/{1-4}_gt.jpg ?"), ["masks"], id="beside a class, with a word behind each name"
        ),
        pytest.param(
            ("cat/{1-4}.jpg ?", "masks/mask_{1-4}.jpg ?"), ["masks"], id="beside a class, with a word before each name"
        ),
        pytest.param(("cat/x_{1-4}.jpg ?", "cat/masks/x_{1-4}.jpg ?"), ["masks"], id="below their images"),
        pytest.param(
            ("images/{1-4}_rgb.jpg ?", "masks/{1-4}.jpg ?"), ["masks"], id="without the end of all images' names"
        ),
        pytest.param(("images/{1-4}_{rgb|nir}.jpg ?", "masks/{1-4}.jpg ?"), [], id="without the ends of images' names"),
        pytest.param(
            ("images/rgb_{1-4}.jpg ?", "masks/{1-4}.jpg ?"), ["masks"], id="without the beginning of all images' names"
        ),
        pytest.param(("images/7_{1-4}.jpg ?", "masks/{1-4}.jpg ?"), [], id="without the number of all images' names"),
        pytest.param(
            ("images/{1-4}.jpg ?", "masks/{1-4}.jpg.mask.png ?"), ["masks"], id="with the whole name of an image"
        ),
        pytest.param(
            ("{cat|dog}/images/{1-4}.jpg ?", "{cat|dog}/masks/{1-4}.png ?"), ["masks"], id="in a folder of each class"
        ),
        pytest.param(
            ("cat/images/{1-4}.jpg ?", "cat/masks/{1-4}.png ?", "cat/x/masks/{7-9}.png ?"),
            ["/cat/masks"],
            id="in one of two folders called so",
        ),
        pytest.param(
            ("a[1]/images/{1-4}.jpg ?", "a[1]/masks/{1-4}.png ?", "a[1]/x/masks/{7-9}.png ?"),
            ["/a[[]1]/masks"],
            id="in a folder with a sign of patterns",
        ),
        pytest.param(
            ("Lung mask/images/{1-4}.jpg ?", "Lung mask/masks/{1-4}.png ?"), ["masks"], id="in a set called for them"
        ),
        pytest.param(("masks/{1-4}.jpg ?", "trimaps/{1-4}.jpg ?"), [], id="nothing but such folders"),
        pytest.param(("{cat|dog}/{1-4}.jpg = {0}", "more/cat/{1-4}.jpg copy"), ["/more"], id="a copy of one folder"),
        pytest.param(("{cat|dog}/{1-4}.jpg = {0}", "more/{cat|dog}/{1-4}.jpg copy"), ["/more"], id="a copy of all"),
        pytest.param(
            ("{cat|dog}/{1-4}.jpg = {0}", "more/{cat|dog}/{1-4}.jpg ?"), [], id="the same names, with other sizes"
        ),
        pytest.param(
            ("{cat|dog}/{1-4}.jpg = {0}", "more/{cat|dog}/{1-4}.jpg copy", "more/eel/1.jpg ?"),
            [],
            id="a copy, and more",
        ),
    ],
)
def test_images_that_go_with_others_are_left_out(tmp_path: Path, lines: tuple[str, ...], ignore: list[str]) -> None:
    assert left_out(tmp_path, *lines).ignore == ignore


def test_what_is_left_out_is_counted_and_said_with_the_key_that_says_the_same(tmp_path: Path) -> None:
    found = left_out(tmp_path, "images/{1-4}.jpg ?", "{masks|edges}/{1-4}.png ?", "images/{1-4}_thumb.jpg ?")

    assert sorted(found.listing.files["path"].to_pylist()) == [f"images/{number}.jpg" for number in range(1, 5)]
    assert found.has_masks
    assert found.listing.ignored == {
        "unlisted images: each lies beside the image whose name it has, with _thumb": 4,
        "unlisted images: those in edges, masks have the names of other images": 8,
    }
    assert found.notices == [
        "4 images are left out: each lies beside the image whose name it has, with _thumb; "
        "`source.ignore: ['*_thumb.*', '*_thumb*[0-9].*']` says the same",
        "8 images are left out: those in edges, masks have the names of other images; "
        "`source.ignore: ['edges', 'masks']` says the same",
    ]


def test_a_copy_is_no_mask(tmp_path: Path) -> None:
    found = left_out(tmp_path, "{cat|dog}/{1-4}.jpg = {0}", "more/{cat|dog}/{1-4}.jpg copy")

    assert (found.has_masks, found.listing.count) == (False, 8)
    said = "those in more are the ones beside it once more; `source.ignore: ['/more']` says the same"
    assert found.notices == [f"8 images are left out: {said}"]


def test_names_of_images_are_classes_beside_their_masks(tree: Tree, look: Look) -> None:
    names = [f"{kind}_{number}" for kind in ("cat", "dog") for number in range(6)]
    source = tree(*(f"all/{name}.jpg" for name in names), *(f"all/{name}_mask.png" for name in names))

    found = look(source)

    told = zip(found.samples["location"].to_pylist(), found.samples["label_path"].to_pylist(), strict=True)
    assert dict(told) == {f"all/{name}.jpg": name.partition("_")[0] for name in names}
    assert look(source, layout=found.layout, **found.keys["source"]).samples.equals(found.samples)
