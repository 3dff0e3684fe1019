"""What opposes folders and names, and what is offered then: no label is published that something beside it denies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tasks.samples import Discovery

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

Truth = dict[str, tuple[str, str]]
"""For each image its label and its split."""


def make(root: Path, paths: Iterable[str]) -> None:
    for path in paths:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.encode())


def table(root: Path, path: str, *lines: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def said(found: Discovery) -> Truth:
    columns = (found.samples[name].to_pylist() for name in ("location", "label_path", "split"))
    return {place: (label, split) for place, label, split in zip(*columns, strict=True)}


def read_as(look: Look, root: Path, keys: Mapping[str, Any]) -> Truth:
    return said(look(root, names=keys.get("splits", {}).get("names", {}), **keys["source"]))


def proposed(look: Look, root: Path) -> Iterator[Truth]:
    """What each proposal makes of a source that is refused; those for numbers and for sets of labels apart."""
    with pytest.raises(UnsettledLayoutError) as caught:
        look(root)
    for proposal in caught.value.unsettled.proposals:
        if proposal.keys.get("labels", {}).get("kind") is None:
            yield read_as(look, root, proposal.keys)


def is_read(look: Look, root: Path, truth: Truth) -> bool:
    """Whether the source is read as *truth*, by itself and by the keys that it is read by."""
    found = look(root)
    keys = {**found.keys, "source": {"layout": found.layout, **found.keys["source"]}}
    return said(found) == truth == read_as(look, root, keys)


def test_a_table_of_whole_folders_says_what_the_folders_only_seem_to_say(look: Look, tmp_path: Path) -> None:
    truth: Truth = {}
    for split, word in (("train", "train"), ("valid", "validation")):
        lines = []
        for part in ("XR_ELBOW", "XR_HAND"):
            for number in range(1, 5):
                kind = ("negative", "positive")[number % 2]
                folder = f"{split}/{part}/patient{number + 10 * (split == 'valid'):05}/study1_{kind}"
                truth |= {f"{folder}/image{image}.png": (str(number % 2), word) for image in (1, 2)}
                lines.append(f"Set-v1/{folder}/,{number % 2}")
        table(tmp_path, f"Set-v1/{split}_labeled_studies.csv", *lines)
    truth = {f"Set-v1/{path}": told for path, told in truth.items()}
    make(tmp_path, truth)

    assert is_read(look, tmp_path, truth)


@pytest.mark.parametrize(
    ("word", "is_sure"),
    [
        pytest.param("patient", True, id="that number patients"),
        pytest.param("kind", False, id="that could be classes"),
    ],
)
def test_a_table_of_folders_labels_the_images_in_them(look: Look, tmp_path: Path, word: str, is_sure: bool) -> None:
    truth: Truth = {}
    lines = ["folder,diagnosis"]
    for number in range(101, 113):
        kind = ("benign", "malignant")[number % 2]
        truth |= {f"scans/{word}{number}/{slide}.png": (kind, "") for slide in range(3)}
        lines.append(f"{word}{number},{kind}")
    make(tmp_path, truth)
    table(tmp_path, "patients.csv", *lines)

    assert is_read(look, tmp_path, truth) if is_sure else next(proposed(look, tmp_path)) == truth


def test_a_column_y_beside_class_folders_is_a_rival_of_theirs(look: Look, tmp_path: Path) -> None:
    truth: Truth = {}
    lines = ["img_id,img_filename,y,split,place"]
    for at, (folder, kind) in enumerate((("Albatross", 1), ("Blackbird", 0), ("Pelican", 1), ("Shrike", 0))):
        for number in range(8):
            split = (0, 0, 1, 2)[number % 4]
            path = f"{at:03}.{folder}/{folder}_{number:04}.jpg"
            truth[f"birds/{path}"] = (str(kind), ("train", "validation", "test")[split])
            lines.append(f"{at * 8 + number},{path},{kind},{split},{number // 2 % 2}")
    make(tmp_path, truth)
    table(tmp_path, "birds/metadata.csv", *lines)

    assert next(proposed(look, tmp_path)) == truth


def test_coordinates_are_no_labels(look: Look, tmp_path: Path) -> None:
    truth = {f"{name}/{name}_{number}.jpg": (name, "") for name in ("cat", "dog") for number in range(6)}
    make(tmp_path, truth)
    lines = [f"{path},{at},{at * 5 % 8}" for at, path in enumerate(truth)]
    table(tmp_path, "centres.csv", "file,x,y", *lines)

    assert said(look(tmp_path)) == truth


def test_a_column_of_splits_that_nobody_knows_is_not_passed_over(look: Look, tmp_path: Path) -> None:
    truth: Truth = {}
    lines = ["name,tumor,split"]
    for number in range(24):
        of_test = number % 4 == 0
        truth[f"patches/p{number}.png"] = (("no", "yes")[number // 2 % 2], "test" if of_test else "train")
        lines.append(f"p{number}.png,{truth[f'patches/p{number}.png'][0]},{int(of_test)}")
    make(tmp_path, truth)
    table(tmp_path, "all.csv", *lines)

    assert truth in list(proposed(look, tmp_path))


def test_halves_called_splits_beside_class_folders_are_refused_each_as_the_test(look: Look, tmp_path: Path) -> None:
    names = ("polyp", "ulcer", "normal")
    halves = {f"frames/{name}/{name}_{number}.jpg": number % 2 for name in names for number in range(6)}
    make(tmp_path, halves)
    for half in (0, 1):
        rows = [f"{Path(path).name},{path.split('/')[1]}" for path, of in halves.items() if of == half]
        table(tmp_path, f"official_splits/split_{half}.csv", "filename,label", *rows)

    readings = list(proposed(look, tmp_path))

    for half in (0, 1):
        turned = {path: (path.split("/")[1], "test" if of == half else "train") for path, of in halves.items()}
        assert turned in readings


def test_a_list_without_a_word_is_the_training_split_beside_one_of_the_test(look: Look, tmp_path: Path) -> None:
    kinds = ("food", "toy", "tool")
    truth = {f"images/{number}.jpg": (kinds[number % 3], "train" if number < 12 else "test") for number in range(18)}
    make(tmp_path, truth)
    for name, split in (("tags", "train"), ("test-tags", "test")):
        lines = [f"{Path(path).name}\t{label}" for path, (label, of) in truth.items() if of == split]
        table(tmp_path, f"images/{name}.tsv", *lines)

    assert is_read(look, tmp_path, truth)


def test_folders_of_a_test_that_number_its_images_are_no_classes(look: Look, tmp_path: Path) -> None:
    kinds = ("aeroplane", "bus", "car")
    truth = {f"{split}/{kind}/{split}{number}.png": (kind, word) for kind in kinds for number in range(4)
             for split, word in (("train", "train"), ("validation", "validation"))}  # fmt: skip
    make(tmp_path, [*truth, *(f"test/trunk{number % 2:02}/{number:04}.jpg" for number in range(6))])

    found = look(tmp_path)

    assert said(found) == truth
    assert found.ignored["unlisted images in /test"] == 6


def test_people_of_a_test_that_the_training_does_not_show_are_classes_as_well(look: Look, tmp_path: Path) -> None:
    truth = {f"train/n{person:06}/{shot}.jpg": (f"n{person:06}", "train") for person in range(4) for shot in range(3)}
    truth |= {f"test/n{person:06}/{shot}.jpg": (f"n{person:06}", "test") for person in range(4, 6) for shot in range(3)}
    make(tmp_path, truth)

    assert said(look(tmp_path)) == truth


def test_masks_with_a_word_of_their_own_before_the_number_are_no_samples(look: Look, tmp_path: Path) -> None:
    truth = {f"fish_image/fish_{kind:02}/fish_{kind}0{shot}.png": (f"fish_{kind:02}", "")
             for kind in (1, 2, 3) for shot in range(4)}  # fmt: skip
    make(tmp_path, [*truth, *(path.replace("fish_", "mask_") for path in truth)])

    assert said(look(tmp_path)) == truth


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([f"S{who:03}_{what}" for who, what in enumerate(["sad", "glad", "calm"] * 3)], id="who and what"),
        pytest.param([f"{who}_{what}" for who in ("F", "M") for what in ("sad", "glad", "calm")], id="all of both"),
    ],
)
def test_words_of_names_that_say_two_things_are_no_class(look: Look, tmp_path: Path, names: list[str]) -> None:
    paths = [f"faces/{name}_{shot:02}.png" for name in names for shot in range(4)]
    make(tmp_path, paths)

    assert {path: (path.split("_")[1], "") for path in paths} in list(proposed(look, tmp_path))


def test_colours_of_tags_are_no_names_of_theirs(look: Look, tmp_path: Path) -> None:
    truth: Truth = {}
    for split in ("train", "test"):
        for number in range(6):
            name, tag = f"{split}{number}.jpg", ("ripe", "unripe")[number % 2]
            truth[f"{split}/img/{name}"] = (tag, split)
            table(tmp_path, f"{split}/ann/{name}.json", f'{{"tags": [{{"name": "{tag}", "value": null}}]}}')
    make(tmp_path, truth)
    tags = '{"name": "ripe", "color": "#0F8A55"}, {"name": "unripe", "color": "#8A0F2A"}'
    table(tmp_path, "meta.json", f'{{"classes": [], "tags": [{tags}]}}')

    assert said(look(tmp_path)) == truth


def test_what_stands_beside_folders_that_prove_a_reading_may_be_left_out(look: Look, tmp_path: Path) -> None:
    truth = {f"images/{artist}/{artist}_{number}.jpg": (artist, "") for artist in ("Dürer", "Klee", "Marc")
             for number in range(4)}  # fmt: skip
    make(tmp_path, [*truth, *(f"resized/{Path(path).name}" for path in truth)])

    assert next(proposed(look, tmp_path)) == truth


def test_lettered_folders_and_tables_of_splits_go_together(look: Look, tmp_path: Path) -> None:
    truth: Truth = {}
    for letter, word, split in (("a", "Training", "train"), ("b", "Testing", "test")):
        rows = ["Image name,grade"]
        for number in range(1, 13):
            truth[f"B. Grading/1. Original Images/{letter}. {word} Set/IM_{number:03}.jpg"] = (str(number % 4), split)
            rows.append(f"IM_{number:03},{number % 4}")
        table(tmp_path, f"B. Grading/2. Groundtruths/{letter}. Grading_{word} Labels.csv", *rows)
    make(tmp_path, truth)

    assert is_read(look, tmp_path, truth)


def test_tables_beside_images_of_the_same_names_speak_of_those_beside_them(look: Look, tmp_path: Path) -> None:
    truth: Truth = {}
    places = (("Training_Set", "train", "Training"), ("Evaluation_Set", "validation", "Validation"),
              ("Test_Set", "test", "Testing"))  # fmt: skip
    for top, split, word in places:
        rows = ["ID,diagnosis"]
        for number in range(1, 13):
            truth[f"{top}/{word}/{number}.png"] = (("none", "mild", "severe")[number % 3], split)
            rows.append(f"{number},{truth[f'{top}/{word}/{number}.png'][0]}")
        table(tmp_path, f"{top}/{word}_Labels.csv", *rows)
    make(tmp_path, truth)

    assert is_read(look, tmp_path, truth)


def test_columns_of_which_none_is_called_a_label_are_offered(look: Look, tmp_path: Path) -> None:
    kinds = ("grass", "fire", "water", "air", "rock", "ice", "steel", "ghost")
    truth = {f"images/thing{number}x.png": (kinds[number % 8], "") for number in range(12)}
    make(tmp_path, truth)
    rows = [f"{Path(path).stem},{kind}," for path, (kind, _) in truth.items()]
    table(tmp_path, "things.csv", "Name,First,Second", *rows)

    assert truth in list(proposed(look, tmp_path))


def test_a_label_file_that_names_no_image_does_not_hide_the_others(look: Look, tmp_path: Path) -> None:
    names = ("sun", "moon", "star")
    truth = {f"train/{number:04x}.png": (names[number % 3], "") for number in range(12)}
    make(tmp_path, truth)
    table(tmp_path, "labels.csv", "number,name", *(f"{number},{name}" for number, name in enumerate(names)))
    table(tmp_path, "train.csv", "id,kind", *(f"{number:04x},{number % 3}" for number in range(12)))

    assert next(proposed(look, tmp_path)) == truth


def test_further_words_in_a_column_of_splits_are_splits(look: Look, tmp_path: Path) -> None:
    words = ("train", "train", "query", "gallery")
    truth = {f"img/{number:04}.jpg": (f"item{number // 4}", words[number % 4]) for number in range(16)}
    make(tmp_path, truth)
    rows = [f"{path.removeprefix('img/')},{label},{split}" for path, (label, split) in truth.items()]
    table(tmp_path, "partition.csv", "image,label,status", *rows)

    assert is_read(look, tmp_path, truth)


def test_a_validation_taken_out_of_the_training_folder_by_a_column_is_no_other_split(
    look: Look, tmp_path: Path
) -> None:
    kinds = ("car", "person", "chair")
    truth: Truth = {}
    for number in range(24):
        split = "test" if number >= 16 else "validation" if number % 4 == 0 else "train"
        truth[f"{'test' if number >= 16 else 'train'}/{number:06}.jpg"] = (kinds[number % 3], split)
    make(tmp_path, truth)
    rows = {path: f"{Path(path).name},{label}" for path, (label, _) in truth.items()}
    flags = {path: f"{row},{truth[path][1] == 'validation'}" for path, row in rows.items() if path.startswith("train")}
    table(tmp_path, "train.csv", "fname,label,is_valid", *flags.values())
    table(tmp_path, "test.csv", "fname,label", *(row for path, row in rows.items() if path.startswith("test")))

    assert is_read(look, tmp_path, truth)


def test_a_test_whose_table_lies_apart_is_read_with_those_in_the_class_folders(look: Look, tmp_path: Path) -> None:
    head = "Filename;Width;Roi.X1;ClassId"
    truth = {f"Signs/Training/{kind:05}/{kind}_{number}.ppm": (str(kind), "train")
             for kind in range(5) for number in range(4)}  # fmt: skip
    truth |= {f"Signs/Final_Test/Images/{number:05}.ppm": (str(number % 5), "test") for number in range(10)}
    make(tmp_path, truth)
    for kind in range(5):
        rows = [f"{kind}_{number}.ppm;48;5;{kind}" for number in range(4)]
        table(tmp_path, f"Signs/Training/{kind:05}/GT-{kind:05}.csv", head, *rows)
    table(tmp_path, "GT-final_test.csv", head, *(f"{number:05}.ppm;48;5;{number % 5}" for number in range(10)))

    found = look(tmp_path)

    assert said(found) == truth
    assert len(found.keys["source"]["tables"]) == 2


def test_rows_that_a_flag_calls_untrue_are_left_out_in_the_first_proposal(look: Look, tmp_path: Path) -> None:
    kinds = ("car", "person", "tree")
    rows = ["ImageID,LabelName,Confidence"]
    truth = {}
    for number in range(12):
        holds = [kind for at, kind in enumerate(kinds) if (number + at) % 3 != 1]
        truth[f"images/{number:04x}.jpg"] = holds
        rows += [f"{number:04x},{kind},{int(kind in holds)}" for kind in kinds]
    make(tmp_path, truth)
    table(tmp_path, "verified.csv", *rows)

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    first = caught.value.unsettled.proposals[0]
    assert first.keys["labels"] == {"kind": "many"}
    assert first.keys["source"]["tables"][0]["where"] == {"Confidence": ["1"]}
    assert {row.location: row.label.split(", ") for row in first.rows}.items() <= truth.items()


def test_lists_of_classes_that_are_named_for_splits_part_the_classes(look: Look, tmp_path: Path) -> None:
    splits = {"antelope": "train", "grizzly+bear": "train", "whale": "train", "beaver": "test", "dolphin": "test"}
    truth = {f"JPEGImages/{kind}/{kind}_{number}.jpg": (kind, split) for kind, split in splits.items()
             for number in range(4)}  # fmt: skip
    make(tmp_path, truth)
    for split in ("train", "test"):
        table(tmp_path, f"{split}classes.txt", *(kind for kind, of in splits.items() if of == split))

    assert next(proposed(look, tmp_path)) == truth


@pytest.mark.parametrize("prefix", ["", "{folder}"], ids=["by words", "by the folder and words"])
def test_numbered_folders_whose_files_are_called_alike_by_words_are_no_proof(
    look: Look, tmp_path: Path, prefix: str
) -> None:
    folders = ("AF01", "AF02", "BM01", "BM02")
    make(tmp_path, (f"people/{folder}/{prefix.format(folder=folder)}{word}.jpg" for folder in folders
                    for word in ("anger", "joy", "fear")))  # fmt: skip

    with pytest.raises(UnsettledLayoutError, match="ambiguous_layout"):
        look(tmp_path)


def test_numbered_folders_whose_files_have_one_word_or_numbers_are_classes(look: Look, tmp_path: Path) -> None:
    truth = {f"{folder}/{folder}_frame{number}.jpg": (folder, "") for folder in ("n01440764", "n02102040", "n0297")
             for number in range(4)}  # fmt: skip
    make(tmp_path, truth)

    assert said(look(tmp_path)) == truth


def test_a_table_s_other_column_opposes_folders_although_its_name_says_the_splits(look: Look, tmp_path: Path) -> None:
    truth: Truth = {}
    for split, word, first in (("training", "train", 1), ("validation", "validation", 9)):
        files = [(f"all/{first + number % 4}/x{first + number}.jpg", str(number % 3)) for number in range(12)]
        truth |= {path: (label, word) for path, label in files}
        table(
            tmp_path,
            f"lists/{split}.csv",
            "sub_path,expression,valence",
            *(f"{path.partition('/')[2]},{label},{0.01 * place}" for place, (path, label) in enumerate(files)),
        )
    make(tmp_path, truth)

    assert truth in list(proposed(look, tmp_path))


def test_folders_that_half_name_splits_oppose_a_table_that_names_none(look: Look, tmp_path: Path) -> None:
    truth: Truth = {f"images_tr/{number}.png": (("land", "sea")[number % 2], "train") for number in range(8)}
    truth |= {f"images_test/{number}.png": (("land", "sea")[number % 2], "test") for number in range(8, 12)}
    make(tmp_path, truth)
    table(tmp_path, "t.csv", "image,label", *(f"{path},{label}" for path, (label, _) in truth.items()))

    assert truth in list(proposed(look, tmp_path))


@pytest.mark.parametrize("asked", ["score_of_three", "view"])
def test_what_a_sample_of_a_submission_asks_for_is_the_label(look: Look, tmp_path: Path, asked: str) -> None:
    cells = {"score_of_three": [str(number % 3) for number in range(12)], "view": list("LRLLRRLRLRRL")}
    truth: Truth = {f"train/a{number}.png": (cells[asked][number], "") for number in range(12)}
    make(tmp_path, [*truth, *(f"test/b{number}.png" for number in range(3))])
    rows = (f"a{number},{cells['view'][number]},{cells['score_of_three'][number]}" for number in range(12))
    table(tmp_path, "train.csv", "id,view,score_of_three", *rows)
    table(tmp_path, "sample_submission.csv", f"id,{asked}", "b0,1", "b1,1", "b2,1")

    assert is_read(look, tmp_path, truth)


def test_what_a_sample_of_a_submission_asks_for_opposes_folders_of_something_else(look: Look, tmp_path: Path) -> None:
    truth: Truth = {f"train/{number % 3}/a{number}.png": (str(700 + number % 8), "") for number in range(24)}
    make(tmp_path, [*truth, *(f"test/b{number}.png" for number in range(3))])
    rows = (f"{path.rpartition('/')[2]},{path.split('/')[1]},{label}" for path, (label, _) in truth.items())
    table(tmp_path, "train.csv", "image,chain,hotel_id", *rows)
    table(tmp_path, "sample_submission.csv", "image,hotel_id", "b0.png,700", "b1.png,700")

    assert truth in list(proposed(look, tmp_path))


def test_a_table_of_studies_is_joined_to_one_of_images_by_the_columns_that_both_have(
    look: Look, tmp_path: Path
) -> None:
    truth: Truth = {}
    images, studies = ["image,study_id,split"], ["study_id,rater,finding"]
    for study in range(8):
        studies.append(f"{5011 + 7 * study},B{study},{('edema', 'healthy')[study % 2]}")
        for view in "ab":
            name, word = f"{study * 37:04}{view}", ("train", "train", "train", "validate")[study // 2]
            truth[f"files/{name}.jpg"] = (("edema", "healthy")[study % 2], word.replace("validate", "validation"))
            images.append(f"{name},{5011 + 7 * study},{word}")
    make(tmp_path, truth)
    table(tmp_path, "images.csv", *images)
    table(tmp_path, "studies.csv", *studies)

    assert is_read(look, tmp_path, truth)


def test_a_column_that_only_sums_up_the_classes_beside_it_is_none_of_them(look: Look, tmp_path: Path) -> None:
    flags = [(n % 3 == 0, n % 4 == 0, n % 5 == 1) for n in range(20)]
    make(tmp_path, (f"scans/{n:03}.png" for n in range(20)))
    rows = (f"{n:03},{int(any(row))},{','.join(str(int(flag)) for flag in row)}" for n, row in enumerate(flags))
    table(tmp_path, "labels.csv", "ID,Disease_Risk,DR,MH,DN", *rows)

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    told = [table for one in caught.value.unsettled.proposals for table in one.keys["source"].get("tables", ())]
    assert [table["one_hot"] for table in told if "one_hot" in table] == [["DR", "MH", "DN"]]


@pytest.mark.parametrize(
    ("encoding", "kinds"),
    [
        ("gb18030", ("健康", "锈病", "白粉病")),
        ("cp1251", ("берёза", "дуб", "клён")),
        ("cp1252", ("Blüte", "Ähre", "Keimling")),
        ("shift_jis", ("さくら", "もみじ", "ツバキ")),
    ],
)
def test_the_encoding_of_a_table_that_is_no_utf8_is_guessed_and_its_labels_are_shown(
    look: Look, tmp_path: Path, encoding: str, kinds: tuple[str, ...]
) -> None:
    truth = {f"images/{n:04}.jpg": (kinds[n % 3], "") for n in range(12)}
    make(tmp_path, truth)
    lines = ["file;label", *(f"{place[7:]};{label}" for place, (label, _) in truth.items())]
    (tmp_path / "table.csv").write_bytes("\r\n".join(lines).encode(encoding))

    with pytest.raises(UnsettledLayoutError, match=f"read as {encoding} by guess") as caught:
        look(tmp_path)

    [first, *_] = caught.value.unsettled.proposals
    assert [row.label for row in first.rows] == list(kinds)
    assert read_as(look, tmp_path, first.keys) == truth


def test_a_joined_table_takes_what_its_lines_have_too_much(look: Look, tmp_path: Path) -> None:
    truth: Truth = {f"img/p{n:02}.png": ("cat" if n // 2 % 3 else "dog", "") for n in range(24)}
    make(tmp_path, truth)
    table(tmp_path, "images.csv", "path,study_id", *(f"img/p{n:02}.png,s{n // 2:02}" for n in range(24)))
    studies = [f"s{n:02},{'cat' if n % 3 else 'dog'},seen{', twice' if n == 5 else ''}" for n in range(12)]
    table(tmp_path, "studies.csv", "study_id,label,note", *studies)

    assert truth in proposed(look, tmp_path)


def test_a_line_that_has_too_much_names_its_class_as_others_do(look: Look, tmp_path: Path) -> None:
    truth: Truth = {f"img/p{n:02}.png": (f"class {n % 30}", "") for n in range(60)}
    make(tmp_path, truth)
    table(tmp_path, "labels.csv", "path,code", *(f"img/p{n:02}.png,k{n % 30:02}" for n in range(60)))
    table(tmp_path, "classes.csv", "code,name,note", *(f"k{n:02},class {n},a{', b' * (n == 5)}" for n in range(31)))

    assert is_read(look, tmp_path, truth)
