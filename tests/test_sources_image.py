"""Pictures become pages upright, in RGB, in their own size; what is damaged is told and never raises another kind of error."""

from __future__ import annotations

import hashlib
import io
import pickle
import random
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zlib
from pathlib import Path

import numpy as np
import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import docai.sources
from docai.box import WHOLE, Box
from docai.errors import InputError, NoSuchPage, OverLimit, Unreadable
from docai.limits import PIXELS
from docai.sources import Origin, PageReference, Picture, open_source, opened, origin_of, render
from docai.sources.image import ASSUMED_DPI, ImageSource

ROOT = Path(docai.sources.__file__).parents[2]
CLIPS = st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)).map(lambda sides: Box.clipped(*sides))
SIDES = st.integers(1, 300)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x0112, 0x011A, 0x011B, 0x0128


def quarters(width=60, height=40):
    """Return a picture whose corners are red, green, blue and white, clockwise from the top left."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(GREEN, (width // 2, 0, width, height // 2))
    picture.paste(BLUE, (width // 2, height // 2, width, height))
    picture.paste(WHITE, (0, height // 2, width // 2, height))
    return picture


def noise(width=400, height=300):
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8))


def saved(picture, kind, **options):
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def exif_of(**tags):
    names = {"orientation": ORIENTATION, "x": X_RESOLUTION, "y": Y_RESOLUTION, "unit": RESOLUTION_UNIT}
    exif = Image.Exif()
    for name, value in tags.items():
        exif[names[name]] = value
    return exif


def corners(pixels):
    """Return the colours in the middle of the four quarters, clockwise from the top left."""
    height, width = pixels.shape[:2]
    places = ((1, 1), (1, 3), (3, 3), (3, 1))
    return [tuple(int(value) for value in pixels[height * row // 4, width * column // 4]) for row, column in places]


def size_of(data):
    with opened(origin_of(data)) as source:
        page = source.page(1)
    return round(page.width_points, 2), round(page.height_points, 2)


def read(data, width=60, height=40):
    with opened(origin_of(data)) as source:
        assert source.page(1).problems == ()
        return source.render(1, width, height)[0]


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def empty_png(width, height):
    """Return a PNG that claims a size and holds no pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


# ---- formats and modes


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {"quality": 100, "subsampling": 0}),
        ("JPEG", {"quality": 100, "subsampling": 0, "progressive": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
    ],
)
def test_each_format_gives_the_same_page(kind, options, tmp_path):
    data = saved(quarters(), kind, **options)
    path = tmp_path / "named.wrong"
    path.write_bytes(data)
    for origin in (origin_of(data), origin_of(path)):
        with opened(origin) as source:
            assert source.page_count == 1
            page = source.page(1)
            pixels, problem = source.render(1, 60, 40)
            nothing = (source.form_fields(), source.outline(), source.attachments(), source.problems())
        assert nothing == ((), (), (), ())
        assert page.pictures == (Picture(WHOLE, 60, 40),)
        assert (page.words, page.rules, page.paths, page.problems, problem) == ((), (), (), (), None)
        assert np.abs(np.array(corners(pixels)) - [RED, GREEN, BLUE, WHITE]).max() <= 3


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        *(("1", "PNG"), ("L", "PNG"), ("P", "PNG"), ("RGBA", "PNG"), ("LA", "PNG"), ("CMYK", "JPEG"), ("L", "JPEG")),
        *(("1", "TIFF"), ("CMYK", "TIFF"), ("LAB", "TIFF"), ("YCbCr", "TIFF"), ("RGBA", "TIFF")),
        *(("P", "BMP"), ("1", "BMP"), ("RGBA", "WEBP")),
    ],
)
def test_each_mode_becomes_rgb(mode, kind):
    if (mode, kind) == ("YCbCr", "TIFF") and int(PIL.__version__.split(".")[0]) < 13:
        pytest.skip("Pillow 12 cannot read the YCbCr TIFFs that it writes")
    picture = Image.new("RGB", (60, 40), WHITE)
    picture.paste((0, 0, 0), (30, 0, 60, 40))
    if mode == "LAB":
        picture = Image.frombytes("LAB", (60, 40), (b"\xff\0\0" * 30 + b"\0\0\0" * 30) * 40)
    else:
        picture = picture.convert(mode)
    pixels = read(saved(picture, kind))
    assert pixels.shape == (40, 60, 3)
    assert pixels[20, 10].min() > 240
    assert pixels[20, 50].max() < 15


def test_fax_compressed_black_is_black():
    picture = Image.new("1", (64, 40), 1)
    picture.paste(0, (32, 0, 64, 40))
    for compression in ("group3", "group4"):
        pixels = read(saved(picture, "TIFF", compression=compression), 64, 40)
        assert (pixels[5, 5].tolist(), pixels[5, 60].tolist()) == ([255, 255, 255], [0, 0, 0])


def test_transparency_lies_over_white():
    picture = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 128), (30, 0, 60, 40))
    indexed = Image.new("P", (60, 40), 0)
    indexed.putpalette([0, 0, 0, 255, 127, 127])
    indexed.paste(1, (30, 0, 60, 40))
    for data in (
        saved(picture, "PNG"),
        saved(picture, "TIFF"),
        saved(picture, "WEBP", lossless=True),
        saved(indexed, "PNG", transparency=0),
    ):
        pixels = read(data)
        assert pixels[5, 5].tolist() == [255, 255, 255]
        assert np.abs(pixels[5, 50].astype(int) - [255, 127, 127]).max() <= 1
    grey = read(saved(Image.new("L", (60, 40), 7), "PNG", transparency=7))
    assert grey.min() == 255


def test_sixteen_bits_are_scaled_by_their_range():
    values = np.tile(np.array([0, 257, 32896, 65535], np.uint16), (40, 15))
    for data in (saved(Image.fromarray(values), "PNG"), saved(Image.fromarray(values), "TIFF")):
        assert read(data)[0, :4, 0].tolist() == [0, 1, 128, 255]


def tiff(values, bits, photometric, data_format):
    """Return an uncompressed little-endian TIFF of one strip."""
    height, width = values.shape
    body = values.tobytes()
    tags = {
        256: width,
        257: height,
        258: bits,
        259: 1,
        262: photometric,
        273: 8,
        277: 1,
        278: height,
        279: len(body),
        339: data_format,
    }
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<I", 8 + len(body)) + body + directory + bytes(4)


def test_sixteen_bits_where_white_is_zero_are_turned_round():
    values = np.tile(np.array([0, 65535], "<u2"), (40, 30))
    assert read(tiff(values, 16, 0, 1))[0, :2, 0].tolist() == [255, 0]
    assert read(tiff(values, 16, 1, 1))[0, :2, 0].tolist() == [0, 255]


def test_floats_are_stretched_from_darkest_to_lightest():
    values = np.tile(np.array([0.25, 0.5, 0.75, np.nan], np.float32), (40, 15))
    data = saved(Image.fromarray(values), "TIFF")
    assert read(data)[0, :4, 0].tolist() == [0, 128, 255, 255]
    counts = np.tile(np.array([-1000, 0, 1000, 1000], np.int32), (40, 15))
    assert read(saved(Image.fromarray(counts), "TIFF"))[0, :3, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(kind, orientation):
    undone = {
        2: 0,
        3: 3,
        4: 1,
        5: 5,
        6: 2,
        7: 6,
        8: 4,
    }  # the Pillow transposition that makes the camera's picture of an upright one
    upright = quarters()
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose(undone[orientation]))
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    exif = exif_of(orientation=orientation, x=300.0, y=150.0, unit=2)
    data = saved(stored, kind, exif=exif, **options, **({"dpi": (300, 150)} if kind != "WEBP" else {}))
    with opened(origin_of(data)) as source:
        page = source.page(1)
        pixels, _ = source.render(1, 60, 40)
    assert page.pictures == (Picture(WHOLE, 60, 40),)
    dpi = (150, 300) if orientation >= 5 else (300, 150)
    assert (page.width_points, page.height_points) == pytest.approx((60 * 72 / dpi[0], 40 * 72 / dpi[1]), rel=1e-3)
    assert np.abs(np.array(corners(pixels)) - [RED, GREEN, BLUE, WHITE]).max() <= 3


def test_of_an_animation_only_the_first_frame_is_a_page():
    data = saved(quarters(), "WEBP", save_all=True, append_images=[Image.new("RGB", (60, 40))], lossless=True)
    with opened(origin_of(data)) as source:
        assert source.page_count == 1
        assert corners(source.render(1, 60, 40)[0]) == [RED, GREEN, BLUE, WHITE]
        assert source.page(1).label == ""


# ---- frames


def frames(*pictures, **options):
    return saved(pictures[0], "TIFF", save_all=True, append_images=pictures[1:], **options)


def test_each_frame_of_a_tiff_is_a_page():
    data = frames(Image.new("RGB", (30, 20), RED), Image.new("L", (20, 30), 7), Image.new("1", (9, 9), 1), dpi=(100, 100))
    with opened(origin_of(data)) as source:
        assert source.page_count == 3
        for number in (3, 1, 2, 1):  # in any order
            page = source.page(number)
            assert (page.number, page.label) == (number, str(number))
            size = [(30, 20), (20, 30), (9, 9)][number - 1]
            assert (page.pictures[0].width, page.pictures[0].height) == size
            colour = [[255, 0, 0], [7, 7, 7], [255, 255, 255]][number - 1]
            assert source.render(number, 4, 4)[0][2, 2].tolist() == colour
        for number in (-1, 0, 4):
            with pytest.raises(NoSuchPage, match="it has 3"):
                source.page(number)
            with pytest.raises(NoSuchPage):
                source.render(number, 4, 4)


def test_memory_stays_flat_over_frames():
    data = frames(*[Image.new("RGB", (700, 700), (number, 0, 0)) for number in range(12)], compression="tiff_adobe_deflate")
    source = open_source(origin_of(data))
    source.page(1)
    tracemalloc.start()
    for number in range(1, 13):
        source.page(number)
    now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    source.close()
    frame = 700 * 700 * 3
    assert now < 1.5 * frame
    assert peak < 4 * frame


def test_a_damaged_frame_leaves_the_others_whole():
    data = frames(*[noise(50 + number, 40) for number in range(3)], compression="tiff_adobe_deflate")
    with Image.open(io.BytesIO(data)) as picture:
        picture.seek(1)
        place, length = picture.tag_v2[273][0], picture.tag_v2[279][0]
    damaged = data[:place] + b"\xaa" * length + data[place + length :]
    with opened(origin_of(damaged)) as source:
        assert source.page_count == 3
        assert [[(problem.code, problem.severity) for problem in source.page(number).problems] for number in (1, 2, 3)] == [
            [],
            [("page_unreadable", "error")],
            [],
        ]
        with pytest.raises(InputError, match="page 2 cannot be decoded"):
            source.render(2, 9, 9)
        assert source.page(2).pictures == ()
        assert source.render(3, 9, 9)[0].shape == (9, 9, 3)


def test_a_tiff_cut_off_between_frames_tells_of_the_lost_one():
    data = frames(*[noise(50, 40) for _ in range(3)])
    with Image.open(io.BytesIO(data)) as picture:
        picture.seek(1)
        cut = data[: picture.tag_v2[273][0] + 100]
    with opened(origin_of(cut)) as source:
        assert source.page(1).problems == ()
        assert source.page_count >= 2
        assert [problem.code for problem in source.page(2).problems] == ["page_unreadable"]


def test_a_tiff_whose_frames_lead_in_a_circle_ends():
    data = bytearray(frames(Image.new("L", (9, 9)), Image.new("L", (9, 9))))
    first = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, first)[0]
    struct.pack_into("<I", data, first + 2 + 12 * count, first)
    with opened(origin_of(bytes(data))) as source:
        assert source.page_count == 1


# ---- sizes in points


@pytest.mark.parametrize(
    ("data", "width", "height"),
    [
        (saved(quarters(), "PNG", dpi=(300, 300)), 60 * 72 / 300, 40 * 72 / 300),
        (saved(quarters(), "JPEG", dpi=(150, 150)), 60 * 72 / 150, 40 * 72 / 150),
        (saved(quarters(), "BMP", dpi=(600, 600)), 60 * 72 / 600, 40 * 72 / 600),
        (saved(quarters(), "TIFF", dpi=(204, 98)), 60 * 72 / 204, 40 * 72 / 98),
        (saved(quarters(), "TIFF", resolution_unit="cm", x_resolution=100, y_resolution=100), 60 * 72 / 254, 40 * 72 / 254),
        (saved(quarters(), "WEBP", exif=exif_of(x=300.0, y=300.0, unit=2)), 60 * 72 / 300, 40 * 72 / 300),
        (saved(quarters(), "WEBP", exif=exif_of(x=100.0, y=100.0, unit=3)), 60 * 72 / 254, 40 * 72 / 254),
        (saved(quarters(), "JPEG", exif=exif_of(x=240.0, y=240.0, unit=2)), 60 * 72 / 240, 40 * 72 / 240),
    ],
)
def test_the_size_comes_from_the_resolution_that_the_file_tells(data, width, height):
    assert size_of(data) == pytest.approx((width, height), rel=2e-3)


@pytest.mark.parametrize(
    "data",
    [
        saved(quarters(), "PNG"),
        saved(quarters(), "WEBP"),
        saved(quarters(), "PNG", dpi=(1, 1)),
        saved(quarters(), "JPEG", dpi=(30000, 30000)),
        saved(quarters(), "TIFF", dpi=(0, 0)),
        saved(quarters(), "WEBP", exif=exif_of(x=1e9, y=300.0)),
        saved(quarters(), "TIFF", dpi=(200, 3)),
    ],
)
def test_a_missing_or_absurd_resolution_is_assumed(data):
    assert size_of(data)[0] in (pytest.approx(60 * 72 / ASSUMED_DPI, rel=1e-3), pytest.approx(60 * 72 / 300, rel=1e-3))


def test_one_sane_side_lends_its_resolution_to_the_other():
    assert size_of(saved(quarters(), "TIFF", dpi=(300, 3))) == pytest.approx((14.4, 9.6))


def test_a_screen_resolution_is_believed_only_of_what_fits_on_paper():
    assert size_of(saved(Image.new("L", (595, 842)), "PNG", dpi=(72, 72))) == pytest.approx((595, 842), rel=1e-3)
    assert size_of(saved(Image.new("L", (3024, 4032)), "PNG", dpi=(72, 72))) == pytest.approx((3024 * 0.36, 4032 * 0.36), rel=1e-3)


# ---- limits


@pytest.mark.parametrize("size", [(20_000, 20_000), (100_000, 10), (10, 100_000), (2**31 - 1, 2**31 - 1)])
def test_a_picture_over_the_limit_is_refused_at_its_header_with_the_next_step(size):
    with pytest.raises(OverLimit, match="scale it down to at most"):
        open_source(origin_of(empty_png(*size)))


def test_the_size_to_scale_down_to_is_within_the_limit():
    with pytest.raises(OverLimit) as caught:
        open_source(origin_of(empty_png(30_000, 10_000)))
    sides = str(caught.value).rsplit("at most ", 1)[1].replace(",", "").split(" x ")
    width, height = int(sides[0]), int(sides[1])
    assert width * height <= PIXELS
    assert width / height == pytest.approx(3, rel=0.01)


def test_a_picture_that_pillow_would_warn_of_is_opened_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = open_source(origin_of(empty_png(10_000, 10_000)))
    assert source.page_count == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_large_drawing_is_read_without_a_warning(kind):
    drawing = Image.new("1", (9_500, 9_500), 1)
    drawing.paste(0, (0, 0, 4_750, 9_500))
    data = saved(drawing, kind, **({"compression": "group4"} if kind == "TIFF" else {}))
    pixels = read(data, 100, 100)
    assert (pixels[50, 20].max(), pixels[50, 80].min()) == (0, 255)


def test_a_frame_over_the_limit_is_told_and_leaves_the_others_whole():
    first = frames(Image.new("L", (9, 9), 5), Image.new("L", (9, 9)))
    data = bytearray(first)
    with Image.open(io.BytesIO(first)) as picture:
        directory = picture.tag_v2.next
    for place in (directory + 2, directory + 14):  # width and length are the first two tags
        kind = struct.unpack_from("<H", data, place + 2)[0]
        struct.pack_into("<HHII", data, place, struct.unpack_from("<H", data, place)[0], 4, 1, 90_000)
        assert kind in (3, 4)
    with opened(origin_of(bytes(data))) as source:
        assert source.page(1).problems == ()
        (problem,) = source.page(2).problems
        assert (problem.code, problem.severity) == ("page_unreadable", "error")
        assert "scale it down" in problem.message
        with pytest.raises(OverLimit):
            source.render(2, 9, 9)


# ---- damage


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("kept", ["bytes", "path"])
def test_a_truncated_jpeg_is_read_as_far_as_it_goes(progressive, kept, tmp_path):
    picture = Image.new("RGB", (400, 300), (200, 30, 30))
    picture.paste(noise(400, 100), (0, 100))
    data = saved(picture, "JPEG", progressive=progressive, quality=95)
    data = data[: len(data) * 3 // 4]
    path = tmp_path / "a.jpg"
    path.write_bytes(data)
    with opened(origin_of(data if kept == "bytes" else path)) as source:
        page = source.page(1)
        pixels, _ = source.render(1, 400, 300)
    assert [(problem.code, problem.severity, problem.page_number) for problem in page.problems] == [
        ("picture_truncated", "warning", 1)
    ]
    assert page.pictures == (Picture(WHOLE, 400, 300),)
    assert np.abs(pixels[20, 20].astype(int) - (200, 30, 30)).max() < 25


def test_a_jpeg_cut_off_before_its_pixels_is_unreadable():
    data = saved(quarters(), "JPEG")
    for length in (3, 40, data.index(b"\xff\xda") - 2):
        with pytest.raises(Unreadable, match="header is damaged"):
            open_source(origin_of(data[:length]))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_another_truncated_picture_is_an_unreadable_page(kind):
    data = saved(noise(), kind, **({"compression": "raw"} if kind == "TIFF" else {}))
    cut = data[: len(data) // 2]
    try:
        source = open_source(origin_of(cut))
    except Unreadable:
        assert kind == "TIFF"  # where the directory stands behind the pixels
        return
    assert [(problem.code, problem.severity) for problem in source.page(1).problems] == [("page_unreadable", "error")]
    with pytest.raises(Unreadable, match="cannot be decoded"):
        source.render(1, 5, 5)


def test_damaged_exif_does_no_harm():
    data = saved(quarters(), "JPEG", exif=exif_of(orientation=1, x=300.0, y=300.0, unit=2))
    place = data.index(b"Exif\0\0") + 6
    for change in (b"\xff" * 40, bytes(40), b"MM\0*\0\0\xff\xff"):
        damaged = data[:place] + change + data[place + len(change) :]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert read(damaged).shape == (40, 60, 3)


SEEDS = (
    saved(quarters(), "JPEG", exif=exif_of(orientation=6, x=300.0, y=300.0, unit=2)),
    saved(quarters().convert("CMYK"), "JPEG"),
    saved(quarters(), "PNG", dpi=(300, 300)),
    saved(quarters().convert("P"), "PNG"),
    frames(quarters(), quarters().convert("L"), compression="tiff_lzw", dpi=(204, 98)),
    frames(quarters(), quarters().rotate(90, expand=True)),
    saved(quarters().convert("1"), "TIFF", compression="group4"),
    saved(Image.fromarray(np.ones((9, 9), np.float32)), "TIFF"),
    saved(quarters(), "WEBP"),
    saved(quarters().convert("P"), "BMP"),
)


@pytest.mark.parametrize("strict", [True, False])
def test_damaged_pictures_raise_nothing_but_typed_errors(strict):
    draw = random.Random(7)
    outcomes = set()
    for _ in range(600):
        data = bytearray(draw.choice(SEEDS))
        if draw.random() < 0.4:
            del data[draw.randrange(len(data)) :]
        for _ in range(draw.choice((1, 3, 20))):
            if data:
                data[draw.randrange(min(len(data), draw.choice((60, 400, 10**6))))] = draw.choice((0, 255, draw.randrange(256)))
        with warnings.catch_warnings():
            warnings.simplefilter("error" if strict else "ignore")
            try:
                source = ImageSource(Origin(None, bytes(data)))
                for number in range(1, min(source.page_count, 4) + 1):
                    page = source.page(number)
                    assert page.width_points > 0
                    outcomes.update(problem.code for problem in page.problems)
                    assert source.render(number, 7, 5)[0].shape == (5, 7, 3)
                    outcomes.add("read")
            except InputError as error:
                outcomes.add(type(error).__name__)
    assert {"read", "page_unreadable", "picture_truncated", "Unreadable"} <= outcomes


# ---- pixels


@pytest.fixture(scope="module", params=["RGB", "L", "1"])
def picture(request):
    return saved(noise(123, 77).convert(request.param), "PNG")


@given(CLIPS, SIDES, SIDES)
@settings(max_examples=100, deadline=None)
def test_any_clip_gives_exactly_the_pixels_asked_for(picture, clip, width, height):
    pixels, problem = open_source(origin_of(picture)).render(1, width, height, clip)
    assert (pixels.shape, pixels.dtype, problem) == ((height, width, 3), np.uint8, None)


def test_a_clip_on_pixel_edges_at_its_own_size_gives_the_very_pixels():
    original = noise(100, 50)
    with opened(origin_of(saved(original, "PNG"))) as source:
        cut, _ = source.render(1, 50, 20, Box(0.25, 0.2, 0.75, 0.6))
        assert np.array_equal(cut, np.asarray(original)[10:30, 25:75])
        cut[:] = 0
        assert np.array_equal(source.render(1, 100, 50)[0], np.asarray(original))


def test_shrinking_averages():
    checks = np.indices((400, 400)).sum(axis=0) % 2 * 255
    pixels = read(saved(Image.fromarray(checks.astype(np.uint8)), "PNG"), 100, 100)
    assert np.abs(pixels.astype(int) - 127).max() <= 1


@pytest.mark.parametrize("kept", ["bytes", "path"])
def test_a_page_pickles_and_the_far_side_renders_the_same_pixels(tmp_path, kept):
    data = frames(quarters(), noise(90, 70))
    path = tmp_path / "a.tif"
    path.write_bytes(data)
    origin = origin_of(data if kept == "bytes" else path)
    with opened(origin) as source:
        page = source.page(2)
    assert pickle.loads(pickle.dumps(page)) == page
    pixels, _ = render(page.reference, 50, 40, Box(0.1, 0.1, 0.7, 0.5))
    far = (
        "import hashlib, pickle, sys\nfrom docai.document import Box\nfrom docai.sources import render\n"
        "page = pickle.load(sys.stdin.buffer)\n"
        "print(hashlib.sha256(render(page.reference, 50, 40, Box(0.1, 0.1, 0.7, 0.5))[0].tobytes()).hexdigest())"
    )
    told = subprocess.run([sys.executable, "-c", far], input=pickle.dumps(page), capture_output=True, cwd=ROOT, check=True)
    assert told.stdout.decode().strip() == hashlib.sha256(pixels.tobytes()).hexdigest()


def test_a_file_that_went_away_is_a_typed_error(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(saved(quarters(), "PNG"))
    source = open_source(origin_of(path))
    path.unlink()
    assert [problem.code for problem in source.page(1).problems] == ["page_unreadable"]
    with pytest.raises(InputError, match="cannot be read"):
        render(PageReference(origin_of(path), 1), 5, 5)


def test_the_image_source_does_without_the_pdf_reader():
    code = "import docai.sources.image, sys; print(sorted({'pymupdf', 'onnxruntime', 'pdf2image', 'torch'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert told.stdout.strip() == "[]"
