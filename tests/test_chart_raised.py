"""Powers of ten told by their picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from docai.backends.classical.charts.raster.raised import as_power
from docai.backends.classical.strips import Strip
from docai.marks import Rectangle


def strip(base, last, up):
    """Return a row with some figures, and the last ones smaller and `up` pixels higher."""
    picture = np.full((40, 80), 255, np.uint8)
    cv2.putText(picture, base, (4, 34), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 1, cv2.LINE_AA)
    wide = cv2.getTextSize(base, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 1)[0][0]
    cv2.putText(picture, last, (4 + wide, 34 - up), cv2.FONT_HERSHEY_SIMPLEX, 0.4 if up else 0.6, 0, 1, cv2.LINE_AA)
    return Strip(Rectangle(0, 0, 80, 40), picture, 0, 13.0)


@pytest.mark.parametrize(("last", "power"), [("3", "10³"), ("0", "10⁰"), ("-2", "10⁻²")])
def test_a_number_whose_last_figures_stand_higher_is_a_power_of_ten(last, power):
    assert as_power(f"10{last}", strip("10", last, 8)) == power
    assert as_power(f"10{last}", strip("10", last, 0)) == f"10{last}"


def test_other_numbers_stay_as_they_were_read():
    assert as_power("2010", strip("20", "10", 8)) == "2010"
