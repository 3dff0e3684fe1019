"""What tables beside the images make of a source: a reading that accounts for every image, or proposals."""

from __future__ import annotations

from dataclasses import replace

from tasks.discover.by_folders.folder_paths import FolderSource
from tasks.discover.claims.affixed_names import affixed_claims, padded_claims
from tasks.discover.claims.begun_names import begun_claims
from tasks.discover.claims.built_names import built_claims
from tasks.discover.claims.claim import Claims, LabelClaim
from tasks.discover.claims.class_lists import class_list_claim
from tasks.discover.claims.flat_splits import flat_split_claim
from tasks.discover.claims.folder_tables import folder_table_claims
from tasks.discover.claims.joined_claims import joined_claims
from tasks.discover.claims.possible_columns import possible_claims
from tasks.discover.claims.shared_columns import shared_claims
from tasks.discover.claims.shared_splits import shared_splits
from tasks.discover.claims.side_files import side_claim
from tasks.discover.claims.table_claims import find_claims
from tasks.discover.claims.table_views import Family, find_views
from tasks.discover.folder_evidence.closed_tables import closed_tables
from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.folder_evidence.mentions import mentioned
from tasks.discover.heads.head import Head
from tasks.discover.heads.heads import read_heads
from tasks.discover.listing.listing import Listing
from tasks.discover.proposals import Proposal
from tasks.discover.reading import Evidence
from tasks.discover.settings import SourceSettings
from tasks.discover.verdict.class_splits import class_splits
from tasks.discover.verdict.folder_agreement import called_otherwise, outlined_alike
from tasks.discover.verdict.folds import fold_proposals, parts_in_turn
from tasks.discover.verdict.listed_splits import listed_splits
from tasks.discover.verdict.passed_over import contradictions, corrected
from tasks.discover.verdict.texts_beside import texts_beside
from tasks.discover.verdict.told_numbers import told_numbers
from tasks.discover.verdict.unread_labels import lines_in_order, unread_labels
from tasks.discover.verdict.unread_splits import unread_splits
from tasks.discover.verdict.weighing import Weigher
from tasks.discover.verdict.whose_folders import parted_pairs, whose_folders
from tasks.discover.words.column_words import called_column
from tasks.discover.words.split_words import SplitWords


def weigh(listing: Listing, choice: FolderChoice | None, source: SourceSettings, words: SplitWords) -> Evidence:
    """What the tables beside the images of *listing* say, held against *choice*, what their folders say."""
    found = Evidence()
    if not listing.beside or not listing.count:
        return found
    heads = read_heads(source.place, listing.beside, listing)
    found.damaged += heads.damaged
    families, others = find_views(heads, listing, words)
    families, padded = padded_claims(families, listing, words)
    claims = find_claims(families, others, words)
    for family in families:
        if not family.has_folds:
            joined_claims(family, others, words, claims)
            shared_claims(family, others, words, claims)
            shared_splits(family, others, words, claims)
    views = [view for family in families for view in family.views]
    flat = flat_split_claim(listing, source, words, views) if isinstance(source, FolderSource) else None
    told = _told_otherwise(listing, source, words) + ([flat] if flat and choice is None else [])
    told += folder_table_claims(listing, others, choice, words)
    affixed = padded or ([] if claims.labels or told else _by_parts_of_names(listing, others, words))
    told += affixed if choice is None else [replace(claim, is_sure=False) for claim in affixed]
    claims.labels += told
    found.facts += [claim.says for claim in told]
    possible_claims(families, listing, words, claims)
    _note(families, listing, found)
    found.listed = listed_splits(families, listing.count)
    claims.labels = [_sure_of_several(claim) if claims.is_whole else claim for claim in claims.labels]
    weigher = Weigher(listing, choice, claims, found, words)
    weigher.weigh()
    for family in families:
        if family.roles.is_guess and len(family.named) >= listing.count / 2:
            weigher.doubt_splits(family)
        if family.roles.split_rival:
            weigher.doubt_split_columns(family)
    weigher.doubt_texts(families)
    weigher.doubt_named_splits()
    weigher.doubt_random_splits(unread_splits(others, words))
    weigher.doubt_folders(told_numbers(families, claims, listing.count))
    found.damaged += _in_order(choice, families, others, listing)
    if choice is not None and found.reading is None and not found.opposed:
        weigher.settle(flat, *_folds(families, choice, claims))
        weigher.part_classes(*class_splits(choice, others, words))
        weigher.doubt_folders(whose_folders(families, choice) or parted_pairs(families, choice))
        weigher.doubt_folders(called_otherwise(affixed, choice))
        weigher.doubt_folders(outlined_alike(claims.labels, choice))
        weigher.doubt_folders(corrected(families, choice))
        weigher.doubt_folders(texts_beside(families, listing))
        weigher.doubt_folders(mentioned(choice, source, found.named, words))
        weigher.doubt_folders(unread_labels([head for head in others if head.path not in found.named], listing.count))
        weigher.doubt_folders(_may_part(unread_splits(others, words), choice))
        weigher.doubt_folders(*closed_tables(listing, source))
        found.damaged += contradictions(families, others, listing)
    return found


def _in_order(choice: FolderChoice | None, families: list[Family], others: list[Head], listing: Listing) -> list[str]:
    """What is to be said of *others*, where neither folders nor tables say anything of the images."""
    return [] if choice is not None or families else lines_in_order(others, listing.count)


def _by_parts_of_names(listing: Listing, others: list[Head], words: SplitWords) -> list[LabelClaim]:
    """What tables say that name no image whole: by the first way to call images by parts of names that finds any."""
    finders = (affixed_claims, built_claims, begun_claims)
    return next((claims for find in finders if (claims := find(listing, others, words))), [])


def _may_part(lists: str, choice: FolderChoice) -> str:
    """What *lists* say against the folders of *choice*, which name no split; empty where nothing."""
    is_told = any(choice.splits) or not lists
    return "" if is_told else f"{lists} may say which images are in which split, in no form that is read"


def _sure_of_several(claim: LabelClaim) -> LabelClaim:
    """*claim*, which is not sure where it gives all images the same one label."""
    said = set(claim.by_file.values())
    return replace(claim, is_sure=False) if len(said) == 1 and len(next(iter(said))) == 1 else claim


def _folds(families: list[Family], choice: FolderChoice, claims: Claims) -> tuple[str, list[Proposal]]:
    """Lists that part the images in several ways beside folders that give no split, and how they could be meant."""
    if any(choice.splits):
        return "", []
    called, proposals = parts_in_turn(families, choice)
    if called:
        return called, proposals
    proposals = fold_proposals(families, choice) if claims.folds else []
    return (claims.folds[0] if proposals else ""), proposals


def _told_otherwise(listing: Listing, source: SourceSettings, words: SplitWords) -> list[LabelClaim]:
    """What files say that are no tables of images: one file an image, one list a class."""
    return [claim for find in (side_claim, class_list_claim) if (claim := find(source.place, listing, words))]


def _note(families: list[Family], listing: Listing, found: Evidence) -> None:
    """Note in *found* what the tables of *families* name."""
    for family in families:
        for view in family.views:
            found.named.setdefault(view.head.path, set()).update(set(view.files) - {""})
            if not view.is_literal:
                found.loose.add(view.head.path)
            if view.split:
                found.said_splits[view.head.path] = view.split
        found.facts.append(_fact(family, listing))


def _fact(family: Family, listing: Listing) -> str:
    paths = list(dict.fromkeys(view.head.path for view in family.views))
    place = family.views[0].location
    column = called_column(place)
    return f"{', '.join(paths[:3])}: {column} names {len(family.named):,} of {listing.count:,} images"
