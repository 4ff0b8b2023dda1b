"""What an engine's confidence in a word means: how often it is right, as measured on drawn pages.

On them, 28,900 words of three languages at 100 to 200 dpi, clean and noisy, faint, tilted and compressed; a word counts as right
where it stands on the page letter for letter.
"""

from __future__ import annotations

from typing import Final

import numpy as np

# Confidence of the engine, and share of words that are right; `scripts/calibrate.py` measures it.
KNOTS: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "rapidocr": ((0.824, 0.362), (0.974, 0.745), (0.997, 0.96), (0.999, 0.985), (1.0, 0.994)),
    "tesseract:eng": ((0.917, 0.909), (0.963, 0.993), (0.968, 0.995)),
    "tesseract:kor": ((0.684, 0.411), (0.872, 0.699), (0.917, 0.902), (0.93, 0.97), (0.937, 0.993), (0.968, 0.995)),
    "tesseract:vie": ((0.775, 0.646), (0.951, 0.94), (0.964, 0.99), (0.968, 0.995)),
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
