"""Words in the names of columns that speak for labels, or against."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.discover.words.folder_names import tokens
from tasks.tables.file_columns import ALIASES, plain_name

EXACT = frozenset(ALIASES["label"]) - {"y"} | frozenset(
    "labels classes class_id classid tags identity diagnosis dx breed disease "
    "categories category_id finding_labels pathology diagnostic diagnose diagnosi diagnostico diagnóstico "
    "diagnostik klasse classe clase kategorie catégorie categorie categoria categoría etikett etiquette "
    "étiquette etiqueta etichetta".split()
)
LIKELY = frozenset(
    "label labels class classes classname category categories species breed diagnosis dx target tag tags disease "
    "grade finding findings genus level choice choices".split()
)
ABOUT = frozenset(
    "image img sample item object record row number no nr id ids uuid guid index age sex gender width height "
    "depth size bytes x y w h xmin ymin xmax ymax x1 y1 x2 y2 left top right bottom roi bbox box boxes area "
    "point points polygon segmentation date time datetime timestamp year month day url uri link source src "
    "license licence author owner rights patient subject lesion site camera location localization position view "
    "modality folder user username worker volunteer path file filename rater annotator confidence conf score "
    "weight rotation orientation lat lon latitude longitude format hash md5 checksum comment comments note notes "
    "flag mask caption description text title frame sequence seq split fold usage project version created "
    "updated completed by cancelled type count occluded truncated difficult pose iscrowd z segmented database "
    "domain center centre hospital institution scanner device vertices rle counts points coordinates".split()
)
_SIDES = frozenset("left right top bottom".split())
_PLACES = frozenset(
    "xmin ymin xmax ymax xtl ytl xbr ybr x y w h cx cy left top right bottom width height bbox box bndbox roi".split()
)
_CORNERS = (
    {"xmin", "ymin", "xmax", "ymax"},
    {"x1", "y1", "x2", "y2"},
    {"x", "y", "width", "height"},
    {"bboxx", "bboxy", "bboxwidth", "bboxheight"},
)
_OF_SHAPES = frozenset("shape_attributes region_shape_attributes region_id region_count".split())
NAMES = frozenset("name title label class classtitle class_title category value text".split())
THINGS = frozenset(
    "object objects tag tags shape shapes annotation annotations region regions box boxes polygon label labels "
    "class classes category classification classifications instance instances target targets choice choices".split()
)
"""What stands in a record for each thing that an image shows, and how its class is called there."""


def strength_of(name: str) -> int:
    """How much the name of a column speaks for labels: from 3 to 0, where it speaks against."""
    return 0 if tells_a_place(name) else _strength_of(name)


def _strength_of(name: str) -> int:
    above, _, last = name.rpartition(".")
    plain = plain_name(last)
    if plain == "li" and "subject" in tokens(above):
        return 3  # the keywords that programs write beside a photograph
    if plain in NAMES and set(tokens(above.rpartition(".")[2])) & THINGS:
        return 3
    if plain in EXACT or plain.replace("_", "") in {"classid", "classname", "labelname"}:
        return 3
    found = tokens(last)
    if found and found[-1] in {"id", "ids", "type", "count"} and found[0] not in LIKELY:
        return 0 if found[-1] not in {"id", "ids"} or len(found) == 1 or found[0] in ABOUT else 1
    if any(token in LIKELY for token in found):
        return 0 if found[-1] in {"type", "count", "confidence", "score", "source"} else 2
    return 0 if any(token in ABOUT for token in found) else 1


def tells_a_place(name: str) -> bool:
    """Whether a column called *name* says where in an image something is, or of which shape: never what it is."""
    parts = name.split(".")
    if _OF_SHAPES & set(parts):
        return True
    found = tokens(parts[-1])
    words = [token for token in found if not token.isdigit()]
    return bool(words) and all(word in _PLACES for word in words) and found != ("y",)


def outline_boxes(names: Iterable[str]) -> bool:
    """Whether columns called *names* are those of boxes: their corners, or a corner and their size."""
    plain = {plain_name(name).replace("_", "") for name in names}
    return any(corners <= plain for corners in _CORNERS)


def names_a_side(name: str) -> bool:
    """Whether *name* is of a thing and of where it is, as ``front_left``, so that ones and zeros may tell of it."""
    found = set(tokens(name))
    return bool(_SIDES & found) and not found <= _SIDES and not found & (ABOUT - _SIDES)


def called_column(name: str, article: str = "the") -> str:
    """What sentences call the column *name*: by its number, from 1, where it is a position, from 0."""
    return f"column {int(name) + 1}" if name.isdecimal() else f"{article} column {name}"
