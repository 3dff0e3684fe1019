"""Layouts of folders in one line each, with what is true of them: to report one, add an entry to `LAYOUTS`.

A line is ``PATH = LABEL @ SPLIT``. In a path ``{a|b}`` stands for each of several names and ``{1-4}`` for numbers;
``{0}`` in a label, or further on in the path, is what the first of them was. ``PATH ?`` is an image without a label,
``PATH !`` one that is no sample, ``PATH copy`` one that is there once more. A path that is no image's is a file of the
text after its first colon.
"""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_GROUP = re.compile(r"\{([^{}]*)\}")
_IMAGE = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp")


@dataclass(frozen=True)
class Layout:
    """One layout: its lines, and how it is refused; empty where it is read."""

    what: str
    lines: tuple[str, ...]
    refused: str = ""
    empty: tuple[str, ...] = ()


@dataclass
class Drawn:
    """What was drawn: for each sample its label and split, and what is there besides."""

    labels: dict[str, str] = field(default_factory=dict)
    splits: dict[str, str] = field(default_factory=dict)
    unlabelled: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)


def draw(layout: Layout, root: Path) -> Drawn:
    """Draw *layout* below *root*: files of different sizes, none of them a picture."""
    drawn = Drawn()
    for line in layout.lines:
        path, colon, text = line.partition(":")
        if colon and not path.lower().endswith(_IMAGE):
            _write(root / path, text.encode())
        else:
            _draw_images(line, root, drawn)
    for folder in layout.empty:
        (root / folder).mkdir(parents=True)
    return drawn


def _draw_images(line: str, root: Path, drawn: Drawn) -> None:
    head, _, split = line.partition(" @ ")
    place, _, label = head.partition(" = ")
    mark = place[-1] if place.endswith((" ?", " !")) else ""
    is_copy = place.endswith(" copy")
    for path, values in _expanded(place.removesuffix(" copy").removesuffix(f" {mark}")):
        data = _original(path, root, drawn) if is_copy else b"x" * (zlib.crc32(path.encode()) % 9000)
        _write(root / path, data)
        if mark == "?":
            drawn.unlabelled.add(path)
        elif mark or is_copy:
            drawn.others.add(path)
        else:
            drawn.labels[path] = _filled(label, values)
            drawn.splits[path] = _filled(split, values)


def _original(path: str, root: Path, drawn: Drawn) -> bytes:
    """The bytes of the sample whose path ends most like *path*."""
    ends = ["/".join(path.split("/")[depth:]) for depth in range(1, path.count("/") + 1)]
    first = next(place for end in ends for place in drawn.labels if f"/{place}".endswith(f"/{end}"))
    return (root / first).read_bytes()


def _expanded(place: str) -> Iterator[tuple[str, list[str]]]:
    groups = [text for text in _GROUP.findall(place) if not _is_earlier(text)]
    for values in itertools.product(*map(_alternatives, groups)):
        left = iter(values)
        told = [values[int(text)] if _is_earlier(text) else next(left) for text in _GROUP.findall(place)]
        each = iter(told)
        yield _GROUP.sub(lambda _, each=each: next(each), place), list(values)  # type: ignore[misc]


def _is_earlier(text: str) -> bool:
    """Whether a group means an earlier one: ``{0}``."""
    return len(text) == 1 and text.isdigit()


def _alternatives(text: str) -> list[str]:
    first, dash, last = text.partition("-")
    if dash and first.isdigit() and last.isdigit():
        return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]
    return text.split("|")


def _filled(text: str, values: list[str]) -> str:
    return _GROUP.sub(lambda match: values[int(match[1])], text)


def _write(place: Path, data: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)


LAYOUTS = [
    # plain folders
    Layout("class folders", ("{cat|dog|eel}/{1-3}.jpg = {0}", "LICENSE:free")),
    Layout("one wrapper", ("raw-img/{cat|dog}/OIP-{1-3}.jpeg = {0}", "translate.py:pass")),
    Layout("wrappers in wrappers", ("archive/Data_v2/pets/{cat|dog}/{1-3}.jpg = {0}",)),
    Layout("the wrapper once more in itself", ("flowers/flowers/{daisy|rose}/{1-3}.jpg = {0}",)),
    Layout("organising folders of many spellings", ("Images/JPEGImages/{cat|dog}/IMG_{1-3}.JPG = {0}",)),
    Layout("images below each class", ("{cat|dog}/images/{1-3}.jpg = {0}",)),
    Layout("numbered parts above the classes", ("part_{1-2}/{cat|dog}/{1-3}.jpg = {1}",)),
    Layout("batches below the classes", ("{cat|dog}/batch{0-1}/{1-3}.jpg = {0}",)),
    Layout("letters around class names", ("{a}/abbey/{1-3}.jpg = abbey", "{b}/{bar|beach}/{1-3}.jpg = {1}")),
    Layout("days above the classes", ("2019-03-0{1-2}/{ripe|unripe}/{1-3}.jpg = {1}",)),
    Layout("years and months above the classes", ("20{18-19}/{03-04}/{ripe|unripe}/{1-3}.jpg = {2}",)),
    Layout("camera cards below the classes", ("{fox|hare}/10{0-1}EOS5D/IMG_{1-3}.JPG = {0}",)),
    Layout("patients above the classes", ("{8863|9036|10253}/{0|1}/{0}_{1-3}.png = {1}",)),
    Layout("patients below the classes", ("{benign|malignant}/patient_{01-03}/scan{1-2}.png = {0}",)),
    Layout("five folds are no splits", ("fold{1-5}/{cat|dog}/{1-2}.jpg = {1}",)),
    Layout(
        "two levels that both say something",
        ("cat/{siamese|persian}/{1-2}.jpg = cat/{0}", "dog/{collie|pug}/{1-2}.jpg = dog/{0}"),
    ),
    Layout("domains, then classes", ("{amazon|dslr}/images/{bike|desk}/frame_{0001-0003}.jpg = {0}/{1}",)),
    Layout(
        "a stray folder in one class",
        (
            "256_ObjectCategories/{001.ak47|056.dog}/x_{01-25}.jpg = {0}",
            "256_ObjectCategories/056.dog/greg/vw.jpg = 056.dog",
        ),
    ),
    Layout("an empty folder beside the classes is one", ("{cat|dog}/{1-3}.jpg = {0}",), empty=("yak",)),
    Layout(
        "folders of other files are no classes",
        (
            "JPEG/{cat|dog}/{1-3}.jpg = {0}",
            "Annotations/{cat|dog}/1.xml:<a/>",
            "devkit/README:read",
            "Annotations/cat/1.xml:<a/>",
        ),
    ),
    Layout("empty folders below others are no classes", ("images/{cat|dog}/{1-3}.jpg = {0}",), empty=("logs/run1",)),
    # copies and companions
    Layout(
        "everything once more in a folder", ("{cat|dog}/im{1-3}a.jpg = {0}", "PetImages/{cat|dog}/im{1-3}a.jpg copy")
    ),
    Layout(
        "the wrapper with a copy of itself inside",
        ("cells/{cat|dog}/C{1-3}P.png = {0}", "cells/cells/{cat|dog}/C{1-3}P.png copy"),
    ),
    Layout(
        "splits once more in a folder",
        ("{train|test}/{cat|dog}/IM-{1-3}.jpeg = {1} @ {0}", "chest/{train|test}/{cat|dog}/IM-{1-3}.jpeg copy"),
    ),
    Layout(
        "masks beside their images",
        ("BUSI/{benign|normal}/{0} ({1-4}).png = {0}", "BUSI/{benign|normal}/{0} ({1-4})_mask.png !"),
    ),
    Layout(
        "masks in folders of each class",
        ("R/{COVID|Normal}/images/{0}-{1-4}.png = {0}", "R/{COVID|Normal}/masks/{0}-{1-4}.png !"),
    ),
    Layout(
        "a tree of masks beside the images",
        ("images/{cat|dog}/p{1-4}.jpg = {0}", "annotations/trimaps/{cat|dog}/p{1-4}.png !"),
    ),
    Layout(
        "masks with a suffix of their own", ("{good|bad}/{000-003}.png = {0}", "ground_truth/bad/{000-003}_mask.png !")
    ),
    Layout(
        "defects with ground truth",
        (
            "bottle/train/good/{000-005}.png = good @ train",
            "bottle/test/{good|broken}/{000-003}.png = {0} @ test",
            "bottle/ground_truth/broken/{000-003}_mask.png !",
        ),
    ),
    Layout("small pictures beside the images", ("{cat|dog}/a{1-4}.jpg = {0}", "{cat|dog}/a{1-4}_thumb.jpg !")),
    Layout("a class that is called mask", ("{with_mask|without_mask}/{0}_{1-4}.jpg = {0}",)),
    Layout("classes of masks and of faces", ("{mask|face}/{0}{1-4}.jpg = {0}",)),
    # splits
    Layout("split folders", ("{train|test}/{cat|dog}/{1-3}.jpg = {1} @ {0}",)),
    Layout(
        "split folders of several cases",
        ("{Train}/{Cats|Dogs}/{1-3}.jpg = {1} @ train", "VALID/{Cats|Dogs}/{1-3}.jpg = {0} @ validation"),
    ),
    Layout(
        "splits in a wrapper",
        ("data/Training/{a|b}/{1-3}.jpg = {0} @ train", "data/Testing/{a|b}/{1-3}.jpg = {0} @ test"),
    ),
    Layout(
        "split words inside organising names",
        (
            "{train}_images/{cat|dog}/{1-3}.jpg = {1} @ train",
            "images-test/{cat|dog}/{4-5}.jpg = {0} @ test",
            "val_256/{cat|dog}/{6-7}.jpg = {0} @ validation",
        ),
    ),
    Layout(
        "a small training set",
        ("train_mini/{cat|dog}/{1-3}.jpg = {0} @ train", "val/{cat|dog}/{4-5}.jpg = {0} @ validation"),
    ),
    Layout(
        "split words beside one other word, doubled",
        (
            "seg_train/seg_train/{sea|forest}/{1-3}.jpg = {0} @ train",
            "seg_test/seg_test/{sea|forest}/{4-5}.jpg = {0} @ test",
            "seg_pred/seg_pred/{6-9}.jpg ?",
        ),
    ),
    Layout(
        "sets",
        (
            "training_set/training_set/{cat|dog}/{1-3}.jpg = {0} @ train",
            "test_set/test_set/{cat|dog}/{4-5}.jpg = {0} @ test",
        ),
    ),
    Layout(
        "a sibling that names no split is the training split",
        ("rps/{rock|paper}/{1-3}.png = {0} @ train", "rps-test-set/{rock|paper}/{4-5}.png = {0} @ test"),
    ),
    Layout(
        "the word before the name",
        (
            "horse-or-human/{horses|humans}/{1-3}.png = {0} @ train",
            "validation-horse-or-human/{horses|humans}/{4-5}.png = {0} @ validation",
        ),
    ),
    Layout(
        "a doubled wrapper around the splits",
        ("car_data/car_data/{train|test}/{audi|bmw}/{1-3}.jpg = {1} @ {0}", "names.csv:audi\nbmw"),
    ),
    Layout("splits inside the classes", ("{bolt|nut|screw}/{train|test}/{000-002}.png = {0} @ {1}",)),
    Layout(
        "images below each class of a split",
        ("train/{n01|n02}/images/{0}_{1-3}.jpg = {0} @ train", "test/images/test_{1-3}.jpg ?"),
    ),
    Layout("a test split without classes", ("imgs/train/{c0|c1}/i{1-3}.jpg = {0} @ train", "imgs/test/i{7-9}.jpg ?")),
    Layout(
        "a test split beside a wrapped set",
        (
            "New Set(Aug)/New Set(Aug)/train/{rust|scab}/{1-3}.jpg = {0} @ train",
            "New Set(Aug)/New Set(Aug)/valid/{rust|scab}/{4-5}.jpg = {0} @ validation",
            "test/test/Rust{1-3}.jpg ?",
        ),
    ),
    Layout(
        "unlabelled images of several things",
        (
            "Training/{kiwi|plum}/{1-3}.jpg = {0} @ train",
            "Test/{kiwi|plum}/{4-5}.jpg = {0} @ test",
            "test-multiple_fruits/{m1|m2}.jpg ?",
        ),
    ),
    Layout(
        "a hierarchy in splits",
        (
            "{train|test}/cat/{siamese|persian}/{1-2}.jpg = cat/{1} @ {0}",
            "{train|test}/dog/{pug|collie}/{1-2}.jpg = dog/{1} @ {0}",
        ),
    ),
    Layout("a class called train", ("{bus|car|train}/{1-3}.jpg = {0}",)),
    Layout("split words inside class names", ("{train station|bus stop|test tube}/{1-3}.jpg = {0}",)),
    Layout(
        "lists that say what the folders say",
        (
            "{train|test}/{cat|dog}/x{1-4}.jpg = {1} @ {0}",
            "all.csv:path,label,set\ntrain/cat/x1.jpg,cat,train\ntest/cat/x1.jpg,cat,test\ntrain/dog/x2.jpg,dog,train\ntest/dog/x1.jpg,dog,test",
        ),
    ),
    # labels in file names
    Layout("a word and a number", ("images/{great_pyrenees|Bengal|pug}_{1-6}.jpg = {0}",)),
    Layout("a word and a number, in splits", ("train/{cat|dog}.{0-5}.jpg = {0} @ train", "test1/{1-4}.jpg ?")),
    Layout("a word and a number, in both splits", ("{train|test}/{cat|dog}.{0-5}.jpg = {1} @ {0}",)),
    Layout("views of numbered things", ("coil/{obj1|obj2|obj17}__{0|5|10|15|20}.png = {0}",)),
    Layout("a number and a word", ("all/{001-009}_cat.png = cat", "all/{010-018}_dog.png = dog")),
    # refused
    Layout("all images in one folder", ("images/a{1-9}.jpg ?",), refused="no_labels"),
    Layout("numbers of several meanings", ("faces/{1-9}_{0|1}_{0-2}.jpg ?",), refused="ambiguous_layout"),
    Layout(
        "names that say who and what", ("jaffe/{KA|YM}.{AN|HA|SU}{1-2}.{39-41}.tiff ?",), refused="ambiguous_layout"
    ),
    Layout("two sides of each number", ("train/{1-9}_{left|right}.jpg ?",), refused="no_labels"),
    Layout("two pictures of each number", ("all/{01-09}_{day|dusk}.jpg ?",), refused="no_labels"),
    Layout("pictures of cameras", ("card/{IMG|DSC}_{1001-1008}.jpg ?",), refused="ambiguous_layout"),
    Layout("all images in one folder that may be a class", ("coil/a{1-9}.jpg ?",), refused="ambiguous_layout"),
    Layout("training and test images", ("train_images/a{1-5}.jpg ?", "test_images/b{1-5}.jpg ?"), refused="no_labels"),
    Layout("dates", ("20{19-21}/{06-07}/{12-14}/IMG_{1-2}.JPG ?",), refused="no_labels"),
    Layout("camera cards", ("10{0-2}EOS5D/IMG_{1-4}.JPG ?",), refused="no_labels"),
    Layout("sites and cameras", ("Site{01-02}/Cam{1-2}/100RECNX/R{1-3}.JPG ?",), refused="no_labels"),
    Layout("patients", ("train/patient0000{1-5}/study{1-2}/view1.jpg ?",), refused="no_labels"),
    Layout("beginnings of file names", ("{c|d}/{1|7}/{0}{1}{a|b}9.jpg ?",), refused="no_labels"),
    Layout("parts", ("images_00{1-3}/images/a{1-3}.png ?",), refused="no_labels"),
    Layout(
        "a folder for each image",
        ("{00a1|00b2|01c3|0fd4|11e5|a6f7|b7a8|c8b9|d9c0|e0d1|f1e2|abf3|ac04|ad15|ae26|af37}x/1.jpg ?",),
        refused="ambiguous_layout",
    ),
    Layout(
        "a validation split whose labels lie elsewhere",
        ("train/{n01|n02}/{0}_{1-4}.jpg = {0} @ train", "val/v{1-4}.jpg ?"),
        refused="ambiguous_layout",
    ),
    Layout(
        "a test folder beside classes", ("{cat|dog}/{1-3}.jpg = {0}", "test/{7-9}.jpg ?"), refused="ambiguous_layout"
    ),
    Layout(
        "images to predict beside classes", ("{yes|no}/{1-3}.jpg = {0}", "pred/{7-9}.jpg ?"), refused="ambiguous_layout"
    ),
    Layout("a split beside a class", ("train/cat/{1-3}.jpg = cat", "dog/{1-3}.jpg = dog"), refused="ambiguous_layout"),
    Layout(
        "numbers above the same classes",
        ("hands/{00|01|02}/{01_palm|02_fist}/frame_{1-3}.png = {1}",),
        refused="ambiguous_layout",
    ),
    Layout(
        "two sets, one with splits",
        ("set_a/set_a/{train|test}/{ok|bad}/{1-3}.jpg = {1} @ {0}", "set_b/set_b/{ok|bad}/{1-3}.jpg = {0}"),
        refused="ambiguous_layout",
    ),
    Layout(
        "a split and what is not named like one",
        ("images_background/{x|y}/{1-3}.png = {0}", "images_evaluation/{x|y}/{1-3}.png = {0}"),
        refused="ambiguous_layout",
    ),
    Layout("splits and domains in one name", ("{train|test}{A|B}/{1-4}.jpg = {1} @ {0}",), refused="ambiguous_layout"),
    Layout(
        "a list of splits beside classes",
        ("images/{cat|dog}/{0}{1-6}.jpg = {0}", "train.txt:cat/cat1.jpg\ndog/dog1.jpg\ncat/cat2.jpg\ndog/dog2.jpg"),
        refused="ambiguous_layout",
    ),
    Layout(
        "a list of splits by stems",
        ("images/{cat|dog}/{0}{1-6}.jpg = {0}", "meta/test.txt:cat/cat1\ndog/dog1\ncat/cat2\ndog/dog2"),
        refused="ambiguous_layout",
    ),
    Layout(
        "a list of splits with numbers",
        (
            "{cat|dog}/{0}{1-6}.jpg = {0}",
            "pets_val.lst:0\t0.0\tcat/cat1.jpg\n1\t1.0\tdog/dog1.jpg\n2\t0.0\tcat/cat2.jpg",
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "a partition",
        ("{cat|dog}/{0}{1-6}.jpg = {0}", "partition.txt:cat/cat1.jpg train\ndog/dog1.jpg test\ncat/cat2.jpg train"),
        refused="ambiguous_layout",
    ),
    Layout(
        "a table of other labels",
        (
            "{morning|evening}/{0}{1-6}.jpg = {0}",
            "t.csv:file,what\nmorning/morning1.jpg,ripe\nmorning/morning2.jpg,unripe\nevening/evening1.jpg,ripe\nevening/evening2.jpg,unripe",
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "cities beside masks",
        (
            "left8bit/{train|val}/{0}{ulm|jena}/x{1}_{001-004}_left8bit.png ?",
            "gtFine/{train|val}/{0}{ulm|jena}/x{1}_{001-004}_gtFine_ids.png !",
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "examples beside the set",
        ("Dataset/{0|1|2}/IMG_{1-4}.JPG = {0}", "Examples/example_{1-3}.JPG !"),
        refused="ambiguous_layout",
    ),
    Layout(
        "the same images in three colours",
        ("plants/{color|grayscale|segmented}/{scab|rust}/{a7f3|b81c|c90d|d12e}{1-2}.jpg = {1}",),
        refused="ambiguous_layout",
    ),
    Layout(
        "a part of the set beside it",
        ("{faces|crop_1}/{20170109|20170116|20170117|20161219}{1-3}.jpg ?",),
        refused="ambiguous_layout",
    ),
    Layout(
        "corruption, strength, class", ("{blur|noise}/{1-3}/{cat|dog}/{1-2}.jpg = {2}",), refused="ambiguous_layout"
    ),
    Layout(
        "a sample of the training set beside it",
        (
            "trainingSet/trainingSet/{0|1}/img_{7|19|33|48}.jpg = {0} @ train",
            "trainingSample/trainingSample/{0|1}/img_{7|33}.jpg copy",
            "testSet/testSet/img_{5|6}.jpg ?",
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "each image once more with a mark behind its name",
        ("smear/{oval|flat}/{149|150|151|162}.bmp = {0}", "smear/{oval|flat}/{149|150|151|162}-d.bmp !"),
        refused="ambiguous_layout",
    ),
    Layout(
        "each image once more in another format",
        ("{break|free}/Imgs/{7|8|11|23}.jpg = {0}", "{break|free}/Imgs/{7|8|11|23}.png !"),
        refused="ambiguous_layout",
    ),
    Layout(
        "partitions within numbered classes, one of them named like a split",
        ("by/{4a|30|61}/train_{0}/t_{1-3}.png = {0} @ train", "by/{4a|30|61}/{hsf_0|hsf_4}/h_{1-3}.png = {0}"),
        refused="ambiguous_layout",
    ),
    Layout(
        "two archives unpacked side by side",
        ("ships/ships/{0|1}__2017_{a4|b7|c9}.png = {0}", "scenes/scenes/lb_{1-3}.png !"),
        refused="ambiguous_layout",
    ),
    Layout(
        "a table that names images by the ends of their names",
        (
            "aligned/{30@N03|31@N03}/face.{1-3}.{0}_x.jpg ?",
            "fold_0.txt:user\timage\tage\n"
            + "\n".join(f"{u}@N03\t{u}@N03_x.jpg\t({n * 4}, {n * 8})" for u in (30, 31) for n in (1, 2, 3)),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "masks that have the whole name of their image, and lists called sets",
        (
            "logos/classes/jpg/{bmw|dhl|esso}/{123|456}.jpg = {0} @ train",
            "logos/classes/jpg/{bmw|dhl|esso}/{789|901}.jpg = {0} @ test",
            "logos/classes/masks/{bmw|dhl|esso}/{123|456|789|901}.jpg.mask.0.png !",
            "logos/trainset.txt:"
            + "\n".join(f"classes/jpg/{name}/{number}.jpg" for name in ("bmw", "dhl", "esso") for number in (123, 456)),
            "logos/testset.txt:"
            + "\n".join(f"classes/jpg/{name}/{number}.jpg" for name in ("bmw", "dhl", "esso") for number in (789, 901)),
        ),
    ),
    Layout(
        "good and bad images of the same classes, with masks beside",
        (
            "Img/{GoodImg|BadImag}/Bmp/{a01|a02|a11}/{0}_{1}-{1-4}.png = {1}",
            "Img/{GoodImg|BadImag}/Msk/{a01|a02|a11}/{0}_{1}-{1-4}.png !",
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "what goes with the images of each class, beside them",
        ("{ill|well}/image/{0}_{1-4}.jpg = {0}", "{ill|well}/attention_map/{0}_{1-4}.jpg !"),
    ),
    Layout(
        "maps in a folder of each class",
        ("{apple|cup}/{0}{001-004}.png = {0}", "{apple|cup}/maps/{0}{001-004}-map.png !"),
    ),
    Layout(
        "sessions above the same things", ("cores/s{1-4}/o{1|2|11}/C_{1-2}.png = o{1}",), refused="ambiguous_layout"
    ),
    Layout(
        "samples below each class", ("{cork|foil|wool}/sample_{a|b|c}/{1-2}.png = {0}",), refused="ambiguous_layout"
    ),
    Layout(
        "two sets of the same classes",
        ("ABC-HE-100K/{ADI|LYM}/{1-4}.tif = {0}", "HE-VAL-7K/{ADI|LYM}/{5-6}.tif = {0}"),
        refused="ambiguous_layout",
    ),
    Layout(
        "three bands of each patch", ("patches/{p1|p4|p9|p16}/{0}_{B02|B03|B04}.tif ?",), refused="ambiguous_layout"
    ),
    Layout(
        "crops, their depths and their masks",
        ("{apple|cup}/{0}_{1-4}_crop.png = {0}", "{apple|cup}/{0}_{1-4}_{depthcrop|maskcrop}.png !"),
        refused="ambiguous_layout",
    ),
    Layout(
        "each image twice more, smaller",
        ("{ann|bob}/{0}_{left|up}_{sad|glad}.png = {0}", "{ann|bob}/{0}_{left|up}_{sad|glad}_{2|4}.png !"),
        refused="ambiguous_layout",
    ),
    Layout(
        "images of two kinds of the same things",
        ("images_{seen|drawn}/{1-3}_c{1-2}.png ?",),
        refused="ambiguous_layout",
    ),
    Layout(
        "numbered things with masks",
        ("item{01-04}/Part{0-2}.jpg ?", "item{01-04}/Part{0-2}_label.bmp !"),
        refused="ambiguous_layout",
    ),
    Layout(
        "folders that organise beside one of annotations",
        ("leaf/images/{1-4}.jpg ?", "parts/images/{51-54}.jpg ?", "parts/annotations/{71-74}.png !"),
        refused="ambiguous_layout",
    ),
    Layout(
        "numbered folders beside a file that is never loaded",
        ("crops/{00-03}/nm{5|7}{0}_19{60-61}.jpg ?", "crops/all.mat:MATLAB 5.0"),
        refused="ambiguous_layout",
    ),
    Layout(
        "what was made of the images beside the originals",
        ("Original Images/{ill|well}/M{1-4}.jpg = {0}", "Augmented Images/{ill|well}_augmented/M{1-4}_{0|1}.jpg !"),
        refused="ambiguous_layout",
    ),
    Layout(
        "lists of classes for each split, one of them of one class",
        (
            "data/{apple|bear|boy|cup}/{0}_{1-4}.png = {0}",
            "splits/train.txt:apple\nbear\n",
            "splits/val.txt:boy\n",
            "splits/test.txt:cup",
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "patients and their studies, whose numbers a table of the images has",
        (
            "files/{p1002|p1047|p1063}/{s5011|s5029}/{0}{1}{a|b}.jpg ?",
            "metadata.csv:image,study_id,subject_id,width\n"
            + "\n".join(f"p{p}s{s}{x},{s},{p},3056" for p in (1002, 1047, 1063) for s in (5011, 5029) for x in "ab"),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "masks in a set whose own name has a companion's word",
        (
            "Lung Segmentation Data/{train|test}/{ill|well}/images/{1}_{1-4}{0}.png = {1} @ {0}",
            "Lung Segmentation Data/{train|test}/{ill|well}/lung masks/{1}_{1-4}{0}.png !",
        ),
    ),
    Layout(
        "lists called for short, that begin their paths with a slash",
        (
            "food/{1|2|3}/{0}_{1-8}.jpg ?",
            "lists/TR.txt:" + "\n".join(f"/{c}/{c}_{n}.jpg" for c in (1, 2, 3) for n in range(1, 7)),
            "lists/TE.txt:" + "\n".join(f"/{c}/{c}_{n}.jpg" for c in (1, 2, 3) for n in (7, 8)),
        ),
        refused="no_labels",
    ),
    Layout(
        "studies that machines have named",
        ("train/{00a1b2c3d4|77e1f2a3b4|9c0d1e2f3a|b4c5d6e7f8}/{1-2}.png ?",),
        refused="ambiguous_layout",
    ),
    Layout(
        "series of DICOM",
        ("jpeg/1.3.6.1.4.1.9590.100.{1044|2071|3302}/{1-2}.jpg ?",),
        refused="ambiguous_layout",
    ),
    Layout(
        "images before and after, in pairs",
        (
            "{A|B}/{0001-0006}.png ?",
            "pairs.csv:before,after,changed\n" + "\n".join(f"A/{n:04}.png,B/{n:04}.png,{n % 2}" for n in range(1, 7)),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "classes above recordings that are called as they are, and counted",
        ("frames/{Archery|YoYo}/v_{0}_g0{1-3}_c01/frame{1-2}.jpg = {0}",),
    ),
    Layout(
        "classes with pictures of the same counted names",
        ("{cat|dog}/{0001-0009}.jpg = {0}", "{cat|dog}/0666.jpg = {0}"),
    ),
    Layout(
        "folders that part numbered files",
        ("thumbs/00000/0000{0-7}.png ?", "thumbs/01000/0100{0-7}.png ?", "thumbs/02000/0200{0-7}.png ?"),
        refused="no_labels",
    ),
    Layout(
        "the same pictures in two sizes",
        ("{1024x768|512x384}/{10004473|10008790|10017921|10031554|10044102|10095511}.jpg ?",),
        refused="ambiguous_layout",
    ),
    Layout(
        "counted pictures in two sizes",
        ("{LR|HR}/{0001-0009}.jpg ?",),
        refused="ambiguous_layout",
    ),
    Layout(
        "patients by a day, with masks",
        (
            "mri/TCGA_{CS_4941|DU_5849}_19960909/TCGA_{0}_19960909_{1-4}.tif ?",
            "mri/TCGA_{CS_4941|DU_5849}_19960909/TCGA_{0}_19960909_{1-4}_mask.tif ?",
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "patients by a day",
        ("mri/{TCGA_CS_4941_19960909|TCGA_DU_5849_19961010|TCGA_HT_7473_19970826}/{1-4}.tif ?",),
        refused="ambiguous_layout",
    ),
    Layout(
        "series that are called as the folder around them",
        ("{Boeing|Airbus}/{0} {320|380}/{1-4}.jpg ?",),
        refused="ambiguous_layout",
    ),
    Layout(
        "lists of recordings for training and for a test",
        (
            "frames/{Archery|YoYo}/v_{0}_g0{1-3}_c01/frame{1-2}.jpg ?",
            *(
                f"lists/{split}list01.txt:"
                + "\n".join(f"{c}/v_{c}_g0{g}_c01.avi" for c in ("Archery", "YoYo") for g in groups)
                for split, groups in (("train", (1, 2)), ("test", (3,)))
            ),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "classes whose files begin with words for splits",
        ("{cat|dog}/train_{001-006}.jpg ?", "{cat|dog}/test_{007-009}.jpg ?"),
        refused="ambiguous_layout",
    ),
    Layout(
        "splits said twice",
        (
            "{train}/afhq/train/{cat|dog}/{1-4}.jpg = {1} @ train",
            "{val}/afhq/val/{cat|dog}/{5-6}.jpg = {1} @ validation",
        ),
    ),
    Layout(
        "splits within splits",
        ("{train|test}/part/{train|val}/{cat|dog}/{1-4}.jpg ?",),
        refused="ambiguous_layout",
    ),
]
