"""Print the map from an engine's confidence in a word to how often it is right, measured on pages that the tests draw.

Pages in three languages, of several sizes and resolutions, clean and as scanners and cameras spoil them, are read and held
against what was drawn. The printed knots belong into `docai/backends/classical/calibration.py`; run it from the project's root:
`PYTHONPATH=. .venv/bin/python scripts/calibrate.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product

import cv2
import numpy as np

from docai.backends.classical import calibration
from docai.backends.classical.scanned import Scans
from docai.sources import opened, origin_of
from docai.tasks.reading import ReadText
from docai.tiling import View
from tests.drawn_scans import Scan, compressed, faint, form, noisy, prose, receipt, rotated, ruled_table, salted, unevenly_lit

READER = Scans()
KNOTS = 8  # points of a map; more follow the chance of the sample
DIRT = {
    "clean": lambda scan: scan,
    "noise": lambda scan: noisy(scan, 30),
    "specks": lambda scan: salted(scan, 0.02),
    "JPEG": lambda scan: compressed(scan, 8),
    "faint": lambda scan: noisy(faint(scan), 8),
    "scanned": lambda scan: compressed(noisy(unevenly_lit(rotated(scan, 1.3)), 18), 25),
}


def pages(languages: tuple[str, ...] = ("en", "ko", "vi")) -> Iterator[tuple[str, Scan]]:
    """Yield drawn pages with their language."""
    for (language, dpi), size in product(product(languages, (100, 150, 200)), (8, 11)):
        clean = prose(language, dpi, size=size)
        for spoil in DIRT.values():
            yield language, spoil(clean)
    for draw, dpi in product((form, receipt, ruled_table), (100, 200)):
        for spoil in DIRT.values():
            yield "en", spoil(draw(dpi))


def judged(language: str, scan: Scan) -> Iterator[tuple[str, float, bool]]:
    """Yield each word that is read with its engine, its confidence, and whether it stands on the page."""
    picture = cv2.imencode(".png", cv2.cvtColor(scan.pixels, cv2.COLOR_RGB2BGR))[1].tobytes()
    origin = origin_of(picture)
    with opened(origin) as source:
        page = source.page(1)
        view = View(page.reference, page.width_points, page.height_points, resolution=200.0)
        (reply,) = READER.answer([(view, ReadText(tuple(dict.fromkeys((language, "en")))))])
    left = Counter(part for line in scan.lines for part in line.text.split())
    for word in reply.answer.words:
        if word.recognised:
            yield word.recognised.engine, word.recognised.confidence, left[word.text] > 0
            left[word.text] -= 1


def knots(sure: np.ndarray, right: np.ndarray) -> list[tuple[float, float]]:
    """Return points of a rising map: the share that is right in groups of equal size, made to rise by pooling neighbours."""
    groups = [list(group) for group in np.array_split(np.argsort(sure), KNOTS)]
    pooled: list[list[int]] = []
    for group in groups:
        pooled.append(group)
        while len(pooled) > 1 and right[pooled[-2]].mean() >= right[pooled[-1]].mean():  # pool adjacent violators
            pooled[-2:] = [pooled[-2] + pooled[-1]]
    return [(round(float(sure[group].mean()), 3), round(float(right[group].mean()), 3)) for group in pooled]


def main() -> None:
    """Measure and print."""
    calibration.KNOTS.clear()
    seen: dict[str, list[tuple[float, bool]]] = {}
    for language, scan in pages():
        for engine, sure, right in judged(language, scan):
            seen.setdefault(engine, []).append((sure, right))
    for engine, pairs in sorted(seen.items()):
        sure, right = np.array([s for s, _ in pairs]), np.array([r for _, r in pairs], float)
        print(f"{engine}: {len(pairs)} words, {right.mean():.3f} right, mean confidence {sure.mean():.3f}")
        print(f"    {knots(sure, right)}")


if __name__ == "__main__":
    main()
