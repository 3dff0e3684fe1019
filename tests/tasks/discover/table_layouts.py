"""Layouts of images with tables beside them, written as those of `layouts.py`: to report one, add an entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.tasks.discover.layouts import Layout

PETS = ("cat", "dog", "eel")


def rows(name: str, *lines: str) -> str:
    """The file *name*, of these lines."""
    return f"{name}:" + "".join(f"{line}\n" for line in lines)


def images(form: str, labels: Iterable[str], split: str = "", first: int = 1) -> tuple[str, ...]:
    """An image for each of *labels*, whose number stands in *form*."""
    end = f" @ {split}" if split else ""
    return tuple(f"{form.format(at)} = {label}{end}" for at, label in enumerate(labels, first))


def pets(count: int, kinds: Sequence[str] = PETS) -> list[str]:
    """So many labels, one after the other."""
    return [kinds[at % len(kinds)] for at in range(count)]


TABLE_LAYOUTS = [
    # tables that call images by a part of their names
    Layout(
        "numbers that names have zeros before",
        (
            *images("shots/img_{:04}.png", pets(9)),
            rows("kinds.csv", "id,label", *(f"{n},{PETS[(n - 1) % 3]}" for n in range(1, 10))),
        ),
    ),
    Layout(
        "names that a table has without their ends",
        (
            *(f"shots/{c}_s.png = {PETS[at % 3]}" for at, c in enumerate("abcdefghi")),
            rows("kinds.csv", "subject,label", *(f"{c}.jpg,{PETS[at % 3]}" for at, c in enumerate("abcdefghi"))),
        ),
    ),
    Layout(
        "numbers in two splits, of which a table is about one",
        (
            *images("imgs/train_{:02}.png", pets(8), "train"),
            "imgs/test_{01-08}.png ?",
            rows("train.csv", "id,label", *(f"{n},{PETS[(n - 1) % 3]}" for n in range(1, 9))),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "numbers and a class a column",
        (
            *images("shots/x{:03}.png", pets(9)),
            rows(
                "kinds.csv",
                "image,cat,dog,eel",
                *(f"{n},{','.join(str(int((n - 1) % 3 == k)) for k in range(3))}" for n in range(1, 10)),
            ),
        ),
    ),
    Layout(
        "numbers without a header",
        (
            *images("shots/img_{:04}.png", pets(9)),
            rows("kinds.csv", *(f"{n},{PETS[(n - 1) % 3]}" for n in range(1, 10))),
        ),
    ),
    Layout(
        "numbers of rows that are not those of files",
        (
            *images("shots/img_{:04}.png", pets(9), first=0),
            rows("kinds.csv", "id,label", *(f"{n},{PETS[n % 3]}" for n in range(1, 10))),
        ),
        refused="ambiguous_layout",
    ),
    # tables whose columns together make up the names
    Layout(
        "patients and eyes that make up the names",
        (
            *(
                f"scans/p{p}/{eye}.png = {PETS[(p + at) % 3]}"
                for p in range(1, 6)
                for at, eye in enumerate(("left", "right"))
            ),
            rows(
                "eyes.csv",
                "patient,side,grade",
                *(f"p{p},{eye},{PETS[(p + at) % 3]}" for p in range(1, 6) for at, eye in enumerate(("left", "right"))),
            ),
        ),
    ),
    Layout(
        "columns that make up the names, and a class a column",
        (
            *(f"scans/{p}_{n}.png ?" for p in ("ab", "cd", "ef") for n in (11, 12, 13)),
            rows(
                "t.csv",
                "who,shot,cat,dog,eel",
                *(
                    f"{p},{n},{','.join(str(int((n + at) % 3 == k)) for k in range(3))}"
                    for at, p in enumerate(("ab", "cd", "ef"))
                    for n in (11, 12, 13)
                ),
            ),
        ),
        refused="ambiguous_layout",
    ),
    # lists of one class each
    Layout(
        "a list of each class and split",
        (
            *(f"pics/{k}{n}.jpg = {k} @ {'train' if n < 4 else 'test'}" for k in PETS for n in range(6)),
            *(
                rows(f"lists/{k}_{s}.txt", *(f"{k}{n}.jpg" for n in r))
                for k in PETS
                for s, r in (("train", range(4)), ("test", range(4, 6)))
            ),
        ),
    ),
    Layout(
        "a list of each class with ones and zeros",
        (
            *(f"pics/{n}.jpg ?" for n in range(9)),
            *(rows(f"{k}_train.txt", *(f"{n} {1 if PETS[n % 3] == k else 0}" for n in range(9))) for k in PETS),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "lists of classes of which images have several",
        (
            "pics/{1-8}.jpg ?",
            rows("cat_train.txt", *(f"{n}.jpg" for n in range(1, 6))),
            rows("dog_train.txt", *(f"{n}.jpg" for n in range(4, 9))),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "lists of classes that name more than images",
        (
            "pics/{1-8}.jpg ?",
            rows("cat_train.txt", *(f"{n}.jpg" for n in range(1, 5)), "gone.jpg"),
            rows("dog_train.txt", *(f"{n}.jpg" for n in range(5, 9))),
        ),
        refused="no_labels",
    ),
    # names of classes
    Layout(
        "numbers of classes, which a list names from 0",
        (
            *images("shots/s{}.jpg", pets(9)),
            rows("labels.csv", "file,class_id", *(f"s{n}.jpg,{(n - 1) % 3}" for n in range(1, 10))),
            rows("classes.txt", "cat", "dog", "eel"),
        ),
    ),
    Layout(
        "numbers of classes, which a list names from 1",
        (
            *images("shots/s{}.jpg", pets(9)),
            rows("labels.csv", "file,label", *(f"s{n}.jpg,{(n - 1) % 3 + 1}" for n in range(1, 10))),
            rows("names.txt", "cat", "dog", "eel"),
        ),
    ),
    Layout(
        "codes of classes, which a table names",
        (
            *images("shots/s{}.jpg", pets(9)),
            rows("labels.csv", "file,label", *(f"s{n}.jpg,n0{(n - 1) % 3}" for n in range(1, 10))),
            rows("wordnet.csv", "code,name,colour", "n00,cat,#ff0000", "n01,dog,#00ff00", "n02,eel,#0000ff"),
        ),
    ),
    Layout(
        "codes of classes, which two tables name otherwise",
        (
            *(f"shots/s{n}.jpg = n0{n % 3}" for n in range(1, 10)),
            rows("labels.csv", "file,label", *(f"s{n}.jpg,n0{n % 3}" for n in range(1, 10))),
            rows("english.csv", "code,name", "n00,cat", "n01,dog", "n02,eel"),
            rows("latin.csv", "code,name", "n00,felis", "n01,canis", "n02,anguilla"),
        ),
    ),
    # rows in doubt
    Layout(
        "rows that a status takes back",
        (
            "shots/s{1-9}.jpg ?",
            rows(
                "labels.csv",
                "file,label,status",
                *(f"s{n}.jpg,{PETS[n % 3]},{'rejected' if n == 9 else 'done'}" for n in range(1, 10)),
            ),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "rows that a flag takes back",
        (
            "shots/s{1-9}.jpg ?",
            rows(
                "labels.csv",
                "file,label,accepted",
                *(f"s{n}.jpg,{PETS[n % 3]},{int(n != 9)}" for n in range(1, 10)),
            ),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "rows that say yes to being ignored",
        (
            "shots/s{1-9}.jpg ?",
            rows(
                "labels.csv",
                "file,label,ignored",
                *(f"s{n}.jpg,{PETS[n % 3]},{'yes' if n == 9 else 'no'}" for n in range(1, 10)),
            ),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "several rows of an image, of which ones count",
        (
            "shots/s{1-6}.jpg ?",
            rows(
                "labels.csv",
                "file,label,present",
                *(f"s{n}.jpg,{k},{int(PETS[n % 3] == k)}" for n in range(1, 7) for k in PETS),
            ),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "a row of each reader",
        (
            "shots/s{1-6}.jpg ?",
            rows(
                "labels.csv",
                "file,label,reader",
                *(
                    f"s{n}.jpg,{PETS[(n + (r == 'ann' and n == 3)) % 3]},{r}"
                    for n in range(1, 7)
                    for r in ("ann", "bob")
                ),
            ),
        ),
        refused="ambiguous_layout",
    ),
    # folders of some splits, and tables of the others
    Layout(
        "a flat split whose table has the folders' classes",
        (
            *(f"train/{k}/{k}{n}.jpg = {k} @ train" for k in PETS for n in range(3)),
            *(f"val/v{n}.jpg = {PETS[n % 3]} @ validation" for n in range(6)),
            rows("val.csv", "file,label", *(f"v{n}.jpg,{PETS[n % 3]}" for n in range(6))),
        ),
    ),
    Layout(
        "a flat split whose table says more behind the folders' classes",
        (
            *(f"train/{k}/{k}{n}.jpg = {k} @ train" for k in PETS for n in range(3)),
            *(f"val/v{n}.jpg = {PETS[n % 3]} @ validation" for n in range(6)),
            rows("val.csv", "file,answer", *(f"v{n}.jpg,{PETS[n % 3]} 1 2 30 40" for n in range(6))),
        ),
    ),
    # tables of whole folders
    Layout(
        "a table of the folders of patients",
        (
            *(f"scans/patient{p}/{n}.png = {PETS[p % 3]}" for p in range(11, 18) for n in range(2)),
            rows("patients.csv", "folder,diagnosis", *(f"patient{p},{PETS[p % 3]}" for p in range(11, 18))),
        ),
    ),
    Layout(
        "tables of folders for two splits, whose paths end in a slash",
        (
            *(
                f"{s}/patient{p}/study1/{n}.png = {PETS[p % 2]} @ {s}"
                for s, r in (("train", range(11, 18)), ("test", range(21, 25)))
                for p in r
                for n in range(2)
            ),
            *(
                rows(f"{s}.csv", *(f"{s}/patient{p}/study1/,{PETS[p % 2]}" for p in r))
                for s, r in (("train", range(11, 18)), ("test", range(21, 25)))
            ),
        ),
    ),
    Layout(
        "a table of folders that could be classes themselves",
        (
            *(f"{k}/{n}.png = {k}" for k in ("oak", "elm", "fir", "yew") for n in range(3)),
            rows("trees.csv", "tree,kind", "oak,leaf", "elm,leaf", "fir,needle", "yew,needle"),
        ),
    ),
    # tables joined by numbers
    Layout(
        "numbers of images that join two lists",
        (
            *images("photos/p{}.jpg", pets(9)),
            rows("images.csv", "image_id,file", *(f"{n},p{n}.jpg" for n in range(1, 10))),
            rows("labels.csv", "image_id,label", *(f"{n},{PETS[(n - 1) % 3]}" for n in range(1, 10))),
        ),
    ),
    Layout(
        "studies that images share, and their labels",
        (
            *(f"photos/p{n}.jpg = {PETS[n // 2 % 3]}" for n in range(12)),
            rows("images.csv", "file,study_id", *(f"p{n}.jpg,s{n // 2}" for n in range(12))),
            rows("studies.csv", "study_id,label", *(f"s{n},{PETS[n % 3]}" for n in range(6))),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "studies that images share, and a class a column",
        (
            *(f"photos/p{n}.jpg = {PETS[n // 2 % 3]}" for n in range(12)),
            rows("images.csv", "file,study_id", *(f"p{n}.jpg,s{n // 2}" for n in range(12))),
            rows(
                "studies.csv",
                "study_id,cat,dog,eel",
                *(f"s{n},{','.join(str(int(n % 3 == k)) for k in range(3))}" for n in range(6)),
            ),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "places that are each in one split",
        (
            *(f"photos/p{n}.jpg = {PETS[n % 3]} @ {'train' if n // 3 < 3 else 'test'}" for n in range(12)),
            rows("images.csv", "file,label,place", *(f"p{n}.jpg,{PETS[n % 3]},x{n // 3}" for n in range(12))),
            rows("places.csv", "site,split", "x0,train", "x1,train", "x2,train", "x3,test"),
        ),
    ),
    # one table a split
    Layout(
        "a table for each split",
        (
            *images("photos/p{}.jpg", pets(9), "train"),
            *images("photos/p{}.jpg", pets(6), "test", 10),
            rows("train.csv", "file,label", *(f"p{n}.jpg,{PETS[(n - 1) % 3]}" for n in range(1, 10))),
            rows("test.csv", "file,label", *(f"p{n}.jpg,{PETS[(n - 10) % 3]}" for n in range(10, 16))),
        ),
    ),
    Layout(
        "tables of two splits with columns of their own",
        (
            *images("photos/p{}.jpg", pets(9), "train"),
            *images("photos/p{}.jpg", pets(6), "test", 10),
            rows("train.csv", "file,label,zoom", *(f"p{n}.jpg,{PETS[(n - 1) % 3]},{n}" for n in range(1, 10))),
            rows("test.csv", "picture,label", *(f"p{n}.jpg,{PETS[(n - 10) % 3]}" for n in range(10, 16))),
        ),
    ),
    Layout(
        "a table of training and validation at once, beside one of each",
        (
            *images("photos/p{}.jpg", pets(6), "train"),
            *images("photos/p{}.jpg", pets(6), "validation", 7),
            rows("train.csv", "file,label", *(f"p{n}.jpg,{PETS[(n - 1) % 3]}" for n in range(1, 7))),
            rows("val.csv", "file,label", *(f"p{n}.jpg,{PETS[(n - 7) % 3]}" for n in range(7, 13))),
            rows("trainval.csv", "file,label", *(f"p{n}.jpg,{PETS[(n - 1) % 3]}" for n in range(1, 13))),
        ),
    ),
    Layout(
        "a list without a word beside one of the test",
        (
            *images("photos/p{}.jpg", pets(9), "train"),
            *images("photos/p{}.jpg", pets(6), "test", 10),
            rows("pets.csv", "file,label", *(f"p{n}.jpg,{PETS[(n - 1) % 3]}" for n in range(1, 10))),
            rows("pets_test.csv", "file,label", *(f"p{n}.jpg,{PETS[(n - 10) % 3]}" for n in range(10, 16))),
        ),
    ),
    Layout(
        "folds that take turns",
        (
            "photos/p{1-9}.jpg ?",
            *(
                rows(
                    f"fold{f}_{s}.csv",
                    "file,label",
                    *(f"p{n}.jpg,{PETS[n % 3]}" for n in range(1, 10) if (n % 3 == f) == (s == "test")),
                )
                for f in range(3)
                for s in ("train", "test")
            ),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "names that lie in two splits, each with a table",
        (
            *images("train/{}.jpg", pets(6), "train"),
            *images("test/{}.jpg", pets(6, ("dog", "cat", "eel")), "test"),
            rows("train.csv", "file,label", *(f"{n}.jpg,{PETS[(n - 1) % 3]}" for n in range(1, 7))),
            rows("test.csv", "file,label", *(f"{n}.jpg,{('dog', 'cat', 'eel')[(n - 1) % 3]}" for n in range(1, 7))),
        ),
    ),
    Layout(
        "a column of the folder, and one of the name in it",
        (
            *(
                f"photos/{day}/{n}.jpg = {PETS[(at + n) % 3]}"
                for at, day in enumerate(("mon", "tue", "wed"))
                for n in range(1, 5)
            ),
            rows(
                "labels.csv",
                "day,file,label",
                *(
                    f"{day},{n}.jpg,{PETS[(at + n) % 3]}"
                    for at, day in enumerate(("mon", "tue", "wed"))
                    for n in range(1, 5)
                ),
            ),
        ),
    ),
    Layout(
        "a table of a competition, whose sample asks for one of its columns",
        (
            *images("train/t{}.jpg", pets(9)),
            "test/u{1-4}.jpg ?",
            rows(
                "train.csv",
                "name,kind,colour",
                *(f"t{n}.jpg,{PETS[(n - 1) % 3]},{('red', 'blue')[n % 2]}" for n in range(1, 10)),
            ),
            rows("sample_submission.csv", "name,kind", *(f"u{n}.jpg,cat" for n in range(1, 5))),
        ),
    ),
    Layout(
        "several labels in one split, and one each in another",
        (
            "photos/p{1-9}.jpg ?",
            "photos/q{1-6}.jpg ?",
            rows("train.csv", "file,labels", *(f"p{n}.jpg,{('cat|dog', 'dog', 'cat')[n % 3]}" for n in range(1, 10))),
            rows("test.csv", "picture,labels", *(f"q{n}.jpg,{('cat', 'dog')[n % 2]}" for n in range(1, 7))),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "tables of two splits, of which one tells images by their folder",
        (
            *(f"photos/{day}/{n}.jpg = {PETS[n % 3]} @ train" for day in ("mon", "tue") for n in range(1, 7)),
            *(f"photos/q{n}.jpg = {PETS[n % 3]} @ test" for n in range(1, 7)),
            rows(
                "train.csv",
                "day,file,label",
                *(f"{d},{n}.jpg,{PETS[n % 3]}" for d in ("mon", "tue") for n in range(1, 7)),
            ),
            rows("test.csv", "picture,label", *(f"q{n}.jpg,{PETS[n % 3]}" for n in range(1, 7))),
        ),
    ),
    Layout(
        "two tables whose columns make up the names",
        (
            *(f"scans/{p}_{n}.png ?" for p in ("ab", "cd", "ef") for n in (11, 12, 13)),
            *(
                rows(
                    f"{t}.csv",
                    f"who,shot,{t}",
                    *(f"{p},{n},{PETS[(n + k) % 3]}" for k, p in enumerate(("ab", "cd", "ef")) for n in (11, 12, 13)),
                )
                for t in ("grade", "kind")
            ),
        ),
        refused="ambiguous_layout",
    ),
    # what could be labels
    Layout(
        "several columns that could be labels, and a number",
        (
            "photos/p{1-8}.jpg ?",
            rows(
                "t.csv",
                "file,colour,age_months,weather",
                *(
                    f"p{n}.jpg,{('red', 'blue')[n % 2]},{n * 7 + 0.5},{('sun', 'rain')[n // 4 % 2]}"
                    for n in range(1, 9)
                ),
            ),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "splits in a column of words of its own",
        (
            *(f"photos/p{n}.jpg = {PETS[n % 3]} @ {('train', 'test')[n // 6]}" for n in range(12)),
            rows(
                "t.csv",
                "file,label,in_training",
                *(f"p{n}.jpg,{PETS[n % 3]},{('yes', 'no')[n // 6]}" for n in range(12)),
            ),
        ),
    ),
    Layout(
        "splits of a kind that only some know",
        (
            *(f"photos/p{n}.jpg = {PETS[n % 3]} @ {('train', 'query', 'gallery')[n // 6]}" for n in range(18)),
            rows(
                "t.csv",
                "file,label,part",
                *(f"p{n}.jpg,{PETS[n % 3]},{('train', 'query', 'gallery')[n // 6]}" for n in range(18)),
            ),
        ),
    ),
    Layout(
        "splits that are numbered, and nobody knows how",
        (
            "photos/p{0-11}.jpg ?",
            rows(
                "t.csv", "file,label,fold,split", *(f"p{n}.jpg,{PETS[n % 3]},{n % 5},{int(n > 8)}" for n in range(12))
            ),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "labels in one cell, behind a sign",
        (
            "photos/p{1-8}.jpg ?",
            rows(
                "t.csv",
                "file,labels",
                *(f"p{n}.jpg,{('cat|dog', 'dog', 'cat', 'cat|dog|eel')[n % 4]}" for n in range(1, 9)),
            ),
        ),
        refused="ambiguous_layout",
    ),
    Layout(
        "a class in a file beside each image",
        (
            *(f"shots/{n:03}.jpg = {PETS[n % 3]}" for n in range(9)),
            *(f"shots/{n:03}.cls:{PETS[n % 3]}" for n in range(9)),
        ),
    ),
    Layout(
        "boxes of one class in some images",
        (
            "shots/{1-6}.jpg ?",
            *(f"shots/{n}.txt:0 0.5 0.5 0.1 0.1\n" for n in range(1, 5)),
        ),
        refused="ambiguous_layout",
    ),
]
