"""Reads a folder on a Ray cluster, as a step of a pipeline: `python examples/ray_dataset.py [folder [output [address]]]`.

Without an address the cluster is this machine. Every node has the folders by the same names, and `pip install 'docai[ray]'`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import ray.data

from docai.batch import ray_dataset
from docai.work import Recipe, Settings

DOCUMENTS = Path(__file__).parent / "documents"


def main() -> None:
    """Print what came of each document as it is done; run again, it reads only what has changed."""
    given = dict(enumerate(sys.argv))
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray reports to its makers
    ray.init(address=given.get(3), include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    outcomes = ray_dataset(
        [given.get(1, DOCUMENTS)], given.get(2, "build/ray"), Recipe(formats=("json", "md")), Settings(page_seconds=120)
    )
    for row in outcomes.iter_rows():
        print(f"{row['stem']}: {row['status']}, {row['pages']} pages in {row['seconds']:.1f} s on {row['node']}")
    ray.shutdown()


if __name__ == "__main__":
    main()
