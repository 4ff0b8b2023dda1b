"""PDFs that ask for more than any machine has: bytes of a few kilobytes or megabytes, made on the spot, one function a trick."""

from __future__ import annotations

import struct
import zlib

GIGABYTE = 1 << 30
_CHUNK = 1 << 22
_HELVETICA = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
_HELLO = "BT /F1 20 Tf 20 100 Td (Hello) Tj ET"


def pdf(objects, trailer=""):
    """Return a PDF of these objects by their numbers, each text or bytes; 1 is the catalogue."""
    data = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in sorted(objects.items()):
        places[number] = len(data)
        data += b"%d 0 obj\n" % number + (body if isinstance(body, bytes) else body.encode("latin-1")) + b"\nendobj\n"
    start, size = len(data), max(objects) + 1
    data += b"xref\n0 %d\n0000000000 65535 f \n" % size
    data += b"".join(b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(1, size))
    return bytes(data) + f"trailer <</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode()


def stream(content, entries=""):
    """Return a stream object; `content` is text or bytes, stored as it is."""
    content = content if isinstance(content, bytes) else content.encode("latin-1")
    return f"<</Length {len(content)}{entries}>>\nstream\n".encode("latin-1") + content + b"\nendstream"


def one_page(content=_HELLO, more=None, *, page="", resources="", catalogue="", trailer=""):
    """Return a PDF of one page that says Hello, unless its content is another; `more` objects begin at 6."""
    box = "" if "/MediaBox" in page else "/MediaBox[0 0 200 200]"
    objects = {
        1: f"<</Type/Catalog/Pages 2 0 R{catalogue}>>",
        2: "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: f"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>{resources}>>{box}{page}>>",
        4: content if isinstance(content, bytes) else stream(content),
        5: _HELVETICA,
        **(more or {}),
    }
    return pdf(objects, trailer)


def unpacks_to(size, byte=b" ", layers=1, end=b""):
    """Return what unpacks, by `layers` of zlib, to `size` (at least 4 MB) times a byte and `end`, without ever holding that."""
    packer = zlib.compressobj(9)
    head = packer.compress(b"")
    chunk = packer.compress(byte * _CHUNK) + packer.flush(zlib.Z_FULL_FLUSH)  # after which nothing refers back: it can be repeated
    once, chunk = chunk, packer.compress(byte * _CHUNK) + packer.flush(zlib.Z_FULL_FLUSH)
    count = size // _CHUNK
    length, value = count * _CHUNK, byte[0]
    low, high = (1 + length * value) % 65521, (length + value * length * (length + 1) // 2) % 65521  # Adler-32 of it
    tail = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = head + once + chunk * (count - 1) + tail.compress(end) + tail.flush()
    packed += struct.pack(">I", zlib.adler32(end, high << 16 | low))
    for _ in range(layers - 1):
        packed = zlib.compress(packed, 9)
    return packed


def _flate(layers):
    return "/Filter[" + "/FlateDecode" * layers + "]"


def content_bomb(size=2 * GIGABYTE, layers=1):
    """Return a page whose commands are gigabytes of white space, and Hello at their end."""
    return one_page(stream(unpacks_to(size, layers=layers, end=_HELLO.encode()), _flate(layers)))


def nested_content_bomb():
    """Return one of some kilobytes: packed three times."""
    return content_bomb(layers=3)


def operators_bomb(size=2 * GIGABYTE):
    """Return a page whose commands are gigabytes of `q`, each kept by whoever draws."""
    return one_page(stream(unpacks_to(size, b"q"), _flate(1)))


def many_streams_bomb(count=2_000, size=64 << 20):
    """Return a page whose commands are many streams, each harmless."""
    more = {6: stream(unpacks_to(size), _flate(1))}
    return one_page(more=more).replace(b"/Contents 4 0 R", b"/Contents[" + b"6 0 R " * count + b"4 0 R]")


def picture_bomb(width=60_000, height=60_000):
    """Return a page with a picture of billions of pixels in a few megabytes."""
    entries = f"/Type/XObject/Subtype/Image/Width {width}/Height {height}/BitsPerComponent 8/ColorSpace/DeviceRGB{_flate(2)}"
    size = min(width * height * 3, 2 * GIGABYTE)
    more = {6: stream(unpacks_to(size, b"\x7f", layers=2), entries)}
    return one_page(_HELLO + " q 200 0 0 200 0 0 cm /I Do Q", more, resources="/XObject<</I 6 0 R>>")


def small_picture_of_much_data():
    """Return a page with a picture of one pixel whose stream unpacks to gigabytes."""
    entries = f"/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceRGB{_flate(2)}"
    more = {6: stream(unpacks_to(2 * GIGABYTE, layers=2), entries)}
    return one_page(_HELLO + " q 200 0 0 200 0 0 cm /I Do Q", more, resources="/XObject<</I 6 0 R>>")


def inline_picture_bomb(side=60_000):
    """Return a page with such a picture among its commands."""
    data = unpacks_to(64 << 20, b"\x7f")
    inline = b" q 200 0 0 200 0 0 cm BI /W %d /H %d /BPC 8 /CS /RGB /F /Fl ID " % (side, side) + data + b" EI Q"
    return one_page(stream(_HELLO.encode() + inline))


def jpeg_bomb(side=65_000):
    """Return a page with a JPEG that is all header."""
    header = b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 17, 8, side, side, 3) + b"\x01\x11\x00\x02\x11\x00\x03\x11\x00"
    table = b"\xff\xdb\x00\x43\x00" + b"\x01" * 64
    huffman = b"".join(b"\xff\xc4" + struct.pack(">HB", 20, kind) + b"\x01" + b"\0" * 15 + b"\0" for kind in (0x00, 0x10))
    scan = b"\xff\xda" + struct.pack(">HB", 12, 3) + b"\x01\x00\x02\x00\x03\x00\x00\x3f\x00" + b"\0" * 1000 + b"\xff\xd9"
    return _picture(header + table + huffman + scan, f"/Width {side}/Height {side}/Filter/DCTDecode")


def jpeg_of_scans(scans, side=5000):
    """Return a progressive JPEG that goes over its picture so often, with nothing to add to it."""
    frame = b"\xff\xd8\xff\xc2" + struct.pack(">HBHHBBBB", 11, 8, side, side, 1, 1, 0x11, 0)
    table = b"\xff\xdb\x00\x43\x00" + b"\x01" * 64
    huffman = b"\xff\xc4" + struct.pack(">HB", 20, 0) + b"\x01" + b"\0" * 16
    scan = b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 0, 0, 0)
    return frame + table + huffman + scan * scans + b"\xff\xd9"


def scans_bomb():
    """Return a page with a JPEG of a megabyte that takes minutes."""
    return _picture(*_endless())


def scans_of_a_mask_bomb():
    """Return a page with a picture that such a JPEG is the mask of."""
    data, entries, colours = _endless()
    mask = stream(data, f"/Type/XObject/Subtype/Image{entries}{colours}")
    return _picture(b"\0\0\0", "/Width 1/Height 1/SMask 7 0 R", more={7: mask})


def _endless():
    return jpeg_of_scans(100_000, 5000), "/Width 5000/Height 5000/Filter/DCTDecode", "/ColorSpace/DeviceGray/BitsPerComponent 8"


def jpx_bomb(side=60_000):
    """Return a page with a JPEG 2000 that is all header, and tells its size only there."""
    size = struct.pack(">HHIIIIIIIIH", 47, 0, side, side, 0, 0, side, side, 0, 0, 3) + b"\x07\x01\x01" * 3
    style = b"\xff\x52\x00\x0c\x00\x00\x00\x01\x01\x05\x04\x04\x00\x01" + b"\xff\x5c\x00\x13\x40" + b"\x40" * 16
    tile = b"\xff\x90\x00\x0a\x00\x00\x00\x00\x00\x00\x00\x01\xff\x93" + b"\0" * 100 + b"\xff\xd9"
    return _picture(b"\xff\x4f\xff\x51" + size + style + tile, "/Width 10/Height 10/Filter/JPXDecode", colours="")


def jbig2_bomb(side=65_000):
    """Return a page with a JBIG2 picture of billions of pixels."""
    page = struct.pack(">IBBI", 0, 48, 1, 19) + struct.pack(">IIIIBH", side, side, 0, 0, 0, 0)
    region = struct.pack(">IIIIB", side, side, 0, 0, 0) + b"\x00\x03\xff\xfd\xff\x02\xfe\xfe\xfe" + b"\0" * 50
    data = page + struct.pack(">IBBI", 1, 38, 1, len(region)) + region
    return _picture(data, f"/Width {side}/Height {side}/Filter/JBIG2Decode", colours="/ColorSpace/DeviceGray/BitsPerComponent 1")


def fax_bomb(side=200_000):
    """Return a page with a fax picture of billions of pixels."""
    entries = f"/Width {side}/Height {side}/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns {side}/Rows {side}>>"
    return _picture(b"\xff" * (side // 8), entries, colours="/ColorSpace/DeviceGray/BitsPerComponent 1")


def _picture(data, entries, colours="/ColorSpace/DeviceRGB/BitsPerComponent 8", more=None):
    more = {6: stream(data, f"/Type/XObject/Subtype/Image{entries}{colours}"), **(more or {})}
    return one_page(_HELLO + " q 200 0 0 200 0 0 cm /I Do Q", more, resources="/XObject<</I 6 0 R>>")


def profile_bomb():
    """Return a page whose colours are told by a profile that unpacks to gigabytes."""
    more = {6: stream(unpacks_to(2 * GIGABYTE, layers=2), f"/N 3{_flate(2)}")}
    return one_page("/C cs 1 0 0 sc 0 0 100 50 re f " + _HELLO, more, resources="/ColorSpace<</C[/ICCBased 6 0 R]>>")


def font_bomb():
    """Return a page whose font unpacks to gigabytes."""
    more = {
        6: "<</Type/Font/Subtype/TrueType/BaseFont/Bomb/FirstChar 0/LastChar 0/Widths[500]/FontDescriptor 7 0 R/ToUnicode 9 0 R>>",
        7: "<</Type/FontDescriptor/FontName/Bomb/Flags 4/FontFile2 8 0 R>>",
        8: stream(unpacks_to(2 * GIGABYTE, layers=2), _flate(2)),
        9: stream(unpacks_to(2 * GIGABYTE, layers=2), _flate(2)),
    }
    return one_page(_HELLO + " BT /F2 20 Tf 20 50 Td (World) Tj ET", more).replace(b"/F1 5 0 R>>", b"/F1 5 0 R/F2 6 0 R>>")


def object_stream_bomb():
    """Return a PDF whose objects are in a stream that unpacks to gigabytes."""
    packed = unpacks_to(2 * GIGABYTE, layers=2)
    table = struct.pack(">BIB", 0, 0, 255)
    data = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/MediaBox[0 0 200 200]>>",
        4: stream(_HELLO),
        6: stream(packed, "/Type/ObjStm/N 1/First 4" + _flate(2)),
    }.items():
        places[number] = len(data)
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    places[7] = len(data)
    for number in range(1, 8):
        table += struct.pack(">BIB", 2, 6, 0) if number == 5 else struct.pack(">BIB", 1, places[number], 0)
    data += b"7 0 obj\n" + stream(zlib.compress(table), "/Type/XRef/Size 8/W[1 4 1]/Root 1 0 R/Filter/FlateDecode") + b"\nendobj\n"
    return bytes(data) + b"startxref\n%d\n%%%%EOF\n" % places[7]


def millions_of_objects(count=8_000_000):
    """Return a PDF whose table names millions of objects, in a kilobyte."""
    data = bytearray(one_page())
    start, before = len(data), data.index(b"xref\n0 ")
    entries = f"/Type/XRef/Size {count}/W[1 2 1]/Index[6 {count - 6}]/Root 1 0 R/Prev {before}{_flate(2)}"
    data += b"6 0 obj\n" + stream(unpacks_to(4 * count + _CHUNK, b"\0", layers=2), entries) + b"\nendobj\n"
    return bytes(data) + b"startxref\n%d\n%%%%EOF\n" % start


def a_table_that_says_it_is_large(count=8_000_000):
    """Return a PDF whose trailer speaks of millions of objects, though there are five."""
    return one_page().replace(b"/Size 6", b"/Size %d" % count)


def many_pages(count=50_000):
    """Return a PDF of many pages, flat under one node."""
    objects = {
        1: "<</Type/Catalog/Pages 2 0 R>>",
        2: f"<</Type/Pages/Count {count}/Kids[{' '.join(f'{n} 0 R' for n in range(10, 10 + count))}]>>",
        4: stream(_HELLO),
        5: _HELVETICA,
    }
    page = "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/MediaBox[0 0 200 200]>>"
    return pdf(objects | dict.fromkeys(range(10, 10 + count), page))


def pages_that_are_one(levels=8, each=10):
    """Return a PDF of a hundred million pages, all of them the same, in a page tree of some lines."""
    objects = {1: "<</Type/Catalog/Pages 10 0 R>>", 4: stream(_HELLO), 5: _HELVETICA}
    for level in range(levels):
        objects[10 + level] = f"<</Type/Pages/Count {each ** (levels - level)}/Kids[{f'{11 + level} 0 R ' * each}]>>"
    objects[10 + levels] = "<</Type/Page/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/MediaBox[0 0 200 200]>>"
    return pdf(objects)


def counted_pages(count):
    """Return a PDF of one page whose tree counts others."""
    return one_page().replace(b"/Count 1", b"/Count %d" % count)


def page_tree_in_a_circle():
    """Return a PDF whose page tree has itself below."""
    return one_page().replace(b"/Kids[3 0 R]", b"/Kids[3 0 R 2 0 R]").replace(b"/Count 1", b"/Count 2")


def deep_page_tree(depth=100_000):
    """Return a PDF whose only page lies deep in its tree."""
    objects = {1: "<</Type/Catalog/Pages 10 0 R>>", 4: stream(_HELLO), 5: _HELVETICA}
    for level in range(depth):
        objects[10 + level] = f"<</Type/Pages/Count 1/Kids[{11 + level} 0 R]{f'/Parent {9 + level} 0 R' if level else ''}>>"
    page = f"<</Type/Page/Parent {9 + depth} 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/MediaBox[0 0 200 200]>>"
    return pdf(objects | {10 + depth: page})


def deep_arrays(depth=100_000):
    """Return a PDF with arrays in arrays in its page."""
    return one_page(page=f"/Deep{'[' * depth}{']' * depth}")


def deep_dictionaries(depth=100_000):
    """Return a PDF with dictionaries in dictionaries in its catalogue."""
    return one_page(catalogue=f"/Deep{'<</A' * depth} 1{'>>' * depth}")


def deep_commands(depth=100_000):
    """Return a page with arrays in arrays among its commands."""
    return one_page("[" * depth + "]" * depth + " TJ " + _HELLO)


def deep_outline(depth=100_000):
    """Return a PDF with bookmarks in bookmarks."""
    more = {10: "<</Type/Outlines/First 11 0 R/Last 11 0 R/Count 1>>"}
    for level in range(depth):
        below = f"/First {12 + level} 0 R/Last {12 + level} 0 R/Count 1" if level + 1 < depth else ""
        more[11 + level] = f"<</Title(A)/Parent {10 + level} 0 R/Dest[3 0 R/Fit]{below}>>"
    return one_page(more=more, catalogue="/Outlines 10 0 R")


def outline_in_a_circle():
    """Return a PDF with a bookmark below and behind itself."""
    more = {10: "<</Type/Outlines/First 11 0 R/Last 11 0 R>>", 11: "<</Title(A)/Parent 10 0 R/First 11 0 R/Next 11 0 R>>"}
    return one_page(more=more, catalogue="/Outlines 10 0 R")


def deep_fields(depth=100_000):
    """Return a PDF with form fields in form fields."""
    more = {10 + level: f"<</T(A)/Kids[{11 + level} 0 R]{f'/Parent {9 + level} 0 R' if level else ''}>>" for level in range(depth)}
    more[10 + depth] = (
        f"<</Type/Annot/Subtype/Widget/FT/Tx/T(Z)/V(value)/Parent {9 + depth} 0 R/P 3 0 R/Rect[10 10 90 30]/DA(/Helv 9 Tf)>>"
    )
    form = "/AcroForm<</Fields[10 0 R]/DR<</Font<</Helv 5 0 R>>>>>>"
    return one_page(more=more, page=f"/Annots[{10 + depth} 0 R]", catalogue=form)


def deep_names(depth=100_000):
    """Return a PDF whose attachments lie deep in a tree of names."""
    more = {10 + level: f"<</Kids[{11 + level} 0 R]/Limits[(a)(a)]>>" for level in range(depth)}
    more[10 + depth] = "<</Names[(a)<</Type/Filespec/F(a)/UF(a)/EF<</F 4 0 R>>>>]/Limits[(a)(a)]>>"
    return one_page(more=more, catalogue="/Names<</EmbeddedFiles 10 0 R>>")


def many_links(count=10_000):
    """Return a page with links to itself and to pages of the Web, each of its own."""
    links = ["/A<</S/URI/URI(http://a.b/c)>>", "/Dest[3 0 R/Fit]"]
    more = {6 + n: f"<</Type/Annot/Subtype/Link/Rect[{n % 99} 0 {n % 99 + 9} 9]{links[n % 2]}>>" for n in range(count)}
    return one_page(more=more, page=f"/Annots[{' '.join(f'{number} 0 R' for number in more)}]")


def many_fields(count=10_000):
    """Return a page with so many form fields."""
    more = {6 + n: f"<</Type/Annot/Subtype/Widget/FT/Tx/T(f{n})/Rect[{n % 99} 0 {n % 99 + 9} 9]>>" for n in range(count)}
    fields = f"[{' '.join(f'{number} 0 R' for number in more)}]"
    return one_page(more=more, page=f"/Annots{fields}", catalogue=f"/AcroForm<</Fields{fields}>>")


def many_attachments(count=20_000):
    """Return a PDF with thousands of files inside."""
    names = "".join(f"(f{n:06})<</Type/Filespec/F(f{n:06})/UF(f{n:06})/EF<</F 4 0 R>>>>" for n in range(count))
    return one_page(catalogue=f"/Names<</EmbeddedFiles<</Names[{names}]>>>>")


def laughs(levels=10, each=10, kind="form"):
    """Return a page of billions of drawings: forms that draw forms, patterns painted with patterns, letters made of letters."""
    more = {}
    for level in range(levels):
        last = level + 1 == levels
        number, below = 10 + level, f"{11 + level} 0 R"
        if kind == "form":
            body = "0 0 m 9 9 l S " if last else "/X Do " * each
            more[number] = stream(body, f"/Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<</XObject<</X {below}>>>>")
        elif kind == "pattern":
            body = "0 0 m 9 9 l S " if last else "/Pattern cs /X scn 0 0 50 50 re f " * each
            entries = "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 50 50]/XStep 50/YStep 50"
            more[number] = stream(body, f"{entries}/Resources<</Pattern<</X {below}>>>>")
        else:
            body = "1000 0 d0 0 0 500 500 re f" if last else f"1000 0 d0 BT /X 1 Tf ({'a' * each}) Tj ET"
            more[number] = (
                "<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]"
                f"/CharProcs<</a {100 + level} 0 R>>/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97/Widths[1000]"
                f"/Resources<</Font<</X {below}>>>>>>"
            )
            more[100 + level] = stream(body)
    if kind == "form":
        return one_page(_HELLO + " /X Do", more, resources="/XObject<</X 10 0 R>>")
    if kind == "pattern":
        return one_page(_HELLO + " /Pattern cs /X scn 0 0 200 200 re f", more, resources="/Pattern<</X 10 0 R>>")
    return one_page(_HELLO + " BT /X 10 Tf 20 50 Td (a) Tj ET", more).replace(b"/F1 5 0 R>>", b"/F1 5 0 R/X 10 0 R>>")


def laughing_patterns():
    """Return a page painted with patterns that are painted with patterns."""
    return laughs(kind="pattern")


def laughing_letters():
    """Return a page of letters that are made of letters."""
    return laughs(kind="letter")


def form_in_itself():
    """Return a page with a form that draws itself."""
    more = {6: stream("/X Do /X Do", "/Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<</XObject<</X 6 0 R>>>>")}
    return one_page(_HELLO + " /X Do", more, resources="/XObject<</X 6 0 R>>")


def fine_pattern():
    """Return a page painted with a pattern of a millionth of a point."""
    entries = "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 9 9]/XStep .000001/YStep .000001/Resources<<>>"
    more = {6: stream("0 0 9 9 re f", entries)}
    return one_page(_HELLO + " /Pattern cs /X scn 0 0 200 200 re f", more, resources="/Pattern<</X 6 0 R>>")


def huge_page():
    """Return a page as large as a country."""
    return one_page(page="/MediaBox[0 0 1e9 1e9]")


def huge_user_unit():
    """Return a page whose unit makes it so."""
    return one_page(page="/UserUnit 1000000")


def mesh_bomb():
    """Return a page with a shading of billions of vertices."""
    entries = "/ShadingType 5/ColorSpace/DeviceRGB/BitsPerCoordinate 8/BitsPerComponent 8/VerticesPerRow 1000"
    entries += f"/Decode[0 200 0 200 0 1 0 1 0 1]{_flate(2)}"
    more = {6: stream(unpacks_to(2 * GIGABYTE, b"\x41", layers=2), entries)}
    return one_page(_HELLO + " /S sh", more, resources="/Shading<</S 6 0 R>>")


def function_bomb():
    """Return a page whose colours are told by a table of billions of entries."""
    function = f"/FunctionType 0/Domain[0 1 0 1 0 1 0 1]/Range[0 1 0 1 0 1]/Size[255 255 255 255]/BitsPerSample 8{_flate(2)}"
    more = {6: stream(unpacks_to(2 * GIGABYTE, b"\x41", layers=2), function)}
    colours = "/ColorSpace<</C[/DeviceN[/A/B/C/D]/DeviceRGB 6 0 R]>>"
    return one_page("/C cs 1 0 0 0 sc 0 0 100 50 re f " + _HELLO, more, resources=colours)
