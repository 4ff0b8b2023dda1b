"""How often a JPEG goes over its picture, told by its markers before anybody decodes it."""

from __future__ import annotations

import re
from typing import Final

SCAN, END = 0xDA, 0xD9  # SOS and EOI (ITU-T T.81, table B.1)
ALONE: Final = frozenset({*range(0x01, 0xC0), *range(0xD0, 0xD9)})  # TEM, RSTn and SOI, which no length follows; others are none
_MARKER = re.compile(rb"\xff+([^\x00\xff])")  # within what is coded, 0xFF is followed by 0 (T.81, B.1.1.5)


def has_more_scans(data: bytes, most: int) -> bool:
    """Return whether a JPEG has more scans than `most`: each goes over the whole picture, even with nothing to add to it.

    Markers are looked for as libjpeg does: after a marker that has a length, behind that, and otherwise at once.
    """
    if data.count(bytes((0xFF, SCAN))) <= most:  # in metadata, too; a hundred times as quick, and nearly always enough
        return False
    count = place = 0
    while count <= most and (found := _MARKER.search(data, place)) is not None:
        place = found.end()
        marker = found[1][0]
        if marker == END:
            break
        count += marker == SCAN
        if marker not in ALONE:
            place += int.from_bytes(data[place : place + 2], "big")
    return count > most
