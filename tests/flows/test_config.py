"""What a config means, beyond what each of its sections says of itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_config_has_the_same_digest_in_every_process(tmp_path: Path) -> None:
    config = tmp_path / "pets.yaml"
    config.write_text("name: pets\nsource: {path: pets}\noutput: {path: out}\n")
    code = "import sys; from flows.config import load_config; print(load_config(sys.argv[1]).digest())"

    def digest(seed: int) -> str:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(seed)}
        command = [sys.executable, "-P", "-c", code, str(config)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert digest(1) == digest(2) == digest(3)
