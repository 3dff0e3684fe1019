"""How one source's samples are read: which reader a row needs, and what its record says."""

from __future__ import annotations

from functools import cached_property

from tasks.columns import SampleRow
from tasks.fetch.answers import Body, FetchFailure
from tasks.fetch.archived import ArchivedFiles
from tasks.fetch.files import LocalFiles, RecordFiles, RemoteFiles
from tasks.fetch.settings import FetchSettings
from tasks.file_names import decode_name
from tasks.reasons import Reason
from tasks.records import read_location
from tasks.records.embedded import InvalidEmbeddedError, decode_embedded
from tasks.records.examples import read_picture
from tasks.records.packed_images import PLACE_BYTES, place_of
from tasks.records.record_format import RecordFormat
from tasks.records.tfrecords import ExampleError
from tasks.samples import SourceAccess, StoreUrl
from tasks.storage.archives import Archive, Stored, archive_below, archive_of, copy_of, packed_path


class SourceReader:
    """Reads the samples of one source; safe to share between threads."""

    def __init__(self, access: SourceAccess, settings: FetchSettings) -> None:
        self._access = access
        self._settings = settings
        self._packed: dict[str, ArchivedFiles] = {}
        self._formats = {name: RecordFormat.model_validate_json(text) for name, text in access.record_formats.items()}

    @cached_property
    def _files(self) -> LocalFiles | RemoteFiles | ArchivedFiles:
        root = self._access.root
        if (archive := archive_of(self._access.unpacked or root)) is not None:
            return ArchivedFiles(archive, self._settings, is_copy=self._access.unpacked is not None)
        if root.is_local:
            return LocalFiles(root.url, self._settings, follow_links=self._access.follow_links)
        return RemoteFiles(root, self._settings)

    @cached_property
    def _records(self) -> RecordFiles:
        return RecordFiles(self._access.label_root or self._access.root, self._settings, self._access.label_url)

    def is_local(self, row: SampleRow) -> bool:
        """Whether reading *row* touches this machine's disks only."""
        match row["kind"]:
            case "store":
                return self._files.is_local
            case "embedded":
                return (self._access.label_root or self._access.root).is_local
            case _:
                return "://" not in row["location"] or str(row["location"]).startswith("file://")

    def read(self, row: SampleRow) -> tuple[Body, bool]:
        """The bytes of *row*, and whether they are a ``.npy`` file.

        Raises:
            FetchFailure: They cannot be had.
        """
        match row["kind"]:
            case "store":
                return self._read_file(row), False
            case "embedded":
                return self._read_embedded(row)
            case _:
                return self._read_allowed(row["location"]), False

    def _read_file(self, row: SampleRow) -> Body:
        files = self._archived(row["location"]) if row.get("stored") else self._files
        if isinstance(files, LocalFiles):
            return files.read(row["location"])
        if isinstance(files, ArchivedFiles):
            return files.read(Stored.from_text(row["stored"]), row["size"], row["fingerprint"])
        return files.read(row["location"], row["size"], row["fingerprint"])

    def _archived(self, location: str) -> LocalFiles | RemoteFiles | ArchivedFiles:
        """What reads the member *location*: of the archive that the root is, or of one below it."""
        path, _ = packed_path(location)
        if not path or isinstance(self._files, ArchivedFiles):
            return self._files
        if path not in self._packed:
            archive = archive_below(self._access.root, decode_name(path))
            unpacked = self._access.unpacked if archive.compression else None
            if unpacked is not None:
                archive = Archive(archive.kind, "", "", unpacked.child(*copy_of(path).split("/")))
            self._packed[path] = ArchivedFiles(archive, self._settings, is_copy=unpacked is not None)
        return self._packed[path]

    def _read_allowed(self, location: str) -> Body:
        """What a prefix of `source.allow_prefixes` covers."""
        path = location.removeprefix("file://")
        if "://" not in path:
            prefix = next(
                (prefix for prefix in self._access.allow_prefixes if location.startswith(prefix)), "/"
            ).removeprefix("file://")
            folder = prefix if prefix.endswith("/") else prefix.rpartition("/")[0]
            root = folder.rstrip("/")
            return LocalFiles(root, self._settings, follow_links=self._access.follow_links).read(path[len(root) + 1 :])
        folder, _, name = location.rpartition("/")
        return RemoteFiles(StoreUrl(folder, self._access.root.options), self._settings).read(name, -1, "")

    def _location(self, row: SampleRow) -> str:
        """The location as the row's record has it, with all that was not written down."""
        form = self._formats[row["label_file"]]
        data = self._records.read(row["label_file"], row["label_offset"], row["label_length"])
        return read_location(data, form).strip()

    def web_url(self, row: SampleRow) -> str:
        """The address of a web row, with its query and credentials."""
        return str(row["location"]) if row["label_length"] < 0 else self._location(row)

    def _read_packed(self, row: SampleRow) -> Body:
        """An image of a Parquet file or an array, out of the copy that was made of it; `label_offset` is its row."""
        name = row["label_file"]
        offset, length = place_of(self._records.read(name, row["label_offset"] * PLACE_BYTES, PLACE_BYTES))
        data = self._records.read(name, offset, length) if length else b""
        if not data:
            raise FetchFailure(Reason.EMPTY_FILE, "holds no bytes", is_transient=False)
        return Body(data, row["fingerprint"])

    def _read_example(self, row: SampleRow, form: RecordFormat) -> tuple[Body, bool]:
        """An image of a file of framed records, out of its record, whose checksums must hold."""
        data = self._records.read(row["label_file"], row["label_offset"], row["label_length"])
        try:
            pixels = read_picture(data, form)
        except ExampleError as error:
            said = f"the record {error}: the file changed since it was listed"
            raise FetchFailure(Reason.CHANGED_WHILE_READ, said, is_transient=True) from None
        if not pixels.is_array and not pixels.encoded:
            raise FetchFailure(Reason.EMPTY_FILE, "holds no bytes", is_transient=False)
        return Body(pixels.as_bytes(), row["fingerprint"]), pixels.is_array

    def _read_embedded(self, row: SampleRow) -> tuple[Body, bool]:
        form = self._formats[row["label_file"]]
        if form.kind in {"tfrecord", "recordio"}:
            return self._read_example(row, form)
        if form.kind in {"packed", "packed_array"}:
            return self._read_packed(row), form.kind == "packed_array"
        try:
            pixels = decode_embedded(self._location(row), form.embedded)
        except InvalidEmbeddedError as error:
            raise FetchFailure(error.reason, error.detail, is_transient=False) from None
        if not pixels.is_array and not pixels.encoded:
            raise FetchFailure(Reason.EMPTY_FILE, "holds no bytes", is_transient=False)
        return Body(pixels.as_bytes(), row["fingerprint"]), pixels.is_array
