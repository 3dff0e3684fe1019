"""What each reason for leaving an image out means, in half a sentence for a person who looks at a page."""

from __future__ import annotations

from tasks.reasons import Reason

MEANINGS = {
    Reason.NO_LABEL: "it lies in no class folder: move it, or set `allow_unlabeled: true`",
    Reason.MISSING_LABEL: "its label cell is empty: fill it, or set `allow_unlabeled: true`",
    Reason.UNKNOWN_CLASS: "its class is not in `labels.class_order`: add the class, or correct the label",
    Reason.UNKNOWN_SPLIT: "its split is an unknown word: `splits.names` says what it means",
    Reason.LABEL_CONFLICT: "several records give it different labels: correct them, or set `source.label_conflict`",
    Reason.UNEVEN_DEPTH: "it lies beside class folders: move it, or choose its label by `source.uneven`",
    Reason.OUTSIDE_ROOT: "it lies outside of the source: `source.allow_prefixes` lists what else may be read",
    Reason.BAD_ROW: "its record cannot be read: correct the line that is named",
    Reason.DUPLICATE_KEY: "its JSON object has the same key twice: remove one",
    Reason.EMBEDDED_PLACEHOLDER: "its cell holds dots where pixels should be: write the file again, with all pixels",
    Reason.EMBEDDED_RAGGED: "the rows of its pixels differ in length",
    Reason.EMBEDDED_BAD_VALUE: "its pixels hold something that is not a number",
    Reason.EMBEDDED_OUT_OF_RANGE: "a pixel is out of range: see `value_range` and `bit_depth`",
    Reason.QUARANTINED_NEW_CLASS: "its class is new, and `labels.on_new_class` is `quarantine`",
    Reason.NO_PATTERN: "`pattern` does not match its path or cell",
    Reason.NO_MATCH: "another table has no row for a cell that the two tables are joined on",
    Reason.AMBIGUOUS_MATCH: "its cell names several files",
    Reason.BAD_TARGET: "its label is not a finite number, and `labels.kind` is `number`",
    Reason.PURGED: "`parquetry purge` removed it for good",
    Reason.NOT_FOUND: "there is no such file or address",
    Reason.FORBIDDEN: "the store or server refuses access: check the credentials and rights",
    Reason.TIMEOUT: "no complete answer came in time; it is asked for again",
    Reason.UNREACHABLE: "no connection, or a read error of the disk; it is asked for again",
    Reason.TOO_MANY_BYTES: "its file is larger than `fetch.max_bytes`",
    Reason.SHORT_BODY: "the answer was cut short; it is asked for again",
    Reason.BAD_SCHEME: "its address is not http or https, or is malformed",
    Reason.PRIVATE_ADDRESS: "its address leads into a private network: `fetch.allow_hosts` can allow the host",
    Reason.NOT_A_REGULAR_FILE: "it is a folder, device or pipe",
    Reason.CHANGED_WHILE_READ: "its file changed while it was read; it is asked for again",
    Reason.DNS: "the name of its host is unknown; it is asked for again",
    Reason.TLS: "the certificate of its host is not valid; it is asked for again",
    Reason.HTTP_ERROR: "the server answered with an error; it is asked for again",
    Reason.DEFERRED: "the server asked to wait, or the host is down; it is asked for again",
    Reason.PARKED: "it failed for 30 days: `run --rehash` asks for it again",
    Reason.EMPTY_FILE: "its file is empty",
    Reason.NOT_AN_IMAGE: "its content is not an image in a known format, whatever its name says",
    Reason.EXTENSION_MISMATCH: "its content is not the format of its name, and `validation.strict_extensions` is on",
    Reason.FORMAT_NOT_ALLOWED: "its format is not in `validation.formats`, or needs an extra",
    Reason.TRUNCATED: "its file is cut short: copy it again from where it came from",
    Reason.TOO_MANY_PIXELS: "it is larger than `validation.max_pixels`",
    Reason.UNSUPPORTED_MODE: "its pixels have no one meaning, such as floats without `resize.value_range`",
    Reason.TOO_SMALL: "a side is shorter than `validation.min_side`",
    Reason.BAD_ASPECT: "it is longer and narrower than `validation.max_aspect` allows",
    Reason.DECODE_ERROR: "its data is damaged",
    Reason.DECODER_LIMIT: "it takes more time or memory to decode than `validation` allows, every time",
    Reason.DUPLICATE_CONTENT: "another row has the same bytes, and `output.dedupe` is `content`",
    Reason.DUPLICATE_LOCATION: "another record names it already",
}


def meaning_of(reason: str) -> str:
    """What *reason* means; empty of a word that is none, as only a later version would write it."""
    return MEANINGS[Reason(reason)] if reason in MEANINGS else ""
