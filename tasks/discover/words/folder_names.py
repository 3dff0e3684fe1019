"""What the name of a folder tells of it: whether it organises, or tells when, where or whom images show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_ORGANISING = frozenset(
    "images image imgs img pictures picture pics pic photos photo photographs jpg jpgs jpeg jpegs png pngs tif tiff "
    "tiffs bmp webp ppm pgm data dataset datasets database base all raw original originals orig files frames samples "
    "part parts batch batches chunk chunks shard shards fold folds kfold archive archives download downloads "
    "extracted export exports upload uploads set sets split splits subset folder folders".split()
)
_ATTACHED = frozenset(
    "mini tiny small large full standard easy new final resized crop cropped labeled labelled".split()
)
_WHERE_OR_WHO = frozenset(
    "patient patients subject subjects subj participant participants person persons site sites station stations plot "
    "plots cam cams camera cameras sensor device study studies series scan scans session sessions visit visits slide "
    "slides case cases video videos clip clips sequence sequences seq trap traps trip trips flight flights run runs "
    "user users day days week month year night nights location locations".split()
)
_COMPANION = frozenset(
    "mask masks trimap trimaps segmentation segmentations segmented seg gt groundtruth truth annotation annotations "
    "annotated depth depths edge edges contour contours outline outlines thumb thumbs thumbnail thumbnails preview "
    "previews icon icons heatmap heatmaps overlay overlays saliency matte mattes parsing parse label labels "
    "msk msks labelids instanceids visualization visualizations vis bbox bboxes keypoints normals disparity "
    "map maps".split()
)
_WAITING = frozenset(
    "pred predict prediction predictions unlabeled unlabelled unsup unsupervised inference submission extra extras "
    "example examples demo test testing unsorted unclassified unannotated uncategorized uncategorised todo "
    "inbox".split()
)
_ANY_IMAGES = frozenset("images image imgs img jpg jpgs jpeg jpegs png pngs data dataset datasets".split())
_DOCUMENTS = frozenset(
    "readme doc docs documentation screenshot screenshots asset assets static template templates resources result "
    "results output outputs figures figs plots runs logs".split()
)
_VERSIONS = frozenset(
    "crop crops cropped augmented augmentation processed preprocessed grayscale greyscale gray grey color colour rgb "
    "bw resized enhanced denoised normalized normalised equalized converted".split()
)
_FORMS = frozenset(
    "t1 t1w t1c t1ce t1gd t2 t2w flair adc dwi pd swi nir ir swir lwir infrared thermal visible vis rgb rgbd depth "
    "sar optical s1 s2 bf dapi gfp".split()
)
_VIEWS = frozenset(
    "front back rear side top bottom left right frontal lateral dorsal ventral above below overhead profile".split()
)
_SOUGHT = frozenset("query queries gallery galleries probe probes".split())
_CLASS = frozenset("class classes category label type grade level stage".split())
_CAMERA = re.compile(r"\d{3}[A-Z0-9_]{5}")
_DATE = re.compile(r"(19|20)\d\d([-_. ]?(0?[1-9]|1[0-2])([-_. ]?(0?[1-9]|[12]\d|3[01]))?)?([-_T ].*)?")
_DAY = re.compile(r"(?<!\d)(19|20)\d\d([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_SIZE = re.compile(
    r"(?<!\d)\d{2,5} ?[xX×] ?\d{2,5}(?!\d)|(?<![^\W_])(?:[lh]r|(?:low|high)[-_ ]?res)(?![^\W_])", re.IGNORECASE
)
_LONG_ID = re.compile(
    r"\d{3,}([_-]\d{3,})*|(?=[^\d]*\d)[0-9a-fA-F]{8,}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)
_OPAQUE = re.compile(
    r"(?=[^\d]*\d)(?=.*[a-fA-F])[0-9a-fA-F]{8,}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d+(\.\d+){4,}"
)
_PACKED = re.compile(r"[-_ ](19|20)\d{6}(T?\d{6}Z?)?([-_ ]\d{1,4})*")
_TO_DO = re.compile(r"(to|needs?)[ _-]?(be[ _-])?(label|annotate|sort|classify|review|check)", re.IGNORECASE)
_COUNTED = re.compile(r"^\s*([0-9]{1,2}|[A-Za-z])[.)]\s+")
_SHARD = re.compile(r"[0-9a-zA-Z]|[0-9a-fA-F]{2}|\d{3}")


@lru_cache(maxsize=1 << 16)
def tokens(name: str) -> tuple[str, ...]:
    """The words and numbers in *name*, folded: ``Training_set`` has two, ``trainA`` as well."""
    return tuple(token.casefold() for token in _TOKEN.findall(name))


def is_organising(name: str) -> bool:
    """Whether *name* says that images lie here, and not of what: ``Images``, ``part_01``, ``JPEGImages``."""
    words = [token for token in tokens(unnumbered(name)) if not token.isdigit()]
    return bool(words) and all(word in _ORGANISING for word in words)


def unnumbered(name: str) -> str:
    """*name* without a number or a letter that counts it: ``a. Training Set``, ``2) Images``."""
    return _COUNTED.sub("", name)


def loose_words(words: Iterable[str]) -> tuple[str, ...]:
    """Those of *words* that mean something beside a split's: neither numbers nor what organises or gives a size."""
    return tuple(word for word in words if not (word.isdigit() or word in _ORGANISING or word in _ATTACHED))


def is_companion_name(name: str) -> bool:
    """Whether a word of *name* is one for images that go with others: ``masks``, ``SegmentationClass``, ``gtFine``."""
    return any(token in _COMPANION for token in tokens(name))


def is_companion_word(word: str) -> bool:
    """Whether *word* is such a word itself."""
    return word in _COMPANION


def holds_any_images(name: str) -> bool:
    """Whether *name* only organises, by a word that is no class anywhere: ``images``, ``data_samples``."""
    return is_organising(name) and bool(_ANY_IMAGES & set(tokens(name)))


def is_for_documents(name: str) -> bool:
    """Whether *name* is one for pictures of documentation, a website or results: ``assets``, ``docs_images``."""
    words = [token for token in tokens(name) if not token.isdigit() and token not in _ORGANISING]
    return bool(words) and all(word in _DOCUMENTS for word in words)


def sounds_unlabelled(name: str) -> bool:
    """Whether a word of *name* is one for images that wait for their labels: ``seg_pred``, ``unlabeled``."""
    return any(token in _WAITING for token in tokens(name))


def is_for_unlabelled(name: str) -> bool:
    """Whether *name* is nothing but such words, and those that organise: ``pred``, ``Examples``, ``test_images``."""
    if _TO_DO.match(name):
        return True
    words = [token for token in tokens(name) if not token.isdigit() and token not in _ORGANISING]
    return bool(words) and all(word in _WAITING for word in words)


def names_a_version(name: str) -> bool:
    """Whether *name* says how images were made of others: ``Augmented``, ``grayscale``."""
    return any(token in _VERSIONS for token in tokens(name))


def tells_a_form(name: str) -> bool:
    """Whether *name* says how a scene was taken, or what goes with its images: ``T1``, ``thermal``, ``depth``."""
    return name.casefold() in _FORMS or is_companion_name(name) or names_a_version(name)


def sorts_images(name: str) -> bool:
    """Whether *name* has a word for images and others of its own: ``GoodImg``, ``blurred_photos``."""
    words = [token for token in tokens(name) if not token.isdigit()]
    return any(word in _ORGANISING for word in words) and not all(word in _ORGANISING for word in words)


def tells_a_view(name: str) -> bool:
    """Whether *name* says from where images were taken, and nothing else: ``front``, ``top_view``."""
    words = [token for token in tokens(name) if not token.isdigit() and token not in _ORGANISING | {"view", "views"}]
    return bool(words) and all(word in _VIEWS for word in words)


def is_sought(name: str) -> bool:
    """Whether a word of *name* says which images are looked for, or among which: ``query_drone``, ``gallery``."""
    return any(token in _SOUGHT for token in tokens(name))


def tells_a_size(name: str) -> bool:
    """Whether *name* says how large images are: ``1024x768``, ``LR``."""
    return _SIZE.search(name) is not None


def share_a_word(names: Iterable[str]) -> bool:
    """Whether one word is there in all *names*, and in more than one of them: ``sample_a`` and ``sample_b``."""
    said = [{token for token in tokens(name) if not token.isdigit()} for name in names]
    return len(said) > 1 and bool(set.intersection(*said))


def number_one_thing(names: Collection[str]) -> bool:
    """Whether all *names* are one word and a number, and the word is none for classes: ``kos01`` and ``kos02``."""
    found = [tokens(name) for name in names]
    words = {token for one in found for token in one if not token.isdigit()}
    is_numbered = all(len(one) == 2 and one[1].isdigit() for one in found)
    return is_numbered and len(found) > 1 and len(words) == 1 and not words & _CLASS


def is_of_classes(names: Iterable[str]) -> bool:
    """Whether all *names* have a word for classes: ``grade 1``, ``Class2``."""
    return all(_CLASS & set(tokens(name)) for name in names)


def is_downloaded(outer: str, inner: str) -> bool:
    """Whether *outer* is the name *inner* with the time at which it was packed: ``cat-20240131T101500Z-001``."""
    return outer.startswith(inner) and _PACKED.fullmatch(outer[len(inner) :]) is not None


def is_who_or_where(name: str) -> bool:
    """Whether *name* numbers patients, places, cameras or recordings: ``patient00007``, ``Site01``, ``cam_a``."""
    found = tokens(name)
    return any(token in _WHERE_OR_WHO for token in found) and any(map(_counts, found))


def _counts(token: str) -> bool:
    """Whether *token* is a number, or a letter that counts as one."""
    return token.isdigit() or len(token) == 1


def tells_who_or_where(column: str) -> bool:
    """Whether the name of a *column* is one for numbers of patients, places, cameras or recordings: ``subject_id``."""
    found = tokens(column)
    return any(token in _WHERE_OR_WHO for token in found) and not any(token in _CLASS for token in found)


def tell_when(names: Collection[str]) -> bool:
    """Whether all *names* are dates, or years."""
    return all(_DATE.fullmatch(name) for name in names)


def tell_of_dates(names: Collection[str]) -> bool:
    """Whether a day stands in all *names*, among other things: ``TCGA_CS_4941_19960909``."""
    return all(_DAY.search(name) for name in names)


def number_months_or_days(names: Collection[str]) -> bool:
    """Whether all *names* could be months, or days of a month."""
    return all(len(name) <= 2 and name.isdecimal() and 1 <= int(name) <= 31 for name in names)


def tell_the_camera(names: Collection[str]) -> bool:
    """Whether all *names* are folders of a camera's card: ``100EOS5D``."""
    found = [_CAMERA.fullmatch(name) for name in names]
    return all(found) and any(not name.isdigit() for name in names)


def number_who_or_where(names: Collection[str]) -> bool:
    """Whether *names* number patients, places, cameras or recordings and say nothing else that differs.

    ``study1_positive`` beside ``study2_negative`` does.
    """
    besides = {tuple(token for token in tokens(name) if not (_counts(token) or token in _WHERE_OR_WHO))
               for name in names}  # fmt: skip
    return all(map(is_who_or_where, names)) and len(besides) == 1


def are_identifiers(names: Collection[str]) -> bool:
    """Whether *names* number things, in no order that classes have: ``8863``, ``patient00007``, hexadecimal digits."""
    if number_who_or_where(names):
        return True
    if not all(_LONG_ID.fullmatch(name) for name in names):
        return False
    numbers = sorted(int(name) for name in names if name.isdecimal())
    return numbers != list(range(numbers[0], numbers[0] + len(names))) if len(numbers) == len(names) else True


def is_opaque(name: str) -> bool:
    """Whether *name* is made for machines: hexadecimal digits, a UUID, a UID of DICOM."""
    return _OPAQUE.fullmatch(name) is not None


def are_shards(names: Collection[str]) -> bool:
    """Whether all *names* are as short as those that spread files over folders: ``a``, ``7``, ``0f``."""
    return all(_SHARD.fullmatch(name) for name in names)


def few(names: Iterable[str]) -> str:
    """The first three of *names*, sorted, and how many more there are."""
    every = sorted(names)
    return ", ".join(every[:3]) + (f" and {len(every) - 3:,} more" if len(every) > 3 else "")
