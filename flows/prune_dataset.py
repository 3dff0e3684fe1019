"""The flow that deletes what no kept version of a dataset needs any more."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas import State

from flows.config import load_config
from flows.display.announcing import announce_failure, silence_known_failures
from flows.display.endings import well
from flows.prefect_steps import PrefectSteps
from flows.run_names import dataset_name
from tasks.errors import DatasetError
from tasks.json_values import JsonObject
from tasks.publish import OutputSettings
from tasks.publish.derived.repair import refresh_derived
from tasks.publish.retention import Garbage, prune
from tasks.redaction import redact_url
from tasks.storage import Store, open_store
from tasks.wording import counted, size_text


def _run_name() -> str:
    return f"prune {dataset_name()}"


@flow(name="prune-dataset", flow_run_name=_run_name, persist_result=False, result_serializer="json")
def prune_dataset(config: str) -> State[JsonObject]:
    """Delete files that no kept version needs, once they are older than the output's grace.

    Args:
        config: The place of the dataset's YAML config: a path or any fsspec URL.

    Returns:
        A final state named Pruned.
    """
    silence_known_failures()
    name, root = dataset_name(), ""
    try:
        dataset = load_config(config)
        name, root = dataset.name, redact_url(dataset.output.path)
        store = open_store(dataset.store)
        gone = PrefectSteps(dataset.run).step("prune", lambda: _delete(store, dataset.output))
    except DatasetError as error:
        return announce_failure(error, name, config, root)
    sentence = f"{counted(len(gone.files), 'file')} deleted, {size_text(gone.bytes)}{gone.waiting_text}"
    return well("Pruned", name, sentence, {"root": root, "files": len(gone.files), "bytes": gone.bytes})


def _delete(store: Store, settings: OutputSettings) -> Garbage:
    refresh_derived(store, settings)  # nobody is led to what goes
    return prune(store, settings)
