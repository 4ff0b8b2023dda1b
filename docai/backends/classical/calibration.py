"""What an engine's confidence in a word means: how often it is right, as measured on drawn pages.

On them, 28,200 words of three languages at 100 to 200 dpi, clean and noisy, faint, tilted and compressed; a word counts as right
where it stands on the page letter for letter.
"""

from __future__ import annotations

from typing import Final

import numpy as np

# Confidence of the engine, and share of words that are right; `scripts/calibrate.py` measures it.
KNOTS: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "rapidocr": ((0.829, 0.298), (0.955, 0.57), (0.99, 0.83), (0.998, 0.951), (1.0, 0.981), (1.0, 0.996), (1.0, 1.0)),
    "tesseract:eng": ((0.938, 0.948), (0.974, 0.996)),
    "tesseract:kor": ((0.689, 0.384), (0.886, 0.749), (0.926, 0.933), (0.932, 0.986), (0.934, 0.989), (0.948, 0.996), (0.969, 1.0)),
    "tesseract:vie": ((0.763, 0.611), (0.95, 0.93), (0.964, 0.993), (0.966, 0.994), (0.968, 0.995), (0.969, 0.998), (0.97, 0.999)),
}


def calibrated(engine: str, confidence: float) -> float:
    """Return the probability, 0..1, that a word is right which an engine is so sure of (0..1).

    Between measured points it is interpolated; an engine that was not measured keeps its own confidence.
    """
    knots = KNOTS.get(engine)
    if knots is None:
        return min(1.0, max(0.0, confidence))
    places, shares = zip((0.0, 0.0), *knots, strict=True)
    return float(np.interp(confidence, places, shares))
