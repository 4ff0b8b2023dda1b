"""Print how many pages a second are drawn, in one process, for each kind and for all kinds in turns.

Seconds are those of the processor, so that what else runs on the machine counts little; the fonts are opened and the first
glyphs drawn before. The figure is the median of several runs, each over other seeds.
"""

from __future__ import annotations

import argparse
import statistics
import time

from fine_tune.synth.pages import PAGE_KINDS, PageKind, draw_page


def pages_per_second(kinds: tuple[PageKind, ...], first: int, count: int) -> float:
    """Draw pages of such kinds in turns, and return how many a second of the processor."""
    start = time.process_time()
    for seed in range(first, first + count):
        draw_page(seed, kind=kinds[seed % len(kinds)])
    return count / (time.process_time() - start)


def main() -> None:
    """Measure and print a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=40, help="pages a run")
    parser.add_argument("--runs", type=int, default=5, help="runs, of which the median is told")
    options = parser.parse_args()
    for name, kinds in (*((kind, (kind,)) for kind in PAGE_KINDS), ("all kinds", PAGE_KINDS)):
        pages_per_second(kinds, 1_000_000, options.pages)
        runs = [pages_per_second(kinds, run * options.pages, options.pages) for run in range(options.runs)]
        print(f"{name:10} {statistics.median(runs):6.1f} pages/s  (from {min(runs):.1f} to {max(runs):.1f})")


if __name__ == "__main__":
    main()
