"""Documents that hurt whoever reads them, and names that hurt whoever writes beside them; each function returns bytes, or names.

Those that are merely damaged are in `pdfs` and `pictures`; these here take time, memory or a hundred files.
"""

from __future__ import annotations

import io
import os
import zlib
from pathlib import Path

import pymupdf
from PIL import Image

from tests.faults.pdfs import HELVETICA, SENTENCE, _body, _one_page, _pdf, _stream, encrypted, sound
from tests.faults.pictures import _png, sound_picture

# Of a tensor-product patch over the unit square: its sixteen points from the lower left on, its edge before its middle
PATCH = [
    (0, 0),
    (0, 1),
    (0, 2),
    (0, 3),
    (1, 3),
    (2, 3),
    (3, 3),
    (3, 2),
    (3, 1),
    (3, 0),
    (2, 0),
    (1, 0),
    (1, 1),
    (1, 2),
    (2, 2),
    (2, 1),
]
SCAN = _stream(b"\x80" * 160_000, "/Type/XObject/Subtype/Image/Width 400/Height 400/BitsPerComponent 8/ColorSpace/DeviceGray")
BYTES_A_LINE = 500  # about what docai holds of a line of a path at its worst, measured with two million of them


# ---- what takes too long


def a_hundred_trillion_forms():
    """A sentence, and 10^14 empty forms, since each of 14 draws the next ten times: whoever draws them all takes years."""
    forms = [
        _stream("/X Do\n" * 10, f"/Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<</XObject<</X {7 + level} 0 R>>>>")
        for level in range(14)
    ]
    last = _stream("", "/Type/XObject/Subtype/Form/BBox[0 0 200 200]")
    return _one_page(f"{SENTENCE}/X Do\n", *forms, last, resources="/XObject<</X 6 0 R>>")


def _patches(count, side):
    """Return a shading of so many patches, each over a whole square of `side`; a hundred thousand take MuPDF a minute, or more."""
    patch = bytes([0, *(85 * place for point in PATCH for place in point), 0, 90, 180, 255])  # edge flag, points, colours
    decode = f"0 {side} 0 {side} 0 1"
    return _stream(
        patch * count,
        f"/ShadingType 7/ColorSpace/DeviceGray/BitsPerCoordinate 8/BitsPerComponent 8/BitsPerFlag 8/Decode[{decode}]",
    )


def looping_to_read(patches=1_000_000):
    """A sentence over a million colour patches, each as large as the page: whoever asks for its pictures waits for an hour."""
    shading = _patches(patches, 600)
    return _one_page(f"/S sh\n{SENTENCE}", shading, page="/MediaBox[0 0 600 600]", resources="/Shading<</S 6 0 R>>")


def looping_to_draw(patches=1_000_000):
    """A scan whose only letter, a space, is a million colour patches over the page: read at once, drawn in an hour."""
    font = (
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 32/LastChar 32/Widths[1]"
        "/Encoding<</Type/Encoding/Differences[32/space]>>/CharProcs<</space 8 0 R>>/Resources<</Shading<</S 7 0 R>>>>>>"
    )
    content = "q 200 0 0 200 0 0 cm /I Do Q\nBT /F1 200 Tf 0 0 Td ( ) Tj ET\n"
    return _one_page(content, SCAN, _patches(patches, 1), _stream("1 0 d0 /S sh"), resources="/XObject<</I 6 0 R>>", font=font)


def slow_pages(pages=40, patches=1_000):
    """Pages like `looping_to_read` that each take about a second: there is time to interfere."""
    return joined([looping_to_read(patches)] * pages)


def one_page_loops(pages=4, looping=2):
    """Sound pages, and page `looping` (from 1) `looping_to_read`."""
    good = one_sentence()
    return joined([looping_to_read() if number == looping else good for number in range(1, pages + 1)])


def joined(documents):
    """Return the pages of documents as one."""
    with pymupdf.open() as whole:
        for data in documents:
            with pymupdf.open(stream=data) as part:
                whole.insert_pdf(part)
        return whole.tobytes()


# ---- what takes too much memory


def eater(megabytes):
    """One path of so many lines that reading it takes about `megabytes`; at most 3,000, since docai leaves longer ones out."""
    return _one_page("0 0 m\n" + "9 9 l 1 1 l\n" * (megabytes * 1_000_000 // BYTES_A_LINE // 2) + "S\n")


def picture_bomb():
    """A PNG of 13,000 x 13,000 grey pixels, which docai still takes, in 170 kB."""
    return _png(13_000, 13_000, (b"\x00" * 13_001) * 13_000)


def bomb_in_a_bomb():
    """A content stream of 150 MB that was deflated three times, down to some hundred bytes."""
    packed = zlib.compress(zlib.compress(zlib.compress(b" " * 150_000_000, 9), 9), 9)
    stream = _body(f"<</Length {len(packed)}/Filter[/FlateDecode/FlateDecode/FlateDecode]>>\nstream\n") + packed + b"\nendstream"
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        "<</Type/Page/Parent 2 0 R/Contents 4 0 R/MediaBox[0 0 200 200]>>",
        stream,
    )


def scan_bomb():
    """A page with a picture of 12,000 x 12,000 pixels in colour, 432 MB in its own bits, in two."""
    packer, rows = zlib.compressobj(1), bytes(4_320_000)
    packed = b"".join([*(packer.compress(rows) for _ in range(100)), packer.flush()])
    head = "/Type/XObject/Subtype/Image/Width 12000/Height 12000/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/FlateDecode"
    picture = _body(f"<</Length {len(packed)}{head}>>\nstream\n") + packed + b"\nendstream"
    return _one_page("q 200 0 0 200 0 0 cm /I Do Q\n", picture, resources="/XObject<</I 6 0 R>>")


# ---- what is very large


def page_of_100_000_points():
    """A page of 100,000 points a side, 35 metres, with a scan all over it."""
    return _one_page(
        "q 100000 0 0 100000 0 0 cm /I Do Q\n", SCAN, page="/MediaBox[0 0 100000 100000]", resources="/XObject<</I 6 0 R>>"
    )


def strip_of_100_000_pixels():
    """A PNG of 100,000 x 8 pixels."""
    return _png(100_000, 8, (b"\x00" + b"\xff" * 100_000) * 8)


def fifty_thousand_pages():
    """50,000 pages that share one line of text."""
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 3 0 R/Resources<</Font<</F1 4 0 R>>>>>>"
    kids = " ".join(f"{number} 0 R" for number in range(5, 50_005))
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count 50000/Kids[{kids}]>>",
        _stream(SENTENCE),
        HELVETICA,
        *[page] * 50_000,
    )


def ancestors_for_children():
    """A tree of three floors whose lowest node has the root among its children, beside a page."""
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 2/Kids[3 0 R]>>",
        "<</Type/Pages/Parent 2 0 R/Count 2/Kids[4 0 R]>>",
        "<</Type/Pages/Parent 3 0 R/Count 2/Kids[5 0 R 2 0 R]>>",
        "<</Type/Page/Parent 4 0 R/MediaBox[0 0 200 200]>>",
    )


# ---- many files of one kind, by their names


def one_sentence(text="All is well here"):
    """The smallest document of this suite: a page with one line on it."""
    return _one_page(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET\n")


def truncations(data, suffix):
    """Return `data` cut at each per cent, from nothing to all but the last, by the name of the file."""
    return {f"cut_at_{percent:02}{suffix}": data[: len(data) * percent // 100] for percent in range(100)}


def sound_documents():
    """Return a sound document of each kind that is cut, by suffix."""
    pictures = {}
    for suffix, name in ((".jpg", "JPEG"), (".tif", "TIFF"), (".webp", "WEBP"), (".bmp", "BMP")):
        stream = io.BytesIO()
        Image.open(io.BytesIO(sound_picture())).convert("RGB").save(stream, name)
        pictures[suffix] = stream.getvalue()
    return {".pdf": sound(), ".png": sound_picture(), **pictures}


def wrong_suffixes():
    """Return documents under the suffixes of others, and what is no document under theirs; by name."""
    documents = sound_documents()
    others = {
        "zip": b"PK\x03\x04" + bytes(40),
        "html": b"<!doctype html><p>x",
        "text": b"just words\n",
        "elf": b"\x7fELF" + bytes(99),
    }
    swapped = {f"{kind[1:]}_named{suffix}": data for kind, data in documents.items() for suffix in documents if suffix != kind}
    return {**swapped, **{f"{kind}_named.pdf": data for kind, data in others.items()}, "locked_named.png": encrypted()}


def names():
    """Return names of files, by what is special about them, that this system may or may not allow; all end in .pdf."""
    told = {
        "latin": "Größe façade.pdf",
        "decomposed accents": "cafe\u0301.pdf",
        "korean": "한국어 문서.pdf",
        "decomposed korean": "\u1112\u1161\u11ab.pdf",
        "vietnamese": "Tiếng Việt.pdf",
        "chinese": "中文文件.pdf",
        "japanese": "日本語の書類.pdf",
        "arabic": "مستند عربي.pdf",
        "hebrew": "מסמך.pdf",
        "hindi": "हिन्दी.pdf",
        "thai": "เอกสาร.pdf",
        "russian": "Русский.pdf",
        "greek": "Ελληνικά.pdf",
        "georgian": "ქართული.pdf",
        "amharic": "አማርኛ.pdf",
        "emoji": "🧾👩‍👩‍👧.pdf",
        "beyond the first plane": "𝔘𝔫𝔦.pdf",
        "turned to the right": "abc\u202efdp.exe.pdf",
        "newline": "first\nsecond.pdf",
        "carriage return": "first\rsecond.pdf",
        "tab": "a\tb.pdf",
        "escape": "a\x1b[31mred.pdf",
        "bell": "a\x07b.pdf",
        "spaces": "  a  b .pdf",
        "dash": "-rf.pdf",
        "option": "--output.pdf",
        "pattern": "[1] a*b?.pdf",
        "quotes": 'it\'s "so".pdf',
        "backslash": "a\\b.pdf",
        "percent": "100%20%s{}.pdf",
        "markup": "[red]x <b>&amp;.pdf",
        "dots": "...a..pdf.pdf",
        "tilde": "~.pdf",
        "dollar": "$HOME `id` ;&|.pdf",
        "url": "http:a.pdf",
        "commas": "a,b;c=d.pdf",
        "not utf-8": os.fsdecode(b"caf\xe9.pdf"),
        "long": "x" * 196 + ".pdf",
        "long in korean": "가" * 65 + ".pdf",
        "255 bytes": "x" * 251 + ".pdf",
        "255 bytes in korean": "가" * 83 + "xx.pdf",
    }
    assert all(len(os.fsencode(name)) <= 255 for name in told.values())
    return told


def deep_folder(root, length):
    """Make folders below `root` whose path has `length` bytes, and return it; longer than 4,096 it can be reached only in steps."""
    path, step = Path(root), "d" * 200
    here = os.open(path, os.O_RDONLY)
    while (left := length - len(os.fsencode(path)) - 1) > 0:
        name = step[
            : min(left, len(step)) if left != len(step) + 1 else len(step) - 1
        ]  # one byte is too few for a name and its "/"
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here, path = below, path / name
    os.close(here)
    return path


def write_below(root, folder, name, data):
    """Write a file into a folder of `deep_folder`, however long its path."""
    here = os.open(root, os.O_RDONLY)
    for step in Path(folder).relative_to(root).parts:
        below = os.open(step, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    file = os.open(name, os.O_WRONLY | os.O_CREAT, dir_fd=here)
    os.write(file, data)
    os.close(file)
    os.close(here)
