"""What the flows beside the refresh share: the end of one in Prefect's terms, a state and one log line."""

from __future__ import annotations

import logging

from prefect.client.schemas import State
from prefect.logging import get_run_logger
from prefect.states import Completed, Failed

from flows.display.announcing import emit
from tasks.errors import DatasetError
from tasks.json_values import JsonObject
from tasks.redaction import redact_text
from tasks.wording import one_line


def well(word: str, name: str, sentence: str, facts: JsonObject) -> State[JsonObject]:
    """The end of a run that came to what it should: a completed state named *word*."""
    return Completed(name=word, message=_told(logging.INFO, word, name, sentence, facts), data=facts)


def badly(word: str, name: str, sentence: str, facts: JsonObject) -> State[JsonObject]:
    """The end of a run that somebody must look at: a failed state named *word*."""
    line = _told(logging.ERROR, word, name, sentence, facts)
    return Failed(name=word, message=line, data=DatasetError(line))


def _told(level: int, word: str, name: str, sentence: str, facts: JsonObject) -> str:
    """The line of such an end, after it was logged and an event emitted."""
    line = one_line(redact_text(f"{word.lower()} {name}: {sentence}"))
    get_run_logger().log(level, line)
    emit(word.lower(), name, line, facts)
    return line
