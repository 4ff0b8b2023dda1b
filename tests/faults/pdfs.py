"""PDFs that no careful program writes, made object by object; each function returns the bytes of one."""

from __future__ import annotations

import random
import zlib

import pymupdf

HELVETICA = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
DESCRIPTOR = (
    "<</Type/FontDescriptor/FontName/Script/Flags 4/FontBBox[0 -200 1000 900]/Ascent 900/Descent -200/CapHeight 700/StemV 80>>"
)
SENTENCE = "BT /F1 12 Tf 20 100 Td (All is well here) Tj ET\n"


def _body(value):
    return value if isinstance(value, bytes) else value.encode("latin-1")


def _pdf(*objects):
    """Return a PDF of these objects, numbered from 1; the first is the catalogue."""
    pieces, offsets, start = [b"%PDF-1.7\n"], [], 9
    for number, body in enumerate(objects, 1):
        pieces.append(b"%d 0 obj\n%s\nendobj\n" % (number, _body(body)))
        offsets.append(start)
        start += len(pieces[-1])
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    data = b"".join(pieces) + b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return data + b"trailer <</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def _stream(content, entries=""):
    packed = zlib.compress(_body(content))
    return _body(f"<</Length {len(packed)}/Filter/FlateDecode{entries}>>\nstream\n") + packed + b"\nendstream"


def _one_page(content=SENTENCE, *more, page="/MediaBox[0 0 200 200]", resources="", font=HELVETICA):
    """Return a PDF of one page, `content` on it; `more` objects begin at 6."""
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        f"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>{resources}>>{page}>>",
        _stream(content),
        font,
        *more,
    )


def _saved(document, **options):
    data = document.tobytes(**options)
    document.close()
    return data


# ---- files that are cut, locked or no documents at all


def sound(**options):
    """Three pages of a line each, and nothing wrong with them; `options` are of how they are saved."""
    document = pymupdf.open()
    for number in (1, 2, 3):
        document.new_page(width=300, height=400).insert_text((40, 60), f"This is page {number} of three")
    return _saved(document, **options)


def encrypted():
    """`sound`, behind the password "open sesame"."""
    with pymupdf.open(stream=sound()) as document:
        return document.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="open sesame", owner_pw="owner")


def empty():
    return b""


def truncated():
    """The first half of `sound`."""
    return sound()[: len(sound()) // 2]


def truncated_at_the_end():
    """`sound` without its cross-reference table."""
    return sound()[:-400]


def garbage():
    return b"%PDF-1.7\n" + random.Random(7).randbytes(50_000)


def no_pages():
    return _pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 0/Kids[]>>")


# ---- page trees


def cyclic_page_tree():
    """A node that is its own child, beside a page."""
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 3/Kids[3 0 R 2 0 R]>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
    )


def cyclic_parents():
    """A page whose parent is its own parent, from whom it inherits all."""
    return _pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Count 1/Kids[3 0 R]/Parent 2 0 R>>", "<</Type/Page/Parent 2 0 R>>")


def counted_pages_that_are_missing():
    """A tree that counts three pages and has one."""
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 3/Kids[3 0 R 4 0 R 5 0 R]>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
    )


def a_billion_counted_pages():
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 999999999/Kids[3 0 R]>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
    )


def deep_page_tree():
    """A page below 500 nodes that have nothing else in them."""
    nodes = [f"<</Type/Pages/Count 1/Kids[{number + 1} 0 R]/Parent {max(2, number - 1)} 0 R>>" for number in range(2, 502)]
    return _pdf("<</Type/Catalog/Pages 2 0 R>>", *nodes, "<</Type/Page/Parent 501 0 R/MediaBox[0 0 200 200]>>")


def ten_thousand_empty_pages():
    pages = ["<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>"] * 10_000
    kids = " ".join(f"{number} 0 R" for number in range(3, 10_003))
    return _pdf("<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count 10000/Kids[{kids}]>>", *pages)


def cyclic_outline():
    """Bookmarks that follow each other in a ring."""
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R/Outlines 4 0 R>>",
        "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>",
        "<</Type/Outlines/First 5 0 R/Last 6 0 R/Count 2>>",
        "<</Title(one)/Parent 4 0 R/Next 6 0 R/Dest[3 0 R/Fit]>>",
        "<</Title(two)/Parent 4 0 R/Next 5 0 R/Dest[3 0 R/Fit]>>",
    )


# ---- page sizes and turns


def page_of_no_numbers():
    return _one_page(page="/MediaBox[0 0 NaN nan]")


def page_of_infinite_size():
    return _one_page(page=f"/MediaBox[0 0 1e999 {'9' * 400}]")


def page_of_no_width():
    return _one_page(page="/MediaBox[0 0 0 200]")


def page_of_a_kilometre():
    return _one_page(page="/MediaBox[0 0 2834645 2834645]")


def page_of_one_point():
    return _one_page(page="/MediaBox[0 0 1 1]")


def page_of_a_thousandth():
    return _one_page(page="/MediaBox[0 0 0.001 0.001]")


def page_as_thin_as_a_hair():
    return _one_page(page="/MediaBox[0 0 14400 0.1]")


def page_turned_inside_out():
    return _one_page(page="/MediaBox[200 200 0 0]")


def page_below_the_origin():
    return _one_page(page="/MediaBox[-300 -300 -100 -100]")


def page_cropped_to_nothing():
    return _one_page(page="/MediaBox[0 0 200 200]/CropBox[500 500 600 600]")


def page_measured_in_words():
    return _one_page(page="/MediaBox[(wide)(as)(the)(sea)]")


def page_with_huge_user_unit():
    return _one_page(page="/MediaBox[0 0 200 200]/UserUnit 1e30")


def page_turned_by_45_degrees():
    return _one_page(page="/MediaBox[0 0 200 200]/Rotate 45")


def page_turned_by_no_number():
    return _one_page(page="/MediaBox[0 0 200 200]/Rotate/Left")


# ---- what is drawn


def a_million_drawings():
    return _one_page("".join(f"{n % 200} {n // 200 % 200} m {n % 200} 199 l S\n" for n in range(1_000_000)) + SENTENCE)


def a_hundred_thousand_words():
    lines = "".join(f"1 0 0 1 0 {n / 50:.2f} Tm (a b c d e f g h i j) Tj\n" for n in range(10_000))
    return _one_page(f"BT /F1 1 Tf\n{lines}ET")


def a_word_of_a_million_letters():
    return _one_page(f"BT /F1 1 Tf 0 100 Td ({'x' * 1_000_000}) Tj ET")


def a_bomb_of_spaces():
    """A content stream of 200 MB in a fifth of one."""
    return _one_page(b" " * 200_000_000)


def ten_thousand_pictures():
    picture = _stream(b"\x80", "/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray")
    content = "".join(f"q 1 0 0 1 {2 * (n % 100)} {2 * (n // 100)} cm /P Do Q\n" for n in range(10_000))
    return _one_page(content, picture, resources="/XObject<</P 6 0 R>>")


def endless_coordinates():
    """Lines, pictures and text at coordinates beyond all numbers."""
    return _one_page(
        f"1e38 -1e38 m 1e38 1e38 l S {'9' * 50} 0 m 0 {'9' * 50} l S 0 0 1e38 1e38 re f\n"
        "q 1e38 0 0 1e38 0 0 cm BT /F1 1e38 Tf 1e38 1e38 Td (far away) Tj ET Q\n" + SENTENCE
    )


def deep_forms():
    """Forms in forms, 2,000 deep, a sentence at the bottom."""
    forms = [
        _stream("/X Do", f"/Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<</XObject<</X {number + 1} 0 R>>>>")
        for number in range(6, 2006)
    ]
    last = _stream(SENTENCE, "/Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<</Font<</F1 5 0 R>>>>")
    return _one_page("/X Do\n" + SENTENCE, *forms, last, resources="/XObject<</X 6 0 R>>")


def cyclic_form():
    """A form that draws itself."""
    form = _stream("/X Do", "/Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<</XObject<</X 6 0 R>>>>")
    return _one_page("/X Do\n" + SENTENCE, form, resources="/XObject<</X 6 0 R>>")


def saved_states_without_end():
    return _one_page("q\n" * 20_000 + SENTENCE)


def syntax_garbage():
    """Operators without operands, brackets without partners, and a sentence between them."""
    return _one_page("Tj ) ]] >> Q Q Q 1 2 3 rg m l l l S\n" + SENTENCE + "BT ((((( Tj << [ \x00\xff\x80")


def compressed_garbage():
    """A content stream that says it is deflated, and is not."""
    noise = random.Random(11).randbytes(5_000)
    stream = b"<</Length 5000/Filter/FlateDecode>>\nstream\n" + noise + b"\nendstream"
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 2/Kids[3 0 R 5 0 R]>>",
        "<</Type/Page/Parent 2 0 R/Contents 4 0 R/MediaBox[0 0 200 200]>>",
        stream,
        "<</Type/Page/Parent 2 0 R/Contents 6 0 R/MediaBox[0 0 200 200]/Resources<</Font<</F1 7 0 R>>>>>>",
        _stream(SENTENCE),
        HELVETICA,
    )


def contents_that_are_a_number():
    return _pdf(
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        "<</Type/Page/Parent 2 0 R/Contents 42/MediaBox[0 0 200 200]/Annots 7/Resources(none)>>",
    )


# ---- fonts and scripts


def missing_font():
    return _one_page(font="<</Type/Font/Subtype/TrueType/BaseFont/NoSuchFont-Bold/FontDescriptor 99 0 R>>")


def font_that_is_garbage():
    descriptor = "<</Type/FontDescriptor/FontName/Broken/Flags 4/FontBBox[0 0 1000 1000]/FontFile2 7 0 R>>"
    font = "<</Type/Font/Subtype/TrueType/BaseFont/Broken/FirstChar 0/LastChar 255/FontDescriptor 6 0 R>>"
    return _one_page(SENTENCE, descriptor, _stream(random.Random(5).randbytes(4_000)), font=font)


def font_without_unicode():
    """Text in a font of numbered glyphs that nobody can translate."""
    font = (
        "<</Type/Font/Subtype/Type0/BaseFont/Secret/Encoding/Identity-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType2"
        f"/BaseFont/Secret/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 600/FontDescriptor{DESCRIPTOR}>>]>>"
    )
    return _one_page("BT /F1 12 Tf 20 100 Td <00010002000300040005> Tj ET", font=font)


def _in_script(lines, *, encoding="Identity-H"):
    """Return a page whose lines, [(place, text)], are set in a font that is not embedded and tells what its glyphs mean."""
    glyphs = {letter: number for number, letter in enumerate(dict.fromkeys("".join(text for _, text in lines)), 1)}
    meanings = "\n".join(f"<{number:04x}> <{letter.encode('utf-16-be').hex()}>" for letter, number in glyphs.items())
    unicode_map = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{len(glyphs)} beginbfchar\n{meanings}\nendbfchar\nendcmap end end"
    )
    font = (
        f"<</Type/Font/Subtype/Type0/BaseFont/Script/Encoding/{encoding}/ToUnicode 6 0 R/DescendantFonts[<</Type/Font"
        "/Subtype/CIDFontType2/BaseFont/Script/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        f"/DW 1000/FontDescriptor{DESCRIPTOR}>>]>>"
    )
    shown = "".join(
        f"BT /F1 12 Tf {place} Tm <{''.join(f'{glyphs[letter]:04x}' for letter in text)}> Tj ET\n" for place, text in lines
    )
    return _one_page(shown, _stream(unicode_map), font=font, page="/MediaBox[0 0 400 400]")


def arabic():
    """Two lines of Arabic, as most writers store them: by place from left to right, so backwards."""
    return _in_script([("1 0 0 1 40 300", "مرحبا بالعالم"[::-1]), ("1 0 0 1 40 280", "السلام عليكم"[::-1])])


def hebrew():
    return _in_script([("1 0 0 1 40 300", "שלום עולם"[::-1]), ("1 0 0 1 40 280", "בוקר טוב"[::-1])])


def vertical_japanese():
    """Two columns written downwards, the right one first."""
    return _in_script([("1 0 0 1 340 360", "吾輩は猫である"), ("1 0 0 1 320 360", "名前はまだ無い")], encoding="Identity-V")


def text_turned_by_37_degrees():
    return _one_page("BT /F1 12 Tf 0.7986 0.6018 -0.6018 0.7986 40 40 Tm (Slanted across the page) Tj ET")


def mirrored_text():
    return _one_page("BT /F1 12 Tf -1 0 0 1 160 100 Tm (Seen in a mirror) Tj ET")


def letters_from_the_private_area():
    """Text that stands for lone surrogates, controls, non-characters and private letters."""
    return _in_script([("1 0 0 1 40 300", "a\ue000\uf8ff\ufffe\uffff\x00\x07\u202e\u2066b")])
