"""Commands as a person types them, in this process, and a small dataset for them to look at."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from typer.testing import CliRunner

from flows.cli import app
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tests.steps_here import StepsHere


def published_pets(folder: Path) -> str:
    """The root of a version of three images, published from and to *folder*."""
    for place in ("cat/1", "cat/2", "dog/1"):
        path = folder / "pets" / f"{place}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (len(str(path)), sum(place.encode()) % 200, 3)).save(path)
    config = {
        "name": "pets",
        "source": {"path": str(folder / "pets")},
        "output": {"path": str(folder / "out")},
        "resize": {"size": [8, 8]},
    }
    assert refresh(Dataset.model_validate(config), RefreshOptions(), StepsHere()).outcome == "published"
    return str(folder / "out")


def typed(*words: str) -> str:
    """What the command of these *words* prints; it ends well."""
    done = CliRunner().invoke(app, words, catch_exceptions=False, obj=False)
    assert done.exit_code == 0, done.output
    return done.stdout
