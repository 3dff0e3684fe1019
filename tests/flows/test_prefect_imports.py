from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from typing import Any

from flows.commands.prefect_at_hand import UNUSED

DEFERRED = """
import json, sys
from flows.commands.prefect_at_hand import OPTIONAL, UNUSED
from tasks.quick_imports import defer
defer(UNUSED, OPTIONAL)
def unread():
    return sorted(name for name in UNUSED if type(sys.modules.get(name)).__name__ == "_Deferred")
"""
USES = """
import flows.refresh_dataset
from fastapi.encoders import jsonable_encoder
assert jsonable_encoder({"config": "pets.yaml"}) == {"config": "pets.yaml"}
seen = [unread()]
from prefect.utilities.names import generate_slug
generate_slug(2)
seen.append(unread())
from prefect.blocks.webhook import Webhook
Webhook(url="https://images.example/hook")
seen.append(unread())
from prefect.blocks.notifications import SlackWebhook
SlackWebhook.get_block_type_slug()
seen.append(unread())
import jsonschema
jsonschema.validate(1, {"type": "integer"})
seen.append(unread())
from fastapi import FastAPI
FastAPI()
seen.append(unread())
import httpcore
from httpcore._sync.http2 import HTTP2Connection
HTTP2Connection(httpcore.Origin(b"http", b"images.example", 80), httpcore.MockStream([]))
seen.append(unread())
print(json.dumps(seen))
"""


def answer(script: str) -> Any:
    """What *script* prints as JSON, in an interpreter of its own that takes warnings for errors."""
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", DEFERRED + script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_prefect_and_the_flow_are_imported_without_reading_what_no_run_uses_and_whoever_uses_it_reads_it() -> None:
    left, *after = answer(USES)

    assert left == sorted(UNUSED)
    assert [sorted(set(before) - set(then)) for before, then in pairwise([left, *after])] == [
        ["coolname"],
        ["prefect.blocks.webhook"],
        ["prefect.blocks.notifications"],
        ["jsonschema"],
        ["fastapi"],
        ["h2.connection", "h2.events", "h2.exceptions", "h2.settings"],
    ]


def test_a_deferred_module_has_no_more_than_it_has() -> None:
    script = "import coolname\nprint(json.dumps([hasattr(coolname, 'no_such_name'), unread()]))"

    assert answer(script) == [False, []]


def test_threads_that_meet_at_a_deferred_module_all_find_it_whole() -> None:
    script = (
        "import coolname\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(8) as threads:\n"
        "    found = list(threads.map(lambda _: coolname.generate_slug(2), range(64)))\n"
        "print(json.dumps(len(found)))"
    )

    assert answer(script) == 64


def test_a_submodule_of_a_deferred_package_is_its_own() -> None:
    script = (
        "import fastapi.routing\nfrom fastapi import APIRouter\n"
        "print(json.dumps(fastapi.routing.APIRouter is APIRouter))"
    )

    assert answer(script) is True


def test_httpx_does_without_its_command_line() -> None:
    script = "import httpx\nhttpx.Client().close()\nprint(json.dumps('httpx._main' in sys.modules))"

    assert answer(script) is False
