"""What tables claim, held against what folders say, and against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tasks.config_keys import ConfigKeys, LabelKeys, SourceKeys, TableKeys, files_of, splits_named
from tasks.discover.claims.claim import Claims, Entries, LabelClaim, SplitClaim, contradict
from tasks.discover.claims.joined_splits import joined_splits
from tasks.discover.claims.table_views import Family
from tasks.discover.folder_evidence.contradictions import folders_alone
from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.listing.listing import Listing
from tasks.discover.proposals import ExampleRow, Proposal
from tasks.discover.reading import Evidence, Reading
from tasks.discover.verdict.bare_images import with_bare_images
from tasks.discover.verdict.folder_agreement import agrees, determines, how_it_differs, of_folders, pattern_of
from tasks.discover.verdict.folder_splits import folder_splits, half_named, with_the_rest
from tasks.discover.verdict.reading_splits import has_splits, name_splits, takes_splits_from_names, unclear_splits
from tasks.discover.words.column_words import called_column
from tasks.discover.words.folder_names import few, tokens
from tasks.discover.words.split_words import SplitWords
from tasks.label_kinds import number_of

_ALL = 0.99


class Weigher:
    """Holds what tables claim against what folders say, and against each other; fills in what is *found*."""

    def __init__(
        self, listing: Listing, choice: FolderChoice | None, claims: Claims, found: Evidence, words: SplitWords
    ) -> None:
        self._listing = listing
        self._words = words
        self._choice = choice
        self._claims = claims
        self._found = found
        self._labels = joined_splits(claims.labels, are_alone=choice is None)
        self._is_whole = claims.is_whole

    def settle(self, flat: LabelClaim | None, folds: str, proposals: list[Proposal]) -> None:
        """Beside folders that nothing opposes: let *flat* be the reading, or else *folds* oppose them."""
        if flat is not None:
            self._found.reading = self._reading(flat, flat.splits)
        elif folds:
            self._found.opposed = f"{folds} part the images in several ways"
            self._found.proposals[:0] = proposals

    def part_classes(self, lists: str, proposals: list[Proposal]) -> None:
        """Let *lists* that give each class a split oppose folders that give none."""
        if lists and not self._found.opposed and self._found.reading is None:
            self._found.opposed = f"{lists} part the classes into splits"
            self._found.proposals[:0] = proposals

    def doubt_folders(self, what: str, *others: Proposal) -> None:
        """Let *what* oppose the folders' labels, where nothing else does; they and *others* are what is possible."""
        if what and not self._found.opposed and self._choice is not None:
            self._doubt_reading(what)
            self._found.proposals += [*others, folders_alone(self._choice)]

    def doubt_splits(self, family: Family) -> None:
        """Let no reading be sure whose splits are what *family* has in a column of words that nobody can know."""
        names = ", ".join(sorted(family.roles.split_names))
        shown = ", ".join(dict.fromkeys(view.head.path for view in family.views))
        self._doubt_reading(
            f"the column {family.roles.split} of {shown} parts the images into {names}, and nobody can know which is "
            "which"
        )

    def doubt_split_columns(self, family: Family) -> None:
        """Let no reading be sure where two columns of *family* say different splits of an image."""
        shown = ", ".join(dict.fromkeys(view.head.path for view in family.views))
        both = f"{family.roles.split} and {family.roles.split_rival}"
        self._doubt_reading(f"the columns {both} of {shown} put some images into different splits")

    def doubt_texts(self, families: Iterable[Family]) -> None:
        """Let no reading be sure whose texts stand in an encoding that is a guess."""
        guessed = {view.head.path: view.head.keys["encoding"] for family in families for view in family.views
                   if "encoding" in view.head.keys}  # fmt: skip
        told = self._found.reading
        read = {path for entry in told.keys["tables"] for path in files_of(entry)} if told is not None else set()
        if mine := sorted(read & set(guessed)):
            self._doubt_reading(
                f"{mine[0]} is not UTF-8, and is read as {guessed[mine[0]]} by guess: look whether its labels are words"
            )

    def doubt_random_splits(self, lists: str) -> None:
        """Let no reading without splits be sure beside *lists* that part into splits what is no image's name."""
        told = self._found.reading
        if lists and (not has_splits(told) if told else self._choice is None and self._labels):
            self._doubt_reading(f"{lists} may say which images are in which split, in no form that is read")

    def doubt_named_splits(self) -> None:
        """Let no reading be sure that takes splits from what its images' names begin with."""
        if self._found.reading is not None and takes_splits_from_names(self._found.reading):
            self._doubt_reading("the names of the images begin with words for splits, which may be what they mean")

    def _doubt_reading(self, what: str) -> None:
        """Let *what* oppose the reading, which stays the first of those that are possible."""
        told = self._found.reading.proposal if self._found.reading is not None else None
        self._found.reading = None
        if told is not None and all(one.keys != told.keys for one in self._found.proposals):
            self._found.proposals.insert(0, told)
        self._found.opposed = self._found.opposed or what

    def weigh(self) -> None:
        """Fill in the reading that the claims prove, or what opposes one, and what they make possible."""
        if self._choice is not None:
            self._beside_folders(self._choice)
        else:
            self._alone()
        found = self._found
        for claim in self._labels:
            several = [claim.of_sets()] if claim.is_one_box else []
            several += with_bare_images(claim, self._listing)
            found.proposals += [self._reading(one, self._splits_of(one)).proposal for one in (*several, claim)]
        found.proposals += [self._of_number(*told) for told in self._claims.numbers]

    def _alone(self) -> None:
        """Without folders that name classes: the one claim that is sure, and that nothing contradicts."""
        sure = sorted((claim for claim in self._labels if claim.is_sure), key=lambda claim: -self._weight(claim))
        if not sure or any(contradict(sure[0], other) for other in sure[1:]):
            return
        if sure[0].is_one_box:
            self._found.opposed = (
                f"{sure[0].says}, all in an image of one class: it may have one label, or a set of them"
            )
            return
        splits = self._splits_of(sure[0])
        if splits is None and (unclear := unclear_splits(self._claims, sure[0])):
            self._found.opposed = unclear
            return
        named, others = half_named(sure[0].by_file, self._words) if splits is None else ([], [])
        if others:
            self._found.opposed = f"{sure[0].says}; but {few(named)} are named like a split, and {few(others)} are not"
            if (rest := with_the_rest(sure[0].by_file, self._words)) is not None:
                self._found.proposals.append(self._reading(sure[0], rest).proposal)
            return
        if splits is not None and (differing := self._differing(splits)):
            self._found.opposed = f"{splits.says} puts {differing} into another split than its folder is named for"
            return
        if beyond := next((one for one in sure[1:] if set(one.by_file) - set(sure[0].by_file)), None):
            self._found.opposed = f"{sure[0].says}; but {beyond.says} of other images"
            return
        self._found.reading = self._reading(sure[0], splits)

    def _differing(self, splits: SplitClaim) -> str:
        """An image that *splits* puts into another split than the one that its folder names; empty without one."""
        own = folder_splits(splits.by_file, self._words)
        told = own.by_file if own is not None else {}
        is_parted = "validation" not in told.values()  # a table may take the validation out of the training folder
        within = {("train", "validation")} if is_parted else set()
        differing = ((file, (split, splits.by_file[file])) for file, split in told.items())
        return next((file for file, (one, other) in differing if one != other and (one, other) not in within), "")

    def _weight(self, claim: LabelClaim) -> float:
        return len(claim.by_file) + 0.5 * (claim.splits is not None)

    def _beside_folders(self, choice: FolderChoice) -> None:
        named = {file for claim in self._labels for file in claim.by_file}
        named |= {file for claim in self._claims.splits for file in claim.by_file}
        labels, splits = of_folders(choice, named, self._is_whole)
        opposing = [one for one in self._labels if one.is_sure and one.names_several and not agrees(one, labels)]
        for claim in self._labels:
            if agrees(claim, labels):
                self._found.understood |= {path for entry in claim.entries for path in files_of(entry)}
        if opposing:
            self._against_folders(opposing, labels)
            return
        wider = [one for one in self._labels if one.is_sure and one.splits and set(labels) < set(one.by_file)]
        if self._is_whole and wider and agrees(wider[0], labels):
            self._found.reading = self._reading(wider[0], wider[0].splits)
            return
        agreeing = [
            one
            for one in self._claims.splits
            if all(splits.get(file, "") == split for file, split in one.by_file.items())
        ]
        others = [one for one in self._claims.splits if one not in agreeing]
        self._found.understood |= {path for one in agreeing for entry in one.entries for path in files_of(entry)}
        self._found.understood -= {path for one in others for entry in one.entries for path in files_of(entry)}
        self._found.understood -= {
            path
            for path, split in self._found.said_splits.items()
            if any(splits.get(file, split) != split for file in self._found.named[path])
        }
        if not any(splits.values()):
            self._with_splits(choice, labels)

    def _with_splits(self, choice: FolderChoice, labels: Mapping[str, str]) -> None:
        """Let the classes of *choice*, *labels*, with the splits that tables give them be the reading, if it is one."""
        told = self._splits_for(labels)
        pattern = pattern_of(choice)
        if told is None or pattern is None:
            return
        if (odd := self._says_else(told, labels)) is not None:
            self._found.opposed = (
                f"{odd.says}, or another of its columns is, and goes with no class that the folders name"
            )
            return
        folders: TableKeys = {"listing": "**", "pattern": pattern}
        keys: SourceKeys = {"layout": "tables", "tables": [folders, *told.entries]}
        if ignore := choice.keys.get("ignore"):
            keys["ignore"] = ignore
        why = f"folders name the classes, and {told.says} the splits"
        rows = tuple(ExampleRow(file, labels[file], told.by_file[file]) for file in _three(told.by_file, labels))
        proposal = Proposal(why, _config(keys, told.names), rows)
        self._found.reading = Reading(keys, told.names, why, proposal)

    def _says_else(self, told: SplitClaim, labels: Mapping[str, str]) -> LabelClaim | None:
        """What the tables of *told* could say besides splits; None where they say what the folders say, or nothing."""
        paths = {path for entry in told.entries for path in files_of(entry)}
        mine = [claim for claim in self._labels if paths & {path for one in claim.entries for path in files_of(one)}]
        return mine[0] if mine and not any(agrees(claim, labels) for claim in mine) else None

    def _against_folders(self, opposing: Sequence[LabelClaim], labels: Mapping[str, str]) -> None:
        claim = max(opposing, key=self._weight)
        rivals = [other for other in self._labels if other.is_sure and contradict(claim, other)]
        said = {label for several in claim.by_file.values() for label in several}
        is_plain = claim.column.strength == 3 and not claim.is_many and not claim.is_one_box
        is_word = not any(number_of(label) is not None for label in said)
        own = {"".join(tokens(part)) for label in labels.values() for part in label.split("/")}
        covers = not self._is_whole or len(claim.by_file) >= _ALL * self._listing.count
        is_apart = not own & {"".join(tokens(label)) for label in said} and not determines(labels, claim)
        if not rivals and is_plain and is_word and covers and is_apart:
            self._found.reading = self._reading(claim, self._splits_of(claim))
        else:
            self._found.opposed = f"{claim.says}, and {how_it_differs(claim, labels)}"

    def _splits_of(self, claim: LabelClaim) -> SplitClaim | None:
        told = claim.splits or self._splits_for(claim.by_file)
        said = any(set(one.by_file) & set(claim.by_file) for one in self._claims.splits)
        if told or said or self._claims.folds:
            return told
        return folder_splits(claim.by_file, self._words, of_one=True) or name_splits(claim.by_file, self._words)

    def _splits_for(self, labelled: Mapping[str, object]) -> SplitClaim | None:
        """The splits that tables give all that is *labelled*: those of one claim, or of several that lie apart."""
        every = sorted(self._claims.splits, key=lambda claim: (-len(claim.by_file), len(claim.says)))
        chosen: list[SplitClaim] = []
        told: dict[str, str] = {}
        for claim in every:
            if any(told.get(file, split) != split for file, split in claim.by_file.items()):
                return None
            if not set(claim.by_file) <= set(told):
                chosen.append(claim)
                told |= claim.by_file
        is_told = not self._is_whole or len(set(labelled) & set(told)) >= _ALL * len(labelled)
        if not told or not is_told or self._claims.folds:
            return None
        names = {name: split for claim in chosen for name, split in claim.names.items()}
        says = ", ".join(claim.says for claim in chosen)
        return SplitClaim([entry for claim in chosen for entry in claim.entries], told, names, says)

    def _reading(self, claim: LabelClaim, splits: SplitClaim | None) -> Reading:
        entries = list(claim.entries)
        if splits is not None and splits is not claim.splits:
            entries += splits.entries
        keys: SourceKeys = {"layout": "tables"}
        if claim.has_bare:
            keys["allow_unlabeled"] = True
        if claim.nulls:
            keys["missing_labels"] = list(claim.nulls)
        keys["tables"] = entries
        names = splits.names if splits is not None else {}
        why = claim.says + (f", and the splits are those of {splits.says}" if splits else "")
        labels: LabelKeys = {"kind": "many"} if claim.is_many else {}
        if claim.is_many and claim.column.separator:
            labels["separator"] = claim.column.separator
        told = splits.by_file if splits is not None else {}
        rows = tuple(
            ExampleRow(file, ", ".join(claim.by_file[file]), told.get(file, "")) for file in list(claim.by_file)[:3]
        )
        proposal = Proposal(why, _config(keys, names, labels), rows, (self._covers(claim.by_file),))
        return Reading(keys, names, why, proposal, claim.is_many, claim.column.separator)

    def _covers(self, by_file: Mapping[str, object]) -> str:
        return f"it names {len(by_file):,} of {self._listing.count:,} images"

    def _of_number(self, name: str, entries: Entries, splits: Mapping[str, str]) -> Proposal:
        keys: SourceKeys = {"layout": "tables", "tables": entries}
        called = called_column(name)
        return Proposal(f"{called} is a number to predict", _config(keys, splits, {"kind": "number"}))


def _config(keys: SourceKeys, names: Mapping[str, str], labels: LabelKeys | None = None) -> ConfigKeys:
    made: ConfigKeys = {"source": keys.copy()}
    if labels:
        made["labels"] = labels
    return {**made, **splits_named(dict(sorted(names.items())))}


def _three(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    return [file for file in one if file in other][:3]
