"""Where the interchangeable siblings live: names to "module:attribute" strings, and the only dynamic import."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from docai.errors import MissingDependency

SOURCES: Final = {
    "pdf": "docai.sources.pdf:PdfSource",
    "image": "docai.sources.image:ImageSource",
}
BACKENDS: Final = {
    "classical": "docai.backends.classical:Backend",
    "replay": "docai.backends.replay:Backend",
}
DIALECTS: Final = {
    "instruct": "docai.dialects.instruct:Dialect",
    "internvl": "docai.dialects.internvl:Dialect",
    "markup": "docai.dialects.markup:Dialect",
    "varco": "docai.dialects.varco:Dialect",
}
MODELS: Final = {  # of the backends that answer in words: a function that opens a model as such a backend
    "endpoint": "docai.backends.opening:open_endpoint",
    "vlm": "docai.backends.opening:open_local",
}
EXPORTERS: Final = {
    "csv": "docai.exporters.csv:Exporter",
    "html": "docai.exporters.html:Exporter",
    "json": "docai.exporters.json:Exporter",
    "spans.json": "docai.exporters.spans:Exporter",
    "md": "docai.exporters.markdown:Exporter",
    "txt": "docai.exporters.text:Exporter",
    "xlsx": "docai.exporters.xlsx:Exporter",
    "otsl": "docai.exporters.otsl:Exporter",
    "pdf": "docai.exporters.pdf:Exporter",
    "hocr": "docai.exporters.hocr:Exporter",
    "alto.xml": "docai.exporters.alto:Exporter",
}
LAYOUTS: Final = {  # of labelled pages on disk, by the names that `docai evaluate` knows them by
    "pages": "docai.labelled.pages:Layout",
    "text": "docai.labelled.text:Layout",
    "chartqa": "docai.labelled.chartqa:Layout",
    "docvqa": "docai.labelled.docvqa:Layout",
    "icdar2013": "docai.labelled.icdar2013:Layout",
    "infovqa": "docai.labelled.docvqa:Infographics",
    "k-dtcbench": "docai.labelled.k_dtcbench:Layout",
    "ocrbench": "docai.labelled.ocrbench:Layout",
    "pubtabnet": "docai.labelled.pubtabnet:Layout",
    "refcoco": "docai.labelled.refcoco:Layout",
    "vitextvqa": "docai.labelled.vitextvqa:Layout",
}
LANGUAGES: Final = ("en", "ko", "vi")  # that are read unless others are asked for
EXTRAS: Final = {  # what only an extra installs, of the packages that the modules loaded here import
    "pandas": "tables",
    "fontTools": "synth",
    "matplotlib": "synth",
    "reportlab": "synth",
    "vl_convert": "synth",
    "weasyprint": "synth",
    "accelerate": "vlm",
    "bitsandbytes": "vlm",
    "huggingface_hub": "vlm",
    "jinja2": "vlm",
    "llguidance": "vlm",
    "safetensors": "vlm",
    "tokenizers": "vlm",
    "torch": "vlm",
    "transformers": "vlm",
    "datasets": "train",
    "peft": "train",
    "pyarrow": "train",
    "tensorboard": "train",
    "trl": "train",
    "yaml": "train",
    "httpx": "endpoint",
    "ray": "ray",
    "aiohttp": "remote",
    "fsspec": "remote",
}


def load(place: str) -> Any:
    """Return what a "module:attribute" string names, importing its module on first use.

    Raises:
        MissingDependency: The module needs a package that is not installed.
    """
    module, _, attribute = place.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "docai":
            raise
        remedy = f"'docai[{EXTRAS[error.name]}]'" if error.name in EXTRAS else "--upgrade docai"
        raise MissingDependency(f"{error.name} is not installed, and {module} needs it; run: pip install {remedy}") from error
