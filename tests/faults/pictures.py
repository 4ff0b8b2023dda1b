"""Pictures that no careful program writes; each function returns the bytes of one."""

from __future__ import annotations

import struct
import zlib


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width, height, data):
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)  # 8 bits of grey
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(data)) + _chunk(b"IEND", b"")


def sound_picture():
    """A white picture of 60 x 40 pixels, and nothing wrong with it."""
    return _png(60, 40, (b"\x00" + b"\xff" * 60) * 40)


def picture_of_100_000_pixels_a_side():
    """Ten billion pixels by its header, ten in its data."""
    return _png(100_000, 100_000, b"\x00" * 10)


def picture_of_no_pixels():
    return _png(0, 0, b"")


def picture_of_one_pixel():
    return _png(1, 1, b"\x00\x80")


def picture_with_half_its_data():
    whole = sound_picture()
    return whole[: len(whole) * 2 // 3]


def picture_with_the_wrong_data():
    return _png(60, 40, b"too little")


def jpeg_of_only_a_header():
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


def tiff_of_endless_frames():
    """A TIFF of 8 x 8 pixels whose only frame is followed by itself."""
    short, long = 3, 4
    tags = [(256, short, 8), (257, short, 8), (258, short, 8), (259, short, 1), (262, short, 1), (273, long, 8), (278, short, 8)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in [*tags, (279, long, 64)])
    return b"II*\x00" + struct.pack("<I", 72) + b"\xff" * 64 + struct.pack("<H", 8) + entries + struct.pack("<I", 72)


def tiff_of_nothing():
    return b"II*\x00\x08\x00\x00\x00"
