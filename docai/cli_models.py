"""`docai models`: which models there are and what they need; bring, check, convert and quantize them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from docai.errors import ExitCode
from docai.registry import load

if TYPE_CHECKING:
    from docai.models import Local

EXIT_CODES: Final = """Exit codes: 0 all well; 1 nothing could be written; 2 usage; 6 the model or a package is missing, or the hub
cannot be reached; 7 damaged, or not a model of that kind; 10 the disk is too full."""
app = typer.Typer(
    no_args_is_help=True, help="List, bring, check, convert and quantize models of vision and language.", epilog=EXIT_CODES
)
errors = Console(stderr=True, soft_wrap=True)
Target = Annotated[Path, typer.Argument(help="The folder to write, which must not be there yet.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FLOATS: Final = ("F64", "F32", "F16", "BF16")  # as safetensors names them


def _cache() -> Path:
    """Return where huggingface_hub keeps models.

    Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
    """
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(os.environ.get("HF_HUB_CACHE") or Path(home) / "hub").expanduser()


@app.command("list")
def list_models(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Folders of models, or a model's own; the hub's cache is looked at anyway.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say which models are here, how large they are, what GPU memory a page takes, and which others docai knows."""
    found: list[Local] = list(load("docai.models:find_models")(folders or [], _cache()))
    for folder in folders or []:
        if not folder.is_dir():
            errors.print(f"[yellow]warning:[/] {escape(str(folder))} is no folder; give one that holds models", highlight=False)
    others = load("docai.models:other_models")(found)
    if as_json:
        told = load("docai.models:as_json")
        _print({"here": [told(local) for local in found], "known": [told(known) for known in others]})
        return
    console = Console()
    if found:
        table = _table("here", "on disk", "stored as", "16 bits", "int8", "nf4")
        for local in found:
            table.add_row(*map(escape, _row(local)))
        console.print(table)
        for local in found:
            if local.problem:
                errors.print(f"[red]damaged:[/] {escape(local.folder)}: {escape(local.problem)}", highlight=False)
        console.print(
            "16 bits, int8, nf4: GPU memory for a page of the most tiles, worked out from the weights' shapes, not measured.\n"
        )
    table = _table("known", "size", "licence", "commercial use", "note")
    use = {True: "yes", False: "no", None: "see its card"}
    for known in others:
        table.add_row(known.id, f"{known.parameters:.1f} B", known.licence, use[known.commercial], escape(known.note))
    console.print(table)
    console.print("To bring one: docai models download NAME. One of state or note `to convert`: docai models convert NAME FOLDER.")


def _row(local: Local) -> tuple[str, ...]:
    needed = dict(local.memory)
    dtypes = ", ".join(dtype for dtype in local.dtypes if dtype in FLOATS) if local.quantization == "none" else local.quantization
    state = "damaged" if local.problem else "ready" if local.usable else "to convert"
    return (
        f"{local.name}\n{state}; licence: {local.licence or 'unknown'}\n{local.folder}",
        _bytes(local.size),
        dtypes,
        *(_bytes(needed[kind].total) if kind in needed else "-" for kind in ("none", "int8", "nf4")),
    )


def _bytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(
            heading, overflow="fold", min_width=0 if number else 24, no_wrap=heading in ("known", "on disk", "16 bits")
        )
    return table


@app.command()
def download(
    name: Annotated[str, typer.Argument(help="Its name on huggingface.co, such as 5CD-AI/Vintern-1B-v3_5.", show_default=False)],
    revision: Annotated[str | None, typer.Option(help="A commit, tag or branch to pin.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Where to put its files; the hub's cache unless told.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Bring a model from huggingface.co: its weights and texts, never its code. What was broken off goes on."""
    known = load("docai.models:known_model")(name)
    if known:
        use = {True: "", False: "; no commercial use", None: "; read its card before commercial use"}[known.commercial]
        errors.print(f"{known.id}: licence {known.licence}{use}", highlight=False)
    fetched = load("docai.models_download:download")(name, revision=revision, folder=folder, cache=_cache())
    if not fetched.new:
        errors.print("[yellow]warning:[/] huggingface.co cannot be reached; the model is here already", highlight=False)
    if as_json:
        _print({"folder": str(fetched.folder), "revision": fetched.revision, "size": fetched.size, "new": fetched.new})
    else:
        typer.echo(str(fetched.folder))


@app.command()
def verify(
    model: Annotated[str, typer.Argument(help="A model's folder, or its name in the hub's cache.", show_default=False)],
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Compare sizes and structure only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say whether every file of a model is there and as it was written."""
    folder = load("docai.models:find_folder")(model, cache=_cache())
    verdict = load("docai.models_files:verify")(folder, quick=quick)
    if as_json:
        _print(load("docai.models:as_json")(verdict))
    else:
        against = {"manifest": "docai's manifest", "hub": "the hub's own hashes", "structure": "nothing but their structure"}
        how = against[verdict.against] + (", sizes only" if quick else "")
        typer.echo(f"{verdict.folder}: {verdict.files} files, {_bytes(verdict.size)}, {', '.join(verdict.dtypes) or 'no weights'}")
        typer.echo(f"compared with {how}: " + (f"{len(verdict.damage)} faults" if verdict.damage else "whole"))
        for damage in verdict.damage:
            errors.print(f"[red]damaged:[/] {escape(damage.file)}: {escape(damage.what)}", highlight=False)
    if verdict.damage:
        raise typer.Exit(ExitCode.UNREADABLE)


@app.command()
def convert(
    source: Annotated[str, typer.Argument(help="An InternVLChatModel, such as Vintern's: its folder or name.", show_default=False)],
    target: Target,
) -> None:
    """Make a model of InternVL, as its authors ship it, into the one that transformers loads; its code is not run."""
    _written("docai.models_convert:convert", source, target)


@app.command()
def quantize(
    source: Annotated[str, typer.Argument(help="A model in 16 bits: its folder or name.", show_default=False)],
    target: Target,
    quantization: Annotated[Literal["nf4", "int8"], typer.Option(help="4 bits (nf4) or 8 (int8).")] = "nf4",
) -> None:
    """Store a model with its language model in 4 or 8 bits, the rest in 16."""
    _written("docai.models_quantize:quantize", source, target, quantization)


def _written(act: str, source: str, target: Path, *more: str) -> None:
    """Make one model of another; what can be told to be wrong at once is told before anything heavy is imported."""
    folder = load("docai.models:find_folder")(source, cache=_cache())
    try:
        load("docai.models_files:check_free")(target)
        load(act)(folder, target, *more)
    except FileExistsError as error:
        raise typer.BadParameter(str(error), param_hint="TARGET") from error
    except OSError as error:
        errors.print(f"[red]error:[/] {escape(f'{target}: {error}')}; check the folder and its free space", highlight=False)
        raise typer.Exit(ExitCode.INTERNAL) from error
    local: Local = load("docai.models:examine")(target)
    typer.echo(f"{target}: {_bytes(local.size)}, {', '.join(local.dtypes)}")


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
