"""img2dataset: a list of addresses of files, to Parquet."""

from __future__ import annotations

import csv
from pathlib import Path

from img2dataset import download

from benchmarks.peers.job import PROCESSES, labelled, no_packing, run


def write(source: Path, dest: Path) -> None:
    """Photographs into Parquet."""
    dest.mkdir(parents=True)
    listed = dest / "list.csv"
    with listed.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(["url", "label"])
        lines.writerows((path.resolve().as_uri(), label) for path, label in labelled(source))
    download(
        url_list=str(listed),
        input_format="csv",
        url_col="url",
        caption_col="label",
        output_folder=str(dest / "out"),
        output_format="parquet",
        image_size=224,
        resize_mode="center_crop",
        encode_quality=90,
        processes_count=PROCESSES,
        thread_count=16,
        number_sample_per_shard=1000,
        enable_wandb=False,
    )


if __name__ == "__main__":
    run(write, no_packing, {})
