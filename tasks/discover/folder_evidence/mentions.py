"""Files beside class folders that call many of the images by their names, in a form that no table is read in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.listing.listing import Listing
from tasks.discover.settings import SourceSettings
from tasks.discover.words.folder_names import tokens
from tasks.discover.words.split_words import SplitWords
from tasks.storage.archive_store import beginning_of

_MOST_FILES = 40
_HEAD = 1 << 16
_SHARE = 0.2
_FEWEST = 3
_FEWEST_OF_HEAD = 20
_SHORTEST = 4
_MORE = 1.5
_NAME = re.compile(r"[\w.%~+@-]+")
_FILE = re.compile(r"(?<![\w%~+@-])[\w%~+@-]++(?=\.(?:jpe?g|png|tiff?|bmp|gif|webp|dcm)[a-z])")
"""A file's name in what is no text, where other words follow at once."""
_END = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
_WORD = re.compile(r"[^\W\d_]{2,}")
_HASH = re.compile(r"\b(?=\w*\d)[0-9a-fA-F]{8,}\b")
_MONTHS = frozenset("jan feb mar apr may jun jul aug sep oct nov dec am pm".split())
_NO_TEXTS = (".pt", ".pth", ".onnx", ".h5", ".mat", ".pdf", ".svg")
_PROGRAMS = (".py", ".ipynb", ".m", ".r", ".sh", ".bat", ".ps1", ".js")


def mentioned(
    choice: FolderChoice, source: SourceSettings, read: Mapping[str, Collection[str]], words: SplitWords
) -> str:
    """What speaks against the folders of *choice*: a file beside them that calls many images by their names.

    A list that says nothing besides, as one of checksums, does not. Of programs only those count that are called for
    splits, where no folder is: all others name the images that they show.

    Args:
        choice: How the folders are read.
        source: Where they are.
        read: For each file that is read as a table the images that it names there.
        words: For splits.
    """
    listing = choice.listing
    closed = set(listing.archives)
    files = [path for path in listing.beside if not (path in closed or path.lower().endswith(_NO_TEXTS))][:_MOST_FILES]
    texts = {path: text for path in files if (text := _head_of(source, path))}
    least = {path: max(_FEWEST, _SHARE * listing.count) if len(text) < _HEAD else _FEWEST_OF_HEAD
             for path, text in texts.items()}  # fmt: skip
    parting = {path for path in texts if not any(choice.splits) and _is_of_splits(path, words)}
    every = {path: set(_names_in(text)) for path, text in texts.items()}
    called = {
        path: names for path, names in every.items() if len(names) >= (_FEWEST if path in parting else least[path])
    }
    known = _names_among(listing, set().union(*called.values())) if called else {}
    for path, names in called.items():
        found = names & known.keys()
        if len(found) < _FEWEST or len(found) <= _MORE * len(read.get(path, ())):
            continue
        parts = path in parting and len(found) < listing.count
        is_many = len(found) >= least[path] and not path.lower().endswith(_PROGRAMS)
        if parts or (is_many and _tells_more(texts[path], found, known)):
            return f"{path} calls {len(found):,} images by name, in no form that is read, and may say what they show"
    return ""


def _is_of_splits(path: str, words: SplitWords) -> bool:
    said = tokens(path.rpartition("/")[2])
    return bool({"split", "splits", "fold", "folds"} & set(said)) or any(map(words.split_of, said))


def _head_of(source: SourceSettings, path: str) -> str:
    """The beginning of the file at *path* below the source, lower case and without percent signs; empty for none."""
    data = beginning_of(source.place, path, _HEAD)
    is_wide = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    text = data.decode("utf-16" if is_wide else "utf-8", "replace")
    return (unquote(text) if "%" in text else text).casefold()


def _names_in(text: str) -> Iterator[str]:
    """What may be a file's name in *text*, without its extension; of bare words only those with a digit."""
    for match in _NAME.finditer(text):
        name = match[0]
        stem = _END.sub("", name)
        is_telling = stem != name or (len(stem) >= _SHORTEST and not stem.isdigit() and any(map(str.isdigit, stem)))
        if is_telling and stem:
            yield stem
    yield from _FILE.findall(text)


def _names_among(listing: Listing, asked: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Those of *asked* that are names of images, without extension and in lower case, with the words of their folders.

    Of a name with blanks its last part counts.
    """
    paths = listing.files["path"].combine_chunks()
    stems = pc.replace_substring_regex(pc.replace_substring_regex(paths, r"^.*[/ ]", ""), r"\.[^.]*$", "")
    stems = pc.utf8_lower(stems)
    hits = pc.is_in(stems, pa.array(sorted(asked), pa.string()))
    found: dict[str, frozenset[str]] = {}
    for path, stem in zip(paths.filter(hits).to_pylist(), stems.filter(hits).to_pylist(), strict=True):
        found[stem] = found.get(stem, frozenset()) | set(_WORD.findall(path.casefold()))
    return found


def _tells_more(text: str, found: Collection[str], known: Mapping[str, frozenset[str]]) -> bool:
    """Whether *text* says several things of the images *found*, or names several of them in a line."""
    told: set[tuple[str, ...]] = set()
    several = lines = 0
    for line in text.splitlines():
        mine = [name for name in _names_in(line) if name in found]
        if mine:
            lines += 1
            several += len(set(mine)) > 1
            own = frozenset().union(*(known[name] for name in mine))
            rest = _HASH.sub(" ", line)
            told.add(tuple(sorted(set(_WORD.findall(rest)) - own - _MONTHS)))
    return several > lines / 2 or len(told) > 1
