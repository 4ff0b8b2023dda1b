"""LaTeX: escaped texts, fonts, and runs of its programs that make one page as large as what is on it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from docai.errors import MissingDependency
from fine_tune.synth.fonts import Face

_PACKAGES: Final = "texlive-latex-recommended texlive-fonts-recommended texlive-pictures texlive-luatex lmodern"
_LIMIT: Final = 60.0  # seconds, for one chart; LaTeX needs one or two, LuaLaTeX's first run on a machine more
ESCAPES: Final = str.maketrans({sign: f"\\{sign}" for sign in "&%$#_{}"}) | str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "−": "$-$",
        "–": r"\textendash{}",
        "†": r"\textdagger{}",
        "€": r"\texteuro{}",
        "£": r"\pounds{}",
        "\u202f": r"\,",
        "\u00a0": "~",
    }
)
_SANS: Final = r"\renewcommand{\familydefault}{\sfdefault}"
FONTS: Final = (  # what papers are set in; and whether numbers at axes are text, as they are else mathematics
    ("", False),
    ("", False),
    (r"\usepackage{mathptmx}", False),
    (r"\usepackage{mathpazo}", False),
    (r"\usepackage[scaled=0.92]{helvet}" + _SANS, False),
    (r"\usepackage[scaled=0.92]{helvet}" + _SANS, True),
    (_SANS, True),
)
_PAGE: Final = r"""
\ifdefined\pagewidth\let\pdfpagewidth\pagewidth\let\pdfpageheight\pageheight\fi
\hoffset=-1in \voffset=-1in
\pdfpagewidth=\dimexpr\wd\chart+12bp\relax \pdfpageheight=\dimexpr\ht\chart+\dp\chart+12bp\relax
\shipout\vbox{\kern6bp\hbox{\kern6bp\box\chart}}
\end{document}
"""


def tex(text: str) -> str:
    """Return a text as a group in LaTeX."""
    return "{" + text.translate(ESCAPES) + "}"


def listed(texts: Iterable[str]) -> str:
    """Return texts as a group with commas between them."""
    return "{" + ",".join(map(tex, texts)) + "}"


def face_lines(face: Face) -> Iterator[str]:
    """Yield what makes a font of this machine that of a document; for LuaLaTeX."""
    yield r"\DeclareFontFamily{TU}{chart}{}"
    for series, path in (("m", face.regular), ("b", face.bold)):
        yield rf'\DeclareFontShape{{TU}}{{chart}}{{{series}}}{{n}}{{<->"[{path}]:mode=node"}}{{}}'
    yield r"\renewcommand{\rmdefault}{chart}\renewcommand{\familydefault}{chart}"


def typeset(lines: Iterable[str], name: str) -> bytes:
    r"""Return a PDF of one page, which is as large as the box `\chart` and a margin.

    Args:
        lines: A document from its class to `\begin{document}` and the setting of the box `\chart`.
        name: The program, `pdflatex` or `lualatex`.

    Raises:
        MissingDependency: LaTeX or one of its packages is not installed.
        RuntimeError: LaTeX failed.
    """
    program = shutil.which(name)
    if program is None:
        raise MissingDependency(f"LaTeX's {name} is not installed; run: apt-get install {_PACKAGES}")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "chart.tex")
        source.write_text("\n".join([*lines, _PAGE]), encoding="utf-8")
        settings = ["env", "SOURCE_DATE_EPOCH=0", "FORCE_SOURCE_DATE=1", "max_print_line=1000"]
        done = subprocess.run(
            [*settings, program, "-no-shell-escape", "-interaction=batchmode", "-halt-on-error", source.name],
            cwd=folder,
            capture_output=True,
            timeout=_LIMIT,
            check=False,
        )
        made, told = source.with_suffix(".pdf"), source.with_suffix(".log")
        log = told.read_text(encoding="utf-8", errors="replace") if told.exists() else ""
        if ".sty' not found" in log:
            raise MissingDependency(f"a package of LaTeX is not installed; run: apt-get install {_PACKAGES}")
        if done.returncode or not made.exists():
            raise RuntimeError(f"{name} failed: {log[max(0, log.find(chr(10) + '! ')) :][:400]}")
        return made.read_bytes()
