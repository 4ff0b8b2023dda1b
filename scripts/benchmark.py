"""Print how fast docai reads and how much memory it takes, beside its peers where they are installed.

Speed: digital pages without tables or charts, drawn here or from a folder of your own (`--data`), in CPU-seconds of this
process, the reading and the writing of JSON and Markdown included. Memory: the peak of `docai extract --to json` over 100
and 1,000 pages, each in a process of its own. Tiles: from a page to what a vision model is shown. Start-up: the median wall
time of several starts.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pymupdf
from PIL import Image

WORDS = (
    "the of and a in to is for that with as was by on are be this at from which or an were it has have had their its not "
    "report region company market energy transport customer measure quality delivery network increase method result data "
    "system process value annual period average number change growth service product public control model example figure"
).split()
ENGLISH = " ".join(WORDS * 8)
VIETNAMESE = (
    "Hội đồng quản trị đã xem xét báo cáo quý ba và nhận thấy sản lượng tăng ở mọi miền của đất nước trong khi chi phí " * 14
)
KOREAN = (
    "이사회는 삼분기 보고서를 검토하고 전국 모든 지역에서 물량이 늘어난 반면 에너지 비용은 이 년 연속으로 줄었다는 것을 확인 " * 10
)
SCANS = (("en", "eng", "tiro", ENGLISH), ("vi", "vie", "notos", VIETNAMESE), ("ko", "kor", "korea", KOREAN))
MEMORY = """
import resource, sys
from docai import cli
sys.argv = ["docai", "extract", sys.argv[1], "--to", "json", "--output", sys.argv[2], "--quiet"]
try:
    cli.main()
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def draw_prose(path: Path, pages: int) -> Path:
    """Draw a document of running text, two columns a page with headings, about 650 words each; return its path."""
    rng = random.Random(1)  # noqa: S311  # words, not secrets
    with pymupdf.open() as document:
        for number in range(1, pages + 1):
            page = document.new_page(width=595, height=842)
            page.insert_text((60, 40), "Annual report", fontsize=8)
            page.insert_text((290, 815), str(number), fontsize=8)
            for left in (60, 310):
                page.insert_text(
                    (left, 76), f"{number}.{left // 300 + 1} {rng.choice(WORDS).title()}", fontsize=13, fontname="hebo"
                )
                paragraphs = (" ".join(rng.choices(WORDS, k=65)).capitalize() + "." for _ in range(5))
                page.insert_textbox(
                    (left, 86, left + 225, 790), "\n\n".join(paragraphs), fontsize=10, align=pymupdf.TEXT_ALIGN_JUSTIFY
                )
        document.save(path, deflate=True)
    return path


def read_with_docai(path: Path) -> int:
    """Read a document and write it as JSON and Markdown; return its number of pages."""
    import docai  # noqa: PLC0415  # the start-up belongs to its own measurement

    document = docai.extract(path)
    document.to_json()
    document.to_markdown()
    return len(document.pages)


def read_with_pymupdf4llm(path: Path) -> int:
    """Read a document by pymupdf4llm's rules, without its layout net."""
    import pymupdf4llm  # noqa: PLC0415  # optional

    pymupdf4llm.use_layout(False)  # noqa: FBT003  # its signature
    pymupdf4llm.to_markdown(str(path))
    return page_count(path)


def read_with_markitdown(path: Path) -> int:
    """Read a document by markitdown."""
    from markitdown import MarkItDown  # noqa: PLC0415  # optional

    MarkItDown().convert(str(path))
    return page_count(path)


def page_count(path: Path) -> int:
    """Return the number of pages of a PDF."""
    with pymupdf.open(path) as document:
        return len(document)


def cpu_seconds() -> float:
    """Return the processor time of this process and of the children it has waited for."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def speed(name: str, read: Callable[[Path], int], paths: list[Path], runs: int) -> None:
    """Print pages per CPU-second of a reader: the median, least and most of several runs after one that is not counted."""
    try:
        read(paths[0])
    except ImportError as error:
        print(f"  {name:14s} not installed ({error.name})")
        return
    rates = []
    for _ in range(runs):
        begun = cpu_seconds()
        pages = sum(read(path) for path in paths)
        rates.append(pages / (cpu_seconds() - begun))
    print(f"  {name:14s} {statistics.median(rates):6.1f} pages/CPU-s ({min(rates):.1f} to {max(rates):.1f}; {pages} pages)")


def drawn_scan(font: str, text: str) -> bytes:
    """Return a full A4 page of text as a PNG of 200 dpi."""
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        writer = pymupdf.TextWriter(page.rect)
        writer.fill_textbox((60, 60, 535, 790), text, fontsize=10.5, font=pymupdf.Font(font))
        writer.write_text(page)
        return bytes(page.get_pixmap(dpi=200, colorspace=pymupdf.csGRAY).tobytes("png"))


def seconds_each(read: Callable[[], object], runs: int) -> list[float]:
    """Return the CPU-seconds that each of several runs takes, after one that is not counted."""
    read()
    seconds = []
    for _ in range(runs):
        begun = cpu_seconds()
        read()
        seconds.append(cpu_seconds() - begun)
    return seconds


def bare_tesseract(model: str, picture: bytes) -> Callable[[], object] | None:
    """Return how Tesseract reads a picture as it is, or nothing where tesserocr is not installed."""
    try:
        import tesserocr  # noqa: PLC0415  # optional
    except ImportError:
        return None
    from docai.backends.classical.engines.tessdata import find_tessdata  # noqa: PLC0415  # the start-up is measured apart

    api = tesserocr.PyTessBaseAPI(path=str(find_tessdata(model)), lang=model)

    def read() -> str:
        api.SetImage(Image.open(io.BytesIO(picture)))
        return str(api.GetUTF8Text())

    return read


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process on one core: two that share their arithmetic units take longer each, which is no work of the reader's."""
    if not hasattr(os, "sched_setaffinity"):  # macOS and Windows
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield
    os.sched_setaffinity(0, cores)


def ocr(runs: int) -> None:
    """Print the CPU-seconds that a scanned A4 page takes at 200 dpi, and their ratio to Tesseract's own on the same picture."""
    import docai  # noqa: PLC0415  # the start-up belongs to its own measurement

    for language, model, font, text in SCANS:
        picture = drawn_scan(font, text)
        reader = docai.Extractor(languages=(language,))
        ours = seconds_each(lambda: reader.extract(picture), runs)  # noqa: B023  # called at once
        print(f"  {language} {statistics.median(ours):5.2f} CPU-s a page ({min(ours):.2f} to {max(ours):.2f})", end="")
        read = bare_tesseract(model, picture)
        if read is None:
            print("; tesserocr is not installed to compare with")
            continue
        bare = statistics.median(seconds_each(read, runs))
        print(f", bare tesserocr {bare:5.2f}, ratio {statistics.median(ours) / bare:.2f}")


def tiles(path: Path, runs: int) -> None:
    """Print the CPU-seconds that a page takes to become a model's tiles, and their ratio to transformers' own processor.

    `by need` goes from the PDF to the tiles, against a picture of 200 dpi and the processor; `reference` gives the processor's
    own tiles, bit by bit, from a picture of 300 dpi (2480 x 3508 pixels).
    """
    from docai.grids import IMAGENET_MEAN, IMAGENET_STD, cut_reference, normalised  # noqa: PLC0415  # the start-up is measured apart
    from docai.sources import opened, origin_of  # noqa: PLC0415
    from docai.tiling import GridLens, Lens, View, look  # noqa: PLC0415

    try:
        from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil  # noqa: PLC0415  # optional
    except ImportError as error:
        print(f"  transformers is not installed to compare with ({error.name})")
        return
    processor = GotOcr2ImageProcessorPil(
        crop_to_patches=True, image_mean=IMAGENET_MEAN, image_std=IMAGENET_STD, size={"height": 448, "width": 448}
    )
    with opened(origin_of(path)) as source:
        page = source.page(1)
        view = View(page.reference, page.width_points, page.height_points, words=page.words, rules=page.rules)
        picture = view.pixels(Lens(width=2480, height=3508))
        pairs = {
            "by need": (
                lambda: normalised(look(view, GridLens()).tiles, IMAGENET_MEAN, IMAGENET_STD),
                lambda: processor(images=view.pixels(Lens(dpi=200)), return_tensors="np"),
            ),
            "reference": (
                lambda: normalised(cut_reference(picture, GridLens(by_need=False)).tiles, IMAGENET_MEAN, IMAGENET_STD),
                lambda: processor(images=picture, return_tensors="np"),
            ),
        }
        for name, (own, other) in pairs.items():
            ours, theirs = (statistics.median(seconds_each(read, runs)) for read in (own, other))
            print(f"  {name:14s} {ours:6.3f} CPU-s a page, transformers {theirs:.3f}, {theirs / ours:.1f} times as fast")


def memory(folder: Path) -> None:
    """Print the peak memory of the command at 100 and 1,000 pages, and their ratio."""
    peaks = []
    for pages in (100, 1000):
        path = draw_prose(folder / f"{pages}.pdf", pages)
        run = subprocess.run([sys.executable, "-c", MEMORY, path, folder], capture_output=True, text=True, check=True)
        peaks.append(int(run.stdout.split()[-1]) / 1024)
        print(f"  {pages:5d} pages {peaks[-1]:6.0f} MB")
    print(f"  ratio       {peaks[1] / peaks[0]:6.2f}")


def start_up(runs: int) -> None:
    """Print the wall time of `import docai` and `docai --help`, interpreter included."""
    for name, arguments in (("import docai", ["-c", "import docai"]), ("docai --help", ["-m", "docai", "--help"])):
        times = []
        for _ in range(runs + 1):
            begun = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
            times.append(time.perf_counter() - begun)
        print(f"  {name:14s} {statistics.median(times[1:]):6.2f} s ({min(times[1:]):.2f} to {max(times[1:]):.2f})")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder of PDFs to measure the speed on instead of drawn ones")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = sorted(arguments.data.rglob("*.pdf")) if arguments.data else [draw_prose(folder / "prose.pdf", 40)]
        print("speed")
        readers = {"docai": read_with_docai, "pymupdf4llm": read_with_pymupdf4llm, "markitdown": read_with_markitdown}
        for reader, read in readers.items():
            speed(reader, read, paths, arguments.runs)
        print("scans: a full page of text at 200 dpi, on one core")
        with one_core():
            ocr(arguments.runs)
        print("tiles for a model, on one core")
        with one_core():
            tiles(draw_prose(folder / "page.pdf", 1), arguments.runs)
        print("peak memory of docai extract --to json")
        memory(folder)
        print("start-up")
        start_up(arguments.runs)


if __name__ == "__main__":
    main()
