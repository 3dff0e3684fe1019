"""Secrets in addresses and configs are written nowhere; text from the data forges neither log lines nor markup."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from PIL import Image

from tasks.errors import DatasetError
from tasks.redaction import conceal_values, redact_text, redact_values, reveal_values
from tasks.report.markdown import cell
from tasks.wording import one_line

if TYPE_CHECKING:
    from tests.flows.conftest import Command

SECRET = re.compile(rb"S3CRET[0-9]+")


def png() -> bytes:
    made = BytesIO()
    Image.new("RGB", (20, 20), (3, 99, 200)).save(made, "PNG")
    return made.getvalue()


class _Site(BaseHTTPRequestHandler):
    """Label files and images, for those who know a signature and a password."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path, _, query = self.path.partition("?")
        data = {"/labels.csv": self.labels(), "/good.png": png(), "/bad.png": b"no image"}.get(path)
        if path == "/labels.csv" and "S3CRET1" not in query:
            data = None
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        if body and data:
            self.wfile.write(data)

    def labels(self) -> bytes:
        host = self.headers["Host"]
        rows = [
            f"cat,http://{host}/good.png?X-Amz-Signature=S3CRET2",
            f"dog,http://{host}/bad.png?X-Amz-Signature=S3CRET3",
            f"dog,http://{host}/missing.png?sig=S3CRET4",
            f"dog,http://user:S3CRET5@{host}/good.png?a=1",
            "dog,http://user:S3CRET6@127.0.0.1:1/gone.png",
            "dog,http://10.0.0.1/private.png?token=S3CRET7",
            "dog,ftp://user:S3CRET8@127.0.0.1/x.png",
            "cat,http://user:S3CRET9@bad host/x.png?sig=S3CRET9",
        ]
        return "\n".join(["label,location", *rows, ""]).encode()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_secrets_are_written_nowhere(
    parquetry: Command, prefect_server: tuple[Path, str], site: str, tmp_path: Path
) -> None:
    config = tmp_path / "pets.yaml"
    config.write_text(
        "name: pets\n"
        f"source: {{path: 'http://user:S3CRET10@{site}/labels.csv?sig=S3CRET1'}}\n"
        "output: {path: out, storage_options: {comment: S3CRET11}}\n"
        f"fetch: {{allow_hosts: ['{site}', '127.0.0.1:1'], retries: 0}}\n"
        "resize: {size: [16, 16]}\n"
        "gates: {max_reject_fraction: '1'}\n"
    )
    noisy = parquetry.with_environment(PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL="DEBUG")
    unsigned = f"source.path=http://user:S3CRET12@{site}/labels.csv?sig=S3CRET13"

    printed = [
        noisy("run", config),
        noisy("run", config, "--json", "--set", "resize.size=[8, 8]", "--set", f"source.path=http://{site}/labels.csv?sig=S3CRET1"),
        noisy("run", config, "--set", unsigned, code=None),
        noisy("plan", config),
    ]  # fmt: skip

    assert "published pets" in printed[0].stdout
    assert "published" in printed[1].stdout
    shown = "".join(result.stdout + result.stderr for result in printed).encode()
    written = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    database = {path: path.read_bytes() for path in prefect_server[0].glob("prefect.db*")}
    assert len(written) >= 8
    assert database
    assert SECRET.findall(shown) == []
    for path, data in {**written, **database}.items():
        assert SECRET.findall(data) == [], path


@pytest.mark.fuzz
@given(st.text(max_size=20), st.text(alphabet="abcXYZ0-9:%+=", min_size=8, max_size=20), st.text(max_size=20))
def test_no_text_of_an_error_holds_a_secret(before: str, secret: str, after: str) -> None:
    for url in (
        f"https://host/a.png?sig={secret}",
        f"s3://key:{secret}@bucket/a",
        f"http://u:{secret}@h:1/x?y={secret}#z",
    ):
        for text in (f"{before} {url} {after}", f"{before} '{url}', {after}", f"({url})."):
            kept = before + after + "https://host/a.png s3://bucket/a http://h:1/x"

            assert secret in kept or secret not in redact_text(text)
            assert str(DatasetError(text)) == redact_text(text)
        assert reveal_values(conceal_values({"a": [url]})) == {"a": [url]}
        assert secret not in str(conceal_values({"a": [url]}))
    assert redact_values({"secret": secret, "anon": True, "key": ""}) == {"secret": "…", "anon": True, "key": ""}


@pytest.mark.fuzz
@given(
    st.text()
    | st.sampled_from(["a\nfailed x: y", "<b>", "[a](http://b)", "|", "www.a.de", "\u202e", "=1+1", "# h", "- x"])
)
def test_text_of_the_data_is_neither_a_line_nor_markup(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert one_line(text).isprintable()
    shown = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(f"{cell(text)}\n").strip()
    wanted = " ".join("".join(char if char.isprintable() else " " for char in text).split(" ")).strip()
    assert shown == (f"<p>{escape(wanted, quote=True).replace('&#x27;', chr(39))}</p>" if wanted else "")
    assert not re.search(r"https?://|www\.\w|\w@\w", cell(text), re.IGNORECASE)
