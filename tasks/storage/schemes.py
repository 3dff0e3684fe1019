"""Which file systems there are: what a URL's scheme needs, said before anything is opened."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from difflib import get_close_matches

from fsspec.registry import known_implementations, registry

from tasks.errors import ConfigError
from tasks.redaction import is_url, redact_url

_EXTRAS = {"s3fs": "s3", "gcsfs": "gcs", "adlfs": "azure"}
"""The package that a scheme needs, and the extra that installs it."""

_DATABASES = frozenset(
    "sqlite postgresql postgres mysql mariadb oracle mssql snowflake bigquery redshift duckdb".split()
)
HOW_TO_QUERY = (
    'set `path` to the folder, and beside it `tables: [{sql: "SELECT location, label FROM …"}]`, with the database\'s '
    "SQLAlchemy URL in the environment variable DATABASE_URL."
)


def require_scheme(url: str) -> None:
    """Raise `ConfigError` where the scheme of *url*, or one of a chain's, is unknown or its package not installed."""
    if problem := scheme_problem(url):
        raise ConfigError(f"{redact_url(url)}: {problem}")


def scheme_problem(url: str) -> str:
    """Why no file system can be opened for *url*, and what helps; empty where one can, and for local paths."""
    links = url.split("::") if is_url(url) else []
    schemes = [link.partition("://")[0].lower() for link in links if is_url(link) or link.isalnum()]
    return next((problem for scheme in schemes if (problem := _problem(scheme))), "")


def _problem(scheme: str) -> str:
    if scheme in registry:
        return ""
    known: Mapping[str, Mapping[str, str]] = known_implementations
    if scheme not in known and scheme.partition("+")[0] in _DATABASES:
        return f"{scheme}:// is a database, which a table of a folder's images asks: {HOW_TO_QUERY}"
    if scheme not in known:
        near = get_close_matches(scheme, known, n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}?" if near else "Write a path, or a URL such as s3://bucket/folder."
        return f"there is no file system {scheme}://. {hint}"
    module = known[scheme]["class"].partition(".")[0]
    if importlib.util.find_spec(module) is not None:
        return ""
    if module in _EXTRAS:
        return f"{scheme}:// needs a package that is not installed: pip install 'parquetry[{_EXTRAS[module]}]'."
    return f"{scheme}:// needs a package that is not installed: {known[scheme].get('err') or module}."
