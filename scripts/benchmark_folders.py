"""Print how many pages a second one core reads of folders of documents, what they weigh, and what their outputs weigh.

One process, one thread, rules and geometry alone, JSON written to a folder that is thrown away: what one worker of a batch does.
What is loaded on first use is counted, so a few pages tell little. The figures of docs/scale.md come from here.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when the libraries that compute are loaded

import argparse
import tempfile
import time
from pathlib import Path

from docai.delivery import deliver
from docai.errors import DocaiError
from docai.extraction import Extractor
from docai.inputs import SUFFIXES


def main() -> None:
    """Measure each folder that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--to", default="json", help="formats, separated by commas")
    arguments = parser.parse_args()
    print("documents  pages  failed  pages/CPU-s  pages/s  kB in/page  kB out/page  folder")
    reader = Extractor()
    for folder in arguments.folders:
        paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
        pages = failed = size_in = size_out = 0
        began, used = time.perf_counter(), time.process_time()
        for path in paths:
            with tempfile.TemporaryDirectory() as output:
                try:
                    stream = reader.pages(path)
                    deliver(stream, arguments.to.split(","), Path(output, "out"))
                except DocaiError:
                    failed += 1
                    continue
                pages += stream.total
                size_in += path.stat().st_size
                size_out += sum(file.stat().st_size for file in Path(output).rglob("*") if file.is_file())
        wall, busy = time.perf_counter() - began, time.process_time() - used
        if pages:
            rates = f"{pages / busy:11.2f}  {pages / wall:7.2f}  {size_in / pages / 1000:10.1f}  {size_out / pages / 1000:11.1f}"
            print(f"{len(paths):9}  {pages:5}  {failed:6}  {rates}  {folder.name}", flush=True)


if __name__ == "__main__":
    main()
