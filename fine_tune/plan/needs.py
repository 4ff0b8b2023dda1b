"""How much memory a step of training takes on one device, worked out from widths and numbers of tokens.

What autograd keeps was read from the layers of transformers 5.23 (`models/qwen2`, `siglip`, `internvl`). It is held against what
it does keep by tests/test_fine_tune_plan.py, and on a GPU by scripts/benchmark_train_memory.py. Attention is PyTorch's
`scaled_dot_product_attention`, which keeps no matrix of all pairs. In 16 bits, PyTorch's autocast is taken to compute: what learns
is kept in 32 bits, each product casts its own input, and norms are computed in 32 bits.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from docai.models import CUDA_CONTEXT, NF4_BYTES, ROW_SCALE
from fine_tune.losses import AT_ONCE
from fine_tune.plan.shapes import Counts, Shapes, Tower
from fine_tune.stage import Adapter, Stage

How = Literal["full", "lora", "passed", "frozen"]

MASTER: Final = 4  # bytes; what learns is kept in float32 ("mixed precision", Micikevicius et al. 2017, arXiv 1710.03740)
MOMENTS: Final = 8  # bytes of AdamW's two float32 averages (Kingma and Ba 2014, arXiv 1412.6980)
MOMENTUM: Final = 4  # bytes of Muon's one (torch.optim.Muon)
MOMENTS_8: Final = 2 + 2 * 4 / 256  # bytes in 8 bits: two, and their float32 scales of 256 each (Dettmers et al., arXiv 2110.02861)
NESTED: Final = (
    0.5 + (1 + 4 / 256) / 64
)  # bytes of a weight in nf4 whose scales are quantised in turn (arXiv 2305.14314, section 3)
NORM: Final = 4  # bytes a number in norms: RMSNorm of transformers casts to float32, autocast has LayerNorm compute in it
FRAGMENTS: Final = 0.10  # of what comes and goes in a step; the caching allocator's holes: an allowance, not a measurement
SEEN_AT_ONCE: Final = (6, 2)  # widths of a frozen tower's layer that are held at once: hidden and inner (docai.models, `memory`)


class Bits(BaseModel):
    """Bytes of a number: as it is computed with, and in the stream that layers add to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    computed: int
    stream: int


class Row(BaseModel):
    """What goes through a model at once on one device.

    Attributes:
        tokens: Of the language model, over all rows of a micro batch.
        answers: Of these, those that the loss is of.
        tiles: Given to the vision tower.
        masked: Whether samples are packed, so that attention is given a mask and keys and values are repeated for each head.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: int
    answers: int
    tiles: int
    masked: bool


class Memory(BaseModel):
    """Bytes at the dearest moment of a step, by what they are for.

    Attributes:
        weights: Frozen ones as they are kept, those that learn in 32 bits and their 16-bit copies, LoRA's, and DPO's reference.
        gradients: Of what learns.
        optimizer: The state of the optimiser.
        vision: What the vision tower and the projector keep for the way back.
        language: What the language model keeps for it.
        working: What comes and goes beside what is kept: a layer that is computed again and its gradients, logits in chunks,
            weights unpacked from 4 bits, or the vision tower's forward pass; the largest of these at its own moment.
        context: CUDA's own.
        fragments: An allowance for holes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: int
    gradients: int
    optimizer: int
    vision: int
    language: int
    working: int
    context: int = 0
    fragments: int = 0

    @property
    def total(self) -> int:
        """Return all of it."""
        return sum(getattr(self, name) for name in type(self).model_fields)


def hows(stage: Stage) -> dict[str, How]:
    """Return how each part takes part: gradients only pass through it where something before it learns, or stop before it."""
    trains = stage.trains
    projector: How = trains.projector.how if trains.projector else "passed" if trains.vision else "frozen"
    language: How = trains.language.how if trains.language else "passed"
    words: How = "full" if language == "full" else "passed"
    return {
        "vision": trains.vision.how if trains.vision else "frozen",
        "projector": projector,
        "language": language,
        "words": words,
    }


def learning(stage: Stage, shapes: Shapes) -> dict[str, int]:
    """Return how many numbers learn, by part: all, or rank x (inputs + outputs) of each linear layer (arXiv 2106.09685)."""
    rank = stage.adapter.rank if stage.adapter else 0
    return {
        part: counts.total if how == "full" else rank * counts.sides if how == "lora" else 0
        for (part, how), counts in zip(hows(stage).items(), (shapes.parameters[part] for part in hows(stage)), strict=True)
    }


def memory(stage: Stage, shapes: Shapes, row: Row, *, computed: int, double: bool = False, devices: int = 1) -> Memory:
    """Return what a step takes on a device.

    Args:
        stage: What is trained, and how.
        shapes: Of the model.
        row: What goes through at once.
        computed: Bytes of a number as it is computed with: 2, or 4 on a CPU.
        double: Whether scales of 4 bits are quantised in turn.
        devices: Over which weights, gradients and the optimiser's state are shared out (FSDP's full sharding, arXiv 2304.11277).
    """
    how, numbers = hows(stage), learning(stage, shapes)
    stream = MASTER if how["words"] == "full" else computed
    bits = Bits(computed=computed, stream=stream)
    weights = sum(
        _weights(counts, how[part], numbers[part], computed, stage.adapter if part == "language" else None, double=double)
        for part, counts in shapes.parameters.items()
    )
    if stage.loss.kind != "sft" and "full" in how.values():  # a copy of the model as it was; LoRA is just switched off for that
        weights += sum((MASTER if how[part] == "full" else computed) * shapes.parameters[part].total for part in how)
    gradients = MASTER * sum(numbers.values())
    optimizer = round(sum(_state(stage, part, shapes.parameters[part], how[part], numbers[part]) for part in numbers))
    kept_vision, work_vision = _vision(stage, shapes, row, how, computed)
    kept_language, work_language = _language(stage, shapes, row, how["language"], bits)
    at_loss = max(work_language, _loss(shapes, row, how["words"], bits))
    # The vision tower's way back begins when the others' is over, and its way forth before anything is kept
    gone = kept_language + row.tiles * projector(shapes, how["projector"], computed)
    work = max(at_loss, work_vision - gone, _looking(shapes, row, computed) - kept_vision - kept_language)
    gathered = 2 * computed * shapes.parameters["language"].total // shapes.language.layers if devices > 1 else 0
    context = CUDA_CONTEXT if computed == 2 else 0
    return Memory(
        weights=weights // devices + gathered,
        gradients=gradients // devices,
        optimizer=optimizer // devices,
        vision=kept_vision,
        language=kept_language,
        working=work,
        context=context,
        fragments=round(FRAGMENTS * (kept_vision + kept_language + work)) if context else 0,
    )


# What stays


def _weights(counts: Counts, how: How, learnt: int, computed: int, adapter: Adapter | None, *, double: bool) -> int:
    if how == "full":
        return counts.total * (MASTER + (computed if computed != MASTER else 0))
    base = adapter.base if adapter else "none"
    within = {
        "none": computed * counts.matrices,
        "nf4": (NESTED if double else NF4_BYTES) * counts.matrices,
        "int8": counts.matrices + ROW_SCALE * counts.rows,
    }[base]
    return round(within + computed * (counts.total - counts.matrices) + MASTER * learnt)


def _state(stage: Stage, part: str, counts: Counts, how: How, learnt: int) -> float:
    """Return the bytes of an optimiser's state; AdamW in 8 bits leaves embeddings in 32 (transformers, trainer_optimizer)."""
    kind = stage.schedule.optimizer
    if kind == "adamw" or not learnt:
        return MOMENTS * learnt
    if kind == "adamw_8bit":
        whole = counts.largest if part == "words" else 0
        return MOMENTS * whole + MOMENTS_8 * (learnt - whole)
    matrices = learnt if how == "lora" else counts.matrices
    return MOMENTUM * matrices + MOMENTS * (learnt - matrices)


# What is kept for the way back


def language_layer(tower: Tower, how: How, bits: Bits, adapter: Adapter | None, *, masked: bool) -> int:
    """Return the bytes a token that a layer of the language model keeps (transformers, models/qwen2/modeling_qwen2.py).

    Both norms keep their input in 32 bits and, where their weight learns, what is multiplied by it. Attention keeps queries, keys,
    values, what was attended, and a sum a head. The gated product keeps the gate, the gate after SiLU, and its partner. A linear
    layer keeps its input only where its weights learn: what is attended is kept already, and norms' outputs are shared unless
    autocast casts them anew for each. Beside it, LoRA keeps its own cast of the input, which of them was dropped, and its waist.
    """
    computed, hidden, inner = bits.computed, tower.hidden, tower.inner
    kept = 2 * NORM * hidden + computed * (2 * tower.attended + 2 * tower.kept + 3 * inner) + 4 * tower.heads
    if masked:
        kept += 2 * computed * (tower.attended - tower.kept)
    if how == "full":
        anew = bits.stream != computed
        kept += 2 * bits.stream * hidden + computed * ((5 if anew else 2) * hidden + inner)
    if how == "lora" and adapter is not None:
        dropped = 0 if not adapter.dropout else 1 if computed == 2 else computed  # a byte of a mask, on a CPU a number
        shared = computed == MASTER and not adapter.dropout
        inputs = 2 * hidden + inner if shared else 5 * hidden + tower.attended + inner
        kept += (computed + dropped) * inputs + 7 * computed * adapter.rank
    return kept


def vision_layer(tower: Tower, how: How, computed: int, adapter: Adapter | None, *, scaled: bool) -> int:
    """Return the bytes a patch that a layer of the vision tower keeps where it learns (models/siglip, models/internvl).

    Both norms keep their input in 32 bits; attention queries, keys, values and what was attended; GELU its input; the linear
    layers their inputs, and where blocks are scaled, what is scaled.
    """
    if how not in ("full", "lora"):
        return 0
    hidden, inner = tower.hidden, tower.inner
    kept = 2 * NORM * hidden + computed * (4 * hidden + inner) + 4 * tower.heads
    if how == "full":
        return kept + computed * ((4 if computed == 2 else 2) * hidden + inner) + (2 * computed * hidden if scaled else 0)
    rank, dropped = (adapter.rank, (1 if computed == 2 else computed) if adapter.dropout else 0) if adapter else (0, 0)
    return kept + (computed + dropped) * (5 * hidden + inner) + 6 * computed * rank


def projector(shapes: Shapes, how: How, computed: int) -> int:
    """Return the bytes a tile that the projector keeps: the inputs of its norm, if it has one, its layers and its GELU."""
    if how == "frozen":
        return 0
    wide, hidden = shapes.vision.hidden * shapes.side**2 // shapes.tokens, shapes.language.hidden
    normed = NORM * wide if shapes.kind == "internvl" else 0
    learnt = 0 if how == "passed" else computed * (wide + hidden)
    return shapes.tokens * (normed + computed * hidden + learnt)


def _vision(stage: Stage, shapes: Shapes, row: Row, how: dict[str, How], computed: int) -> tuple[int, int]:
    """Return what the vision tower and the projector keep, and what comes and goes on their way back."""
    tower, patches = shapes.vision, row.tiles * shapes.patches
    kept = row.tiles * projector(shapes, how["projector"], computed)
    if how["vision"] == "frozen":
        return kept, 0
    layer = patches * vision_layer(tower, how["vision"], computed, stage.adapter, scaled=shapes.scaled)
    kept += row.tiles * 3 * shapes.tile**2 * computed  # pixels, for the gradient of the patches' weights
    back = patches * (computed * tower.inner + 2 * NORM * tower.hidden)
    if stage.saving.checkpointing:
        stream = MASTER if how["vision"] == "full" else computed
        return kept + tower.layers * patches * stream * tower.hidden, layer + back
    return kept + tower.layers * layer, back


def _language(stage: Stage, shapes: Shapes, row: Row, how: How, bits: Bits) -> tuple[int, int]:
    """Return what the language model keeps, and what comes and goes on its way back."""
    tower = shapes.language
    layer = row.tokens * language_layer(tower, how, bits, stage.adapter, masked=row.masked)
    last = row.tokens * (NORM + (bits.stream if how == "full" else 0)) * tower.hidden
    back = row.tokens * (3 * bits.computed * tower.inner + 2 * bits.stream * tower.hidden)
    if how != "full" and stage.adapter and stage.adapter.base != "none":
        back += bits.computed * tower.hidden * tower.inner  # the largest matrix, unpacked
    if stage.saving.checkpointing:
        return last + tower.layers * row.tokens * bits.stream * tower.hidden, layer + back
    return last + tower.layers * layer, back


# What comes and goes


def _loss(shapes: Shapes, row: Row, words: How, bits: Bits) -> int:
    """Return what the loss takes (`fine_tune.losses.score_answers`): answers' states, a part of the logits, the head's gradient.

    The states of answers are gathered, and so are their gradients. Of logits there are those that the head gives, in 32 bits, their
    logarithms, and the gradient of these. A head that learns is cast; its gradient comes in the precision of computing, then in
    32 bits, and of several parts stands beside the sum.
    """
    hidden, words_known = shapes.language.hidden, shapes.vocabulary
    states = 2 * row.answers * hidden * bits.stream
    cast = bits.computed if bits.computed != MASTER else 0
    logits = min(row.answers * words_known, AT_ONCE) * (3 * MASTER + cast)
    if words != "full":
        return states + logits
    sums = 2 if row.answers * words_known > AT_ONCE else 1
    return states + logits + words_known * hidden * (2 * cast + sums * MASTER)


def _looking(shapes: Shapes, row: Row, computed: int) -> int:
    """Return what the vision tower's forward pass takes where nothing is kept: the widest of a layer, and the pixels."""
    hidden, inner = SEEN_AT_ONCE
    patches = row.tiles * shapes.patches
    return (
        computed * patches * (hidden * shapes.vision.hidden + inner * shapes.vision.inner) + row.tiles * 3 * shapes.tile**2 * MASTER
    )
