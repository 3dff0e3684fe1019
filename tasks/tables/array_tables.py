"""Tables that are files of arrays: each array a column, of which one may hold the images themselves."""

from __future__ import annotations

from tasks.errors import LabelFileError, LayoutError
from tasks.records.array_files import ArrayShape, arrays_in, first_image, labels_of
from tasks.records.mat_files import is_mat
from tasks.records.record_format import RecordFormat
from tasks.samples import StoreUrl
from tasks.tables.building import TableBuilder
from tasks.tables.names import ColumnChoice
from tasks.tables.of_files import known_of, of_record
from tasks.tables.opening import LabelText, TableFile
from tasks.tables.rows import PIXELS, STAMP
from tasks.tables.settings import TableSettings, is_virtual


def read_arrays(file: TableFile, settings: TableSettings, into: TableBuilder) -> None:
    """The rows of a file of arrays: of images only their places.

    Raises:
        LabelFileError: It cannot be read, lacks an array that is asked for, or some are no images or labels.
    """
    with file.opened_for_arrays() as opened:
        shapes = arrays_in(opened, file.arrays_name)
    chosen = ColumnChoice(settings, into.kept, file.name, list(shapes), by_position=False).choose()
    asked = [str(selector) for selector in chosen.selectors if not is_virtual(str(selector))]
    counts = {name: shapes[name].shape[0] if shapes[name].shape else 1 for name in asked}
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        raise LabelFileError(f"{file.name}: arrays of one table have as many rows each, and these have {shown}.")
    columns = {name: _texts(file, name, shapes[name]) for name in asked if not shapes[name].holds_images}
    image = next((name for name in asked if name not in columns), "")
    compression = "" if is_mat(file.name) else file.compression
    form = RecordFormat(kind="array", compression=compression) if image else None
    first = first_image(shapes, image) if image else 0
    builder = into.open(file.name, chosen.names, chosen.one_hot, form)
    known, stamp = known_of(file, chosen.selectors), file.stamp() if image else ""
    for number in range(max(counts.values(), default=0)):
        values = [
            columns[name][number]
            if name in columns
            else f"{PIXELS}{file.name}#{name}-{number + 1}{STAMP}{stamp}:{number}"
            if name in shapes
            else of_record(name, number, known)
            for name in map(str, chosen.selectors)
        ]
        builder.add(values, number + 1, first + number if image else -1, 1 if image else -1)


def is_of_images(place: StoreUrl) -> bool:
    """Whether *place* is a MATLAB file with an array of images, so that it is no label file."""
    if not is_mat(place.url):
        return False
    try:
        with LabelText(place, "").opened() as opened:
            return any(shape.holds_images for shape in arrays_in(opened, place.url).values())
    except LayoutError:
        return False


def _texts(file: TableFile, name: str, shape: ArrayShape) -> list[str]:
    """The cells of the array *name* of *file*."""
    if not shape.holds_labels:
        raise LabelFileError(
            f"{file.name}: the array {name} is {' × '.join(map(str, shape.shape))} of {shape.dtype}: neither images "
            "(whole numbers: rows × height × width, and 1, 3 or 4 channels at the end) nor one label a row. Save it "
            "as one of them with NumPy."
        )
    with file.opened_for_arrays() as opened:
        return labels_of(opened, file.arrays_name, name)
