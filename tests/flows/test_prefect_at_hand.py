from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_SSL_CERT_FILE, PREFECT_API_URL, get_current_settings, temporary_settings

from flows.commands.prefect_at_hand import NO_AUTHORITY, settings_of_a_run, starting_prefect


def test_a_run_sends_no_heartbeats_and_asks_for_the_servers_version_once() -> None:
    with settings_of_a_run():
        settings = get_current_settings()

    assert settings.flows.heartbeat_frequency is None
    assert not settings.client.server_version_check_enabled


@pytest.mark.parametrize(
    ("url", "given", "used"),
    [
        pytest.param("http://127.0.0.1:4200/api", "own.pem", str(NO_AUTHORITY), id="plain http trusts nobody"),
        pytest.param("https://prefect.example/api", "own.pem", "own.pem", id="https trusts whom it is told to"),
    ],
)
def test_whom_prefects_clients_trust(url: str, given: str, used: str) -> None:
    with temporary_settings({PREFECT_API_URL: url, PREFECT_API_SSL_CERT_FILE: given}), settings_of_a_run():
        assert get_current_settings().api.ssl_cert_file == used


def test_the_certificate_that_is_read_instead_of_hundreds_vouches_for_nobody() -> None:
    context = ssl.create_default_context(cafile=str(NO_AUTHORITY))

    assert context.cert_store_stats() == {"x509": 1, "crl": 0, "x509_ca": 0}


@pytest.mark.parametrize(
    ("has_database", "url", "is_first"),
    [
        pytest.param(False, "", True, id="a fresh home"),
        pytest.param(True, "", False, id="a home with a database"),
        pytest.param(False, "http://127.0.0.1:4200/api", False, id="a server of somebody's"),
    ],
)
def test_a_first_start_says_why_it_takes_long(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, has_database: bool, url: str, is_first: bool
) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.setenv("PREFECT_API_URL", url)
    if has_database:
        (tmp_path / "prefect.db").touch()

    assert ("makes its database" in starting_prefect()) is is_first
