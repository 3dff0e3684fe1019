"""Configs that lack a whole section: what is said names it, and the key that was meant for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.config import load_config
from tasks.errors import ConfigError

SECTIONS = {"name": "name: x\n", "source": "source: {path: in}\n", "output": "output: {path: out}\n"}


@pytest.mark.parametrize("lacking", SECTIONS)
@pytest.mark.parametrize("misspelt", [False, True])
def test_a_section_that_is_not_there_is_said(tmp_path: Path, lacking: str, misspelt: bool) -> None:
    texts = [
        text if name != lacking else f"{lacking[:-1]}{text[len(lacking) :]}" * misspelt
        for name, text in SECTIONS.items()
    ]
    (tmp_path / "c.yaml").write_text("".join(texts))
    with pytest.raises(ConfigError) as caught:
        load_config(str(tmp_path / "c.yaml"))
    assert f"{lacking}: is missing." in str(caught.value)
    assert (f"did you mean {lacking!r}?" in str(caught.value)) == misspelt
