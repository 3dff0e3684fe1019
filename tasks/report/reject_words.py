"""What each reason for leaving an image out means, in half a sentence for a person who looks at a page."""

from __future__ import annotations

from tasks.reasons import Reason

MEANINGS = {
    Reason.NO_LABEL: "it lies in no class folder: move it, or set `allow_unlabeled: true`",
    Reason.MISSING_LABEL: "its label cell is empty: fill it, or set `allow_unlabeled: true`",
    Reason.UNKNOWN_CLASS: "its class is not in the class list of the config",
    Reason.UNKNOWN_SPLIT: "its split is no known word: `splits.names` maps it",
    Reason.LABEL_CONFLICT: "several records label it differently; `source.label_conflict` chooses",
    Reason.UNEVEN_DEPTH: "it lies beside folders that are classes; `source.uneven` says what it is",
    Reason.OUTSIDE_ROOT: "its place leads out of the source; `source.allow_prefixes` lists what may be read besides",
    Reason.BAD_ROW: "its record cannot be read: mend the line that is named",
    Reason.DUPLICATE_KEY: "its JSON object has a key twice",
    Reason.EMBEDDED_PLACEHOLDER: "its cell holds dots in the place of pixels",
    Reason.EMBEDDED_RAGGED: "the rows of its pixels differ in length",
    Reason.EMBEDDED_BAD_VALUE: "its pixels hold something that is no number",
    Reason.EMBEDDED_OUT_OF_RANGE: "a pixel is beyond the range; see `value_range` and `bit_depth`",
    Reason.QUARANTINED_NEW_CLASS: "its class is new, and `labels.on_new_class` is `quarantine`",
    Reason.NO_PATTERN: "`pattern` does not fit its path or cell",
    Reason.NO_MATCH: "a cell that another table is joined on names no row there",
    Reason.AMBIGUOUS_MATCH: "its cell names several files",
    Reason.BAD_TARGET: "its label is no finite number, and `labels.kind` is `number`",
    Reason.PURGED: "it was taken out for good by `parquetry purge`",
    Reason.NOT_FOUND: "there is no such file or address",
    Reason.FORBIDDEN: "the store or server refuses to give it",
    Reason.TIMEOUT: "no whole answer came in time; it is asked for again",
    Reason.UNREACHABLE: "no connection, or a read error of the disk; it is asked for again",
    Reason.TOO_MANY_BYTES: "its file is larger than `fetch.max_bytes`",
    Reason.SHORT_BODY: "the answer ended before its end; it is asked for again",
    Reason.BAD_SCHEME: "its address is neither http nor https, or not plain",
    Reason.PRIVATE_ADDRESS: "it leads into a private network; `fetch.allow_hosts` may allow its host",
    Reason.NOT_A_REGULAR_FILE: "it is a folder, device or pipe",
    Reason.CHANGED_WHILE_READ: "its file changed while it was read; it is asked for again",
    Reason.DNS: "its host's name is not known; it is asked for again",
    Reason.TLS: "its host's certificate is not good; it is asked for again",
    Reason.HTTP_ERROR: "the server answered with an error; it is asked for again",
    Reason.DEFERRED: "the server asked to wait, or its host is down; it is asked for again",
    Reason.PARKED: "it failed for 30 days; `run --rehash` asks for it again",
    Reason.EMPTY_FILE: "its file has no byte",
    Reason.NOT_AN_IMAGE: "its content is no image that is known, whatever its name says",
    Reason.EXTENSION_MISMATCH: "its content is of another format than its name says",
    Reason.FORMAT_NOT_ALLOWED: "its format is not in `validation.formats`, or needs an extra",
    Reason.TRUNCATED: "its file ends too early: copy it again from where it came from",
    Reason.TOO_MANY_PIXELS: "it is larger than `validation.max_pixels`",
    Reason.UNSUPPORTED_MODE: "its pixels have a form without a plain meaning, such as floats without a range",
    Reason.TOO_SMALL: "a side is shorter than `validation.min_side`",
    Reason.BAD_ASPECT: "it is longer and narrower than `validation.max_aspect`",
    Reason.DECODE_ERROR: "its data are damaged",
    Reason.DECODER_LIMIT: "decoding it takes more time or memory than `validation` allows, each time",
    Reason.DUPLICATE_CONTENT: "another row has the same bytes, and `output.dedupe` is `content`",
    Reason.DUPLICATE_LOCATION: "another record names it already",
}


def meaning_of(reason: str) -> str:
    """What *reason* means; empty of a word that is none, as only a later version would write it."""
    return MEANINGS[Reason(reason)] if reason in MEANINGS else ""
