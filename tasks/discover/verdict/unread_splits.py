"""Files beside the images that part something into splits, and name none of the images: nobody can know whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tasks.discover.claims.table_views import SUBMISSION
from tasks.discover.heads.head import SEVERAL, Head
from tasks.discover.words.folder_names import tokens
from tasks.discover.words.split_words import SplitWords
from tasks.records.text_window import compression_of

_TWO = 2


def unread_splits(others: Iterable[Head], words: SplitWords) -> str:
    """The files of *others*, which name no image, that list things for training and for another split; else empty."""
    lists: dict[tuple[object, ...], dict[str, str]] = defaultdict(dict)
    for head in others:
        if _maps_splits(head, words) or _lists_splits(head, words):
            return head.path
        said = tokens(head.path.rpartition("/")[2])
        splits = {split for token in said if (split := words.split_of(token))}
        is_list = len(head.rows) >= _TWO and "at" not in head.keys and not SUBMISSION & set(said)
        if is_list and len(splits) == 1:
            rest = tuple(token for token in said if not words.split_of(token) and not token.isdigit())
            folder = head.path.rpartition("/")[0]
            lists[folder, rest, len(head.names)].setdefault(splits.pop(), head.path)
    found = next((paths for paths in lists.values() if "train" in paths and len(paths) > 1), {})
    return ", ".join(sorted(found.values()))


def _maps_splits(head: Head, words: SplitWords) -> bool:
    """Whether *head* is an object of splits, each with some things, or of lists of places, some for a split."""
    is_json = compression_of(head.path)[1].lower().endswith(".json")
    if head.keys.get("orient") != "map" or head.names != ("0", "1") or not is_json:
        return False
    splits = [words.split_of(key) for key in head.column("0")]
    values = head.column("1")
    is_of_things = len(set(values)) > len(set(splits)) and not all(map(_is_count, values))
    is_of_places = not any(values) and len(values) > len(set(head.column("0")))
    if is_of_places:
        return any(splits) and len(set(head.column("0"))) > 1
    return is_of_things and all(splits) and "train" in splits and len(set(splits)) > 1


def _lists_splits(head: Head, words: SplitWords) -> bool:
    """Whether the records of *head*, as those of folds in JSON, each list things for several splits."""
    lists = [name for name in head.names if any(SEVERAL in cell for cell in head.column(name))]
    splits = {split for name in lists if (split := words.split_of(name.rpartition(".")[2]))}
    return "train" in splits and len(splits) > 1


def _is_count(text: str) -> bool:
    return text.replace(".", "", 1).isdigit() or text in {"true", "false", "null", ""}
