"""What captions begin with."""

from __future__ import annotations

import re
from typing import Final

CAPTION: Final = re.compile(
    r"^(table|figure|fig|graph|chart|exhibit|scheme|plate|표|그림|도표|사진|차트|그래프|bảng|hình|biểu đồ|đồ thị|sơ đồ)\s*\.?\s*"
    r"((?:[A-Z]{1,3}[.\-–]?)?\d+([.\-–]\d+)*[a-z]?|[IVXLC]+)\b",
    re.IGNORECASE,
)  # fmt: skip


def is_caption(text: str) -> bool:
    """Return whether a text begins like a caption: "Table 1", "Fig. 2.3", "표 1", "그림 2", "Bảng 3", "Hình 4"."""
    return bool(CAPTION.match(unbracketed(text)))


def unbracketed(text: str) -> str:
    """Return a text without the brackets that Korean captions begin with: "<표 1>", "[그림 2]"."""
    return text.lstrip("<[(【〈")
