"""Whether an output can be used, before any work is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from tasks.errors import OutputError
from tasks.publish.guest import refuse_strangers
from tasks.publish.history import read_history
from tasks.publish.settings import OutputSettings
from tasks.redaction import redact_text
from tasks.samples import StoreUrl
from tasks.storage import WORKPLACE, Store, open_store, redact_url


def check_output(settings: OutputSettings, dataset: str, sources: Sequence[StoreUrl], *, write: bool = True) -> None:
    """Raise `OutputError` where a version of *dataset* cannot be published to the output.

    Args:
        settings: The `output` section.
        dataset: The dataset's name.
        sources: Where the images come from.
        write: Whether to try writing, too.
    """
    for source in sources:
        refuse_overlap(settings.path, source.url)
    store = open_store(settings.place)
    _refuse_others(store, dataset)
    if write:
        _probe(store, settings)


def refuse_overlap(output: str, source: str) -> None:
    """Raise `OutputError` where one of the two lies in the other."""
    out, src = _real(output), _real(source)
    if out == src:
        raise OutputError(
            f"The output {redact_url(output)} is the source itself, where no run may write. Set `output.path` to a "
            "folder of its own."
        )
    if out.startswith(f"{src}/"):
        raise OutputError(
            f"The output {redact_url(output)} lies inside the source {redact_url(source)}, so the next run would take "
            "its own files for images. Set `output.path` to a folder of its own."
        )
    if src.startswith(f"{out}/"):
        raise OutputError(
            f"The source {redact_url(source)} lies inside the output {redact_url(output)}, whose files are managed "
            "here. Set `output.path` to a folder of its own."
        )


def _real(path: str) -> str:
    return path.rstrip("/") if "://" in path else os.path.realpath(path)


def refuse_guests(settings: OutputSettings, dataset: str) -> None:
    """Raise `OutputError` where a local output holds what is not the dataset's; others take the network to look at."""
    store = open_store(settings.place)
    if store.is_local:
        _refuse_others(store, dataset)


def _refuse_others(store: Store, dataset: str) -> None:
    newest = read_history(store).newest
    if newest is None:
        refuse_strangers(store)
    elif newest.dataset != dataset:
        raise OutputError(
            f"The output {redact_url(store.place.url)} holds the dataset {newest.dataset!r}, not {dataset!r}. "
            "Set another `output.path`, or correct `name`."
        )


def _probe(store: Store, settings: OutputSettings) -> None:
    """Create a file twice: the second time must fail, since commits are fenced by that."""
    where = redact_url(settings.path)
    existed = store.is_local and Path(settings.path).is_dir()
    try:
        is_fenced = _creates_once(store)
    except OutputError as error:
        raise OutputError(f"The output {where} cannot be written: {error} Check `output.path`.") from None
    except OSError as error:
        reason = error.strerror or redact_text(" ".join(str(error).split()))[:200] or type(error).__name__
        raise OutputError(f"The output {where} cannot be written: {reason}. Check `output.path`.") from None
    finally:
        if store.is_local and not existed:
            _remove_empty(Path(settings.path))
    if not (is_fenced or settings.single_writer):
        raise OutputError(
            f"The output {where} cannot create a file only if it is absent, so two runs could overwrite each other. "
            "If only one run ever writes to it, set `output.single_writer: true`."
        )


def _creates_once(store: Store) -> bool:
    """Whether the store refuses to create a file that is there."""
    name = f"probe-{uuid4().hex}"
    folder = f"{WORKPLACE}/{name}"
    with store.claim(folder):
        store.create(f"{folder}/file", f"{name} 1".encode())
        try:
            store.create(f"{folder}/file", f"{name} 2".encode())
        except FileExistsError:
            return store.is_fenced
    return False


def _remove_empty(root: Path) -> None:
    """Remove the folders that probing made: an output appears with its first run, not with a check."""
    with suppress(OSError):
        (root / WORKPLACE).rmdir()
        root.rmdir()
