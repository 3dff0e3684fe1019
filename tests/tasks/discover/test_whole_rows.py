"""Samples and rejects to their last column: what each way to read a source writes down of an image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from tasks.discover import Source, discover_sources
from tasks.discover.by_tables.tables import TablesSource
from tasks.errors import LabelFileError, LayoutError
from tasks.records.embedded import text_hash
from tasks.samples import Discovery
from tests.folders_here import Folder, labels, rejects, splits
from tests.web_folders import http_index


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def found(path: object, words: dict[str, str] | None = None, **keys: Any) -> Discovery:
    source: Source = TypeAdapter(Source).validate_python({"path": str(path), **keys})
    return discover_sources([source], words or {})


def bare(rows: list[Any], *told: str) -> list[dict[str, Any]]:
    """*rows* without their fingerprints, and without columns that hold nothing but those that are *told*."""
    nothing: tuple[object, ...] = ("", None, -1, 0, b"")
    return [
        {name: value for name, value in row.items() if value not in nothing or name in told}
        for row in ({**row, "fingerprint": "", "source_fingerprint": ""} for row in rows)
    ]


def test_an_image_of_a_folder_is_told_with_its_place_and_size(folder: Folder) -> None:
    folder.images("train/cat/1.jpg", "train/dog/2.jpg", "stray.jpg", "extra/3.jpg")

    made = found(folder.root, layout="split_folders", name="pets")

    common = {"source": "pets", "kind": "store", "split": "train"}
    assert bare(made.samples.to_pylist()) == [
        {"sample_id": f"pets/{place}", "location": place, "label_path": place.split("/")[1], "size": 15, **common}
        for place in ("train/cat/1.jpg", "train/dog/2.jpg")
    ]
    assert all(made.samples["fingerprint"].to_pylist())
    assert bare(sorted(made.rejections.to_pylist(), key=lambda row: str(row["location"]))) == [
        {"sample_id": f"pets/{place}", "source": "pets", "location": place, "stage": "discover", "reason": reason,
         "detail": detail}
        for place, reason, detail in (
            ("extra/3.jpg", "unknown_split", "the folder 'extra' is not a split; `splits.names` can make it one"),
            ("stray.jpg", "no_label", "lies beside the split folders, in no class"),
        )
    ]  # fmt: skip
    assert all(made.rejections["source_fingerprint"].to_pylist())


def test_an_image_in_no_class_folder_says_how_it_would_be_kept(folder: Folder) -> None:
    folder.images("cat/1.jpg", "stray.jpg")

    assert rejects(found(folder.root, layout="class_folders")) == {
        "stray.jpg": ("no_label", "lies in no class folder; `allow_unlabeled: true` would keep it")
    }


def test_an_image_beside_classes_below_it_says_how_it_would_be_kept(folder: Folder) -> None:
    folder.images("cat/small/1.jpg", "cat/2.jpg", f"{'x' * 70}/{'y' * 70}/1.jpg", f"{'x' * 70}/{'y' * 70}/z/1.jpg")

    told = rejects(found(folder.root, layout="hierarchy"))

    assert told["cat/2.jpg"] == (
        "uneven_depth",
        "lies in 'cat', which has classes below it; `source.uneven: keep` would keep it",
    )
    assert told[f"{'x' * 70}/{'y' * 70}/1.jpg"][1].startswith(f"lies in {('x' * 70 + '/' + 'y' * 9)!r}, which has ")


def test_images_of_a_web_folder_are_places_on_the_web(folder: Folder) -> None:
    folder.images("cat/1 x.jpg", "dog/2.jpg", "stray.jpg")

    with http_index(folder.root) as url:
        made = found(url, layout="class_folders")

    assert [(row["kind"], row["sample_id"], row["location"]) for row in made.samples.to_pylist()] == [
        ("web", "cat/1 x.jpg", f"{url}/cat/1%20x.jpg"),
        ("web", "dog/2.jpg", f"{url}/dog/2.jpg"),
    ]
    assert made.rejections["location"].to_pylist() == [f"{url}/stray.jpg"]
    assert made.rejections["sample_id"].to_pylist() == ["stray.jpg"]


def test_an_image_of_a_table_is_told_with_its_line(folder: Folder) -> None:
    folder.images("a/1.jpg", "a/2.jpg").text(
        "t.csv", "location,label,split,who,note", "a/1.jpg,cat,VAL,ann,x", "a/9.jpg,dog,,ben,", "a/2.jpg,dog,moon,ben,y"
    )
    columns = {"location": "location", "label": "label", "split": "split", "who": "who"}

    made = folder.found({"file": "t.csv", "columns": columns}, name="pets", keep_columns=["who", "note"])

    assert bare(made.samples.to_pylist()) == [
        {"sample_id": "pets/a/1.jpg", "source": "pets", "kind": "store", "location": "a/1.jpg", "label_path": "cat",
         "split": "validation", "size": 7, "label_file": "t.csv", "label_row": 2,
         "kept": '{"note": "x", "who": "ann"}'}
    ]  # fmt: skip
    assert bare(sorted(made.rejections.to_pylist(), key=lambda row: row["label_row"])) == [
        {"sample_id": f"pets/{place}", "source": "pets", "location": place, "stage": stage, "label_file": "t.csv",
         "label_row": line, "reason": reason, "detail": detail}
        for place, stage, line, reason, detail in (
            ("a/9.jpg", "fetch", 3, "not_found", "no such file"),
            ("a/2.jpg", "discover", 4, "unknown_split",
             "the split 'moon' is not known; `splits.names` can map it"),
        )
    ]  # fmt: skip


def test_pixels_of_a_table_are_told_with_where_their_record_stands(folder: Folder) -> None:
    head, first = "location,label\n", '"[[1,2],[3,4]]",cat'
    folder.text("t.csv", head.strip(), first, '"[[1,2],[3,4]]",dog', "http://h.org/i?id=1,eel").images("1.jpg")

    made = folder.found({"file": "t.csv"})

    rows = made.samples.select(
        ["sample_id", "kind", "location", "label_path", "label_offset", "label_length"]
    ).to_pylist()
    own = text_hash("[[1,2],[3,4]]")
    second = len(head) + len(first) + 1
    identity = rows[-1]["sample_id"]
    assert identity.startswith("http://h.org/i?")
    assert identity != "http://h.org/i?id=1"
    assert [tuple(row.values()) for row in rows] == [
        (f"{own}-1", "embedded", "", "cat", len(head), len(first)),
        (f"{own}-2", "embedded", "", "dog", second, len(first)),
        (identity, "web", "http://h.org/i", "eel", second + len(first) + 1, 23),
    ]
    assert made.samples["fingerprint"].to_pylist() == [own, own, ""]
    assert made.access[0].record_formats.keys() == {"t.csv"}


def test_pixels_of_a_sheet_that_cannot_be_read_again_are_rejected(folder: Folder) -> None:
    folder.images("1.jpg").text("t.xml", "<x><i><location>[[1,2],[3,4]]</location><label>cat</label></i>"
                                "<i><location>1.jpg</location><label>dog</label></i></x>")  # fmt: skip

    made = folder.found({"file": "t.xml", "at": "i"})

    assert labels(made) == {"1.jpg": "dog"}
    assert rejects(made) == {
        "": ("bad_row", "pixels, and addresses with a query, must stand in a CSV or in a list of JSON objects")
    }


def test_an_empty_id_is_no_id_of_an_image(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg").text("t.csv", "id,location,label", "p1,1.jpg,cat", " ,2.jpg,dog")

    made = folder.found({"file": "t.csv"})

    assert made.samples["sample_id"].to_pylist() == ["p1"]
    assert [(row["sample_id"], row["reason"], row["detail"]) for row in made.rejections.to_pylist()] == [
        ("2.jpg", "bad_row", "its id is empty")
    ]


@pytest.mark.parametrize(("length", "is_rejected"), [(1000, False), (1001, True)])
@pytest.mark.parametrize("kind", ["single", "many"])
def test_a_label_of_a_thousand_letters_is_one_and_a_longer_one_is_none(
    folder: Folder, kind: Any, length: int, is_rejected: bool
) -> None:
    folder.images("1.jpg", "2.jpg").text("t.csv", "location,label", "1.jpg,cat", f"2.jpg,{'x' * length}")

    made = folder.found({"file": "t.csv"}, kind=kind)

    told = {"2.jpg": ("bad_row", "its label has 1,001 characters")}
    assert rejects(made) == (told if is_rejected else {})


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("single", "has no label; `allow_unlabeled: true` would keep it"),
        (
            "many",
            "has no label; `allow_unlabeled: true` would keep it, `missing_labels` names what says that it has none",
        ),
    ],
)
def test_a_row_without_a_label_says_how_it_would_be_kept(folder: Folder, kind: Any, detail: str) -> None:
    folder.images("1.jpg", "2.jpg").text("t.csv", "location,label", "1.jpg,cat", "2.jpg, ")

    assert rejects(folder.found({"file": "t.csv"}, kind=kind)) == {"2.jpg": ("missing_label", detail)}


@pytest.mark.parametrize("missing", ["none", "NONE "])
def test_what_says_that_there_is_no_label_is_no_label(folder: Folder, missing: str) -> None:
    folder.images("1.jpg", "2.jpg").text("t.csv", "location,label", "1.jpg,cat", f"2.jpg,{missing}")
    is_known = missing == "none"

    single = folder.found({"file": "t.csv"}, missing_labels=["none"], allow_unlabeled=True)
    many = folder.found({"file": "t.csv"}, kind="many", missing_labels=["none"])

    assert labels(single)["2.jpg"] == ("" if is_known else missing.strip())
    assert labels(many)["2.jpg"] == ([] if is_known else missing.strip())


CONFLICT = ("location,label,split", "1.jpg,cat,train", "2.jpg,dog,train", "1.jpg,eel,train", "1.jpg,,train")


def test_rows_that_contradict_each_other_are_named_with_what_they_say(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg").text("t.csv", *CONFLICT)

    made = folder.found({"file": "t.csv"}, allow_unlabeled=True)

    assert labels(made) == {"2.jpg": "dog"}
    assert rejects(made) == {
        "1.jpg": (
            "label_conflict",
            "t.csv, lines 2, 4, 5 disagree about it: no label, cat, eel; `labels.kind: many` takes them all",
        )
    }
    with pytest.raises(LabelFileError) as caught:
        folder.found({"file": "t.csv"}, label_conflict="error", allow_unlabeled=True)
    assert str(caught.value) == (
        "t.csv, lines 2, 4, 5 disagree about '1.jpg': no label, cat, eel. Keep one of them, or set `label_conflict: "
        "reject` or `first` under `source`; `labels.kind: many` takes them all."
    )
    kept = folder.found({"file": "t.csv"}, label_conflict="first", allow_unlabeled=True)
    assert labels(kept) == {"1.jpg": "cat", "2.jpg": "dog"}
    assert not rejects(kept)


def test_rows_that_put_an_image_into_two_splits_are_named_with_these(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg")
    folder.text("t.csv", "location,label,split", "1.jpg,cat,train", "2.jpg,dog,", "1.jpg,cat,test", "1.jpg,cat,")

    assert rejects(folder.found({"file": "t.csv"})) == {
        "1.jpg": ("label_conflict", "t.csv, lines 2, 4, 5 put it into train and test and no split")
    }
    assert rejects(folder.found({"file": "t.csv"}, kind="many")).keys() == {"1.jpg"}
    with pytest.raises(LabelFileError) as caught:
        folder.found({"file": "t.csv"}, label_conflict="error")
    assert str(caught.value) == (
        "t.csv, lines 2, 4, 5 put '1.jpg' into train and test and no split. Keep one of them, or set `label_conflict: "
        "reject` or `first` under `source`."
    )
    kept = folder.found({"file": "t.csv"}, label_conflict="first")
    assert splits(kept) == {"1.jpg": "train", "2.jpg": ""}


def test_of_many_rows_that_contradict_each_other_five_are_named(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg").text("t.csv", "location,label", "2.jpg,x", *(f"1.jpg,k{n}" for n in range(7)))

    [(_, detail)] = rejects(folder.found({"file": "t.csv"})).values()

    assert detail.startswith("t.csv, lines 3, 4, 5, 6, 7 disagree about it: k0, k1, k2, k3, k4; ")


def test_rows_of_two_tables_that_contradict_each_other_are_named_table_by_table(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg")
    folder.text("a.csv", "location,label", "1.jpg,cat", "1.jpg,dog", "2.jpg,dog").text(
        "b.csv", "location,label", "1.jpg,eel"
    )

    [(_, detail)] = rejects(folder.found({"file": "a.csv"}, {"file": "b.csv"})).values()

    assert detail.startswith("a.csv, lines 2, 3 and b.csv, line 2 disagree about it: cat, dog, eel")


def test_each_row_of_a_label_file_is_accounted_for(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg").text(
        "t.csv", "location,label", "1.jpg,cat", "./1.jpg,cat", "2.jpg,dog", "2.jpg,eel", "2.jpg,dog"
    )

    made = found(folder.root / "t.csv")

    assert made.listed == 5
    conflict = "t.csv, lines 4, 5, 6 disagree about it: dog, eel; `labels.kind: many` takes them all"
    assert [(row["label_row"], row["reason"], row["detail"]) for row in made.rejections.to_pylist()] == [
        *((line, "label_conflict", conflict) for line in (4, 5, 6)),
        (3, "duplicate_location", "line 2 names it already"),
    ]  # fmt: skip


def test_several_rows_of_an_image_are_all_its_labels_where_it_may_have_several(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg", "3.jpg").text(
        "t.csv", "location,label", "2.jpg,eel", "1.jpg,dog", "1.jpg,cat", "3.jpg,", "1.jpg,dog", "2.jpg,", "3.jpg,"
    )

    made = folder.found({"file": "t.csv"}, kind="many", missing_labels=["-"])

    assert labels(made) == {"1.jpg": ["dog", "cat"], "2.jpg": "eel"}
    assert rejects(made).keys() == {"3.jpg"}


def test_one_id_of_several_images_is_an_error_that_counts_such_ids(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg", "3.jpg", "4.jpg").text(
        "t.csv", "id,location,label", "p,1.jpg,cat", "q,2.jpg,cat", "p,3.jpg,cat", "q,4.jpg,cat"
    )

    with pytest.raises(LabelFileError) as caught:
        folder.found({"file": "t.csv"})

    assert str(caught.value) == (
        "t.csv, lines 2 and 4: both have the id 'p', and name different images (2 ids do). Call that column otherwise, "
        "or name one `id` that tells every image from the others; without one its location is its id."
    )


def test_images_that_count_in_no_row_are_counted_once(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg", "3.jpg").text(
        "t.csv", "location,label,ok", "1.jpg,cat,1", "2.jpg,cat,0", "2.jpg,dog,0", "1.jpg,dog,0"
    )

    made = folder.found({"file": "t.csv", "columns": {"location": "location", "label": "label"}, "where": {"ok": "1"}})

    assert labels(made) == {"1.jpg": "cat"}
    assert made.ignored == {"filtered": 1, "present but unlisted": 1}


def test_levels_of_a_label_are_joined_in_the_order_of_the_config(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg").text("t.csv", "location,label.breed,label.kind", "1.jpg,manx, cat ", "2.jpg,,dog")

    by_columns, by_config = folder.found({"file": "t.csv"}), folder.found({"file": "t.csv"}, levels=["kind", "breed"])

    assert (by_columns.levels, labels(by_columns)) == (("breed", "kind"), {"1.jpg": "manx/cat", "2.jpg": "dog"})
    assert (by_config.levels, labels(by_config)) == (("kind", "breed"), {"1.jpg": "cat/manx", "2.jpg": "dog"})
    folder.text("one.csv", "location,label.kind", "1.jpg,cat")
    assert folder.found({"file": "one.csv"}).levels == ()


def test_classes_that_look_like_several_are_told_of_once(folder: Folder) -> None:
    folder.images(*(f"{number}.jpg" for number in range(8)))
    folder.text("t.csv", "location,label", *(f"{number}.jpg,a;{number}" for number in range(6)), "6.jpg,b|c", "7.jpg,d")
    said = [notice for notice in folder.found({"file": "t.csv"}).notices if "class names hold" in notice]

    assert said == [
        "7 class names hold `;` or `|` ('a;0', 'a;1', 'a;2', 'a;3', 'a;4'), and each is taken as one class; "
        '`labels: {kind: many, separator: "|"}` would make several of each'
    ]


def test_the_columns_that_are_kept_or_that_group_must_be_there(folder: Folder) -> None:
    folder.images("1.jpg").text("t.csv", "location,label", "1.jpg,cat")

    with pytest.raises(LabelFileError) as caught:
        folder.found({"file": "t.csv"}, keep_columns=["size"])

    assert str(caught.value) == "`keep_columns` names 'size', which no table has. Their columns are location, label."


@pytest.mark.parametrize("mark", [";", "|"])
def test_the_mark_between_several_labels_is_proposed(folder: Folder, mark: str) -> None:
    folder.images("1.jpg").text("t.csv", "location,label", f"1.jpg,{'x' * 70}{mark}b")

    assert folder.found({"file": "t.csv"}).notices == (
        f"1 class names hold `;` or `|` ({'x' * 60!r}), and each is taken as one class; "
        f'`labels: {{kind: many, separator: "{mark}"}}` would make several of each',
    )


def test_files_that_a_table_over_http_names_are_places_on_the_web(folder: Folder) -> None:
    folder.images("a/1 x.jpg", "a/2.jpg").text(
        "t.csv", "location,label", "a/1 x.jpg,cat", "a/2.jpg,dog", "https://h.org/3.jpg,eel"
    )

    with http_index(folder.root) as url:
        made = found(url, layout="tables", tables=[{"file": "t.csv"}])

    assert [(row["kind"], row["location"], row["sample_id"]) for row in made.samples.to_pylist()] == [
        ("web", f"{url}/a/1%20x.jpg", f"{url}/a/1%20x.jpg"),
        ("web", f"{url}/a/2.jpg", f"{url}/a/2.jpg"),
        ("web", "https://h.org/3.jpg", "https://h.org/3.jpg"),
    ]


@pytest.mark.parametrize("name", ["nowhere.csv", "nowhere.parquet"])
def test_a_table_that_is_not_there_is_said_before_a_run(folder: Folder, name: str) -> None:
    folder.images("1.jpg").text("t.csv", "location,label", "1.jpg,cat")
    source = TablesSource.model_validate({"path": str(folder.root), "tables": [{"file": "t.csv"}, {"file": name}]})

    with pytest.raises(LayoutError, match=rf"^There is no label file .*{name}.* Check `file` in `source\.tables`\.$"):
        source.check()
    TablesSource.model_validate({"path": str(folder.root), "tables": [{"file": "t.csv"}, {"listing": "**"}]}).check()


def test_rows_of_one_group_say_so(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg").text("t.csv", "location,label,who", "1.jpg,cat, ann ", "2.jpg,dog,")
    plain = TablesSource.model_validate({"path": str(folder.root), "tables": [{"file": "t.csv"}]})

    grouped = discover_sources([plain.grouped_by("who")], {})

    assert grouped.samples["group"].to_pylist() == ["ann", ""]
    assert discover_sources([plain], {}).samples["group"].to_pylist() == ["", ""]
    with pytest.raises(
        LabelFileError, match=r"^`splits\.group_by` names 'whom', which no table has\. Their columns are "
    ):
        discover_sources([plain.grouped_by("whom")], {})


def test_a_listing_keeps_what_its_paths_say(folder: Folder) -> None:
    folder.images("a/b/1.jpg")

    made = folder.found({"listing": "**", "columns": {"parent": "label"}}, keep_columns=["stem", "parent.2"])

    assert bare(made.samples.to_pylist()) == [
        {"sample_id": "a/b/1.jpg", "kind": "store", "location": "a/b/1.jpg", "label_path": "b", "size": 9,
         "kept": '{"parent_2": "a", "stem": "1"}'}
    ]  # fmt: skip


def test_what_is_known_of_a_source_of_tables_goes_to_the_fetcher(folder: Folder) -> None:
    folder.images("1.jpg").text("t.csv", "location,label", "1.jpg,cat")

    made = folder.found({"file": "t.csv"}, name="pets", follow_links=True, allow_prefixes=["https://h.org/"])

    [access] = made.access
    assert (access.name, access.root.url, access.follow_links) == ("pets", str(folder.root), True)
    assert (access.allow_prefixes, access.label_root) == (("https://h.org/",), access.root)
    assert access.record_formats == {}
    assert made.why == f"t.csv of {folder.root.name}, as the config says"
