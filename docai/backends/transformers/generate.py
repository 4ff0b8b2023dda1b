"""Says things: prompts in batches, each row ended and measured on its own, and what memory does not hold in smaller batches."""

from __future__ import annotations

import gc
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

import torch
from llguidance import LLMatcher
from transformers import LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from docai.backends.loops import loops
from docai.backends.speaker import Asked
from docai.backends.transformers.constrained import Constraint, Grammars
from docai.backends.transformers.loading import Loaded
from docai.backends.transformers.spelling import Speller, spans, tail
from docai.dialects import Finish, Said, Token
from docai.document import Problem, Usage

LOOK_AFTER: Final = 32  # tokens between two looks for a loop; at most so many are paid for in vain
MEMORY_FULL: Final = ("out of memory", "can't allocate memory", "not enough memory")  # of torch's messages for CPU, GPU and MPS

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Row:
    """One thing asked, made ready: `place` among those asked, the prompt's tokens, and how many may follow."""

    place: int
    asked: Asked
    ids: list[int]
    most: int
    matcher: LLMatcher | None = None
    said: list[int] = field(default_factory=list)
    finish: Finish | None = None
    pieces: list[bytes] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """How many tokens it may have in the end."""
        return len(self.ids) + self.most


class Evidence(LogitsProcessor):
    """Remembers how likely each token is that is chosen, by the model alone: before grammars and temperatures change it.

    Only those of the current step are kept, never those of all steps: 151,680 numbers a token would be 2.5 GB for 4,096.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._logs: torch.Tensor | None = None
        self.steps: list[torch.Tensor] = []  # (rows,) float32 natural logarithms, one a step

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Keep the probabilities for `chosen`, and return the scores as they are."""
        self._logs = torch.log_softmax(scores, dim=-1)  # twice as fast as logsumexp on a CPU
        return scores

    def chosen(self, tokens: torch.Tensor) -> None:
        """Note the probability of each row's token."""
        assert self._logs is not None
        self.steps.append(self._logs.gather(1, tokens[:, None])[:, 0])
        self._logs = None


class Chance(LogitsProcessor):
    """Lets the likeliest token of scores with noise be one drawn at a row's own temperature, from its own seed.

    So a row says the same in any batch. The largest of log-probabilities with Gumbel noise is a draw from them (the
    Gumbel-max trick; Maddison, Tarlow, Minka, "A* Sampling", 2014, section 2).
    """

    def __init__(self, asked: Sequence[Asked], device: torch.device) -> None:
        """Begin with each row's seed."""
        self._rows = [
            (row, one.temperature, torch.Generator(device).manual_seed(one.seed))
            for row, one in enumerate(asked)
            if one.temperature > 0
        ]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return scores whose largest is the token drawn."""
        if not self._rows:
            return scores
        scores = scores.clone()
        for row, temperature, generator in self._rows:
            waiting = torch.empty_like(scores[row]).exponential_(generator=generator)
            scores[row] = scores[row] / temperature - waiting.clamp_min(1e-20).log()
        return scores


class Listener(StoppingCriteria):
    """Hears each token as it is said, and tells which rows have ended: by themselves, at their most tokens, or in a loop."""

    def __init__(self, rows: Sequence[Row], speller: Speller, ends: frozenset[int], evidence: Evidence) -> None:
        """Begin before the first token."""
        self._rows, self._speller, self._ends, self._evidence = rows, speller, ends, evidence

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor | None, **_: object) -> torch.Tensor:
        """Return (rows,) booleans: which have ended."""
        last = input_ids[:, -1]
        self._evidence.chosen(last)
        for row, token in zip(self._rows, last.tolist(), strict=True):
            if row.finish is None:
                self._hear(row, token)
        return torch.tensor([row.finish is not None for row in self._rows], device=input_ids.device)

    def _hear(self, row: Row, token: int) -> None:
        row.said.append(token)
        if token in self._ends:
            row.finish = "stop"
            return
        row.pieces.append(self._speller.spelt(token))
        if len(row.said) >= row.most:
            row.finish = "length"
        elif len(row.said) % LOOK_AFTER == 0 and loops(tail(row.pieces)):
            row.finish = "loop"


class Voice:
    """Says things with a loaded model."""

    def __init__(self, loaded: Loaded, batch: int) -> None:
        """Begin with a model; `batch` is how many things are said at once where memory allows."""
        self.loaded, self.batch = loaded, batch
        self._held = math.inf  # tokens of a batch, padding included, that memory is known not to be too small for
        self._speller = Speller(loaded.tokenizer)
        config = loaded.model.config.get_text_config()
        self._width, self._context = int(config.vocab_size), int(config.max_position_embeddings)
        self._grammars: Grammars | None = None

    def say(self, asked: Sequence[Asked]) -> list[Said]:
        """Return what is said to each, in order; one that fails says why."""
        said: list[Said | None] = [None] * len(asked)
        rows: list[Row] = []
        for place, one in enumerate(asked):
            row = self._row(place, one)
            if isinstance(row, Row):
                rows.append(row)
            else:
                said[place] = row
        # Those of about the same length together: the shorter ones of a batch wait for the longest
        rows.sort(key=lambda row: (row.tokens, len(row.ids)), reverse=True)
        while rows:
            size = max(1, int(min(self.batch, self._held / rows[0].tokens)))
            batch, rows = rows[:size], rows[size:]
            for row, answer in zip(batch, self._try(batch), strict=True):
                said[row.place] = answer
        return [one for one in said if one is not None]

    def _row(self, place: int, asked: Asked) -> Row | Said:
        """Return one thing made ready, or why it cannot be said."""
        try:
            ids = self.loaded.prompter.ids(asked.prompt, asked.seen)
        except ValueError as error:
            return failed("unfit_picture", f"the picture was not cut as this model needs it ({error}); cut it by the model's lens")
        room = self._context - len(ids)
        if room < 1:
            message = (
                f"a prompt of {len(ids)} tokens, and the model holds {self._context}; ask with fewer tiles or a smaller region"
            )
            return failed("too_long", message)
        matcher = None
        if asked.grammar is not None:
            if self._grammars is None:  # a second of work, only for who asks with grammars
                self._grammars = Grammars(self.loaded.tokenizer, self._width, self.loaded.ends)
            try:
                matcher = self._grammars.matcher(asked.grammar)
            except ValueError as error:
                return failed(
                    "unfit_grammar", f"the answer's grammar cannot be used ({error}); ask without it or simplify the schema"
                )
        return Row(place, asked, ids, max(1, min(asked.most_tokens, room)), matcher)

    def _try(self, rows: Sequence[Row]) -> list[Said]:
        """Return what is said in one batch; in halves where memory or the network fails, so that one spoils no other."""
        try:
            return self._run(rows)
        except (RuntimeError, ValueError, IndexError, MemoryError) as error:  # torch raises these, OutOfMemoryError among them
            full = isinstance(error, (torch.OutOfMemoryError, MemoryError)) or any(told in str(error) for told in MEMORY_FULL)
            message = str(error).splitlines()[0] if str(error) else type(error).__name__
            _logger.warning("a batch of %d failed: %s", len(rows), message, exc_info=None if full else error)
        # Outside of the handler, whose traceback holds on to the tensors
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        for row in rows:
            row.said, row.pieces, row.finish = [], [], None
            if row.matcher is not None:
                row.matcher.reset()
        if len(rows) > 1:
            half = (len(rows) + 1) // 2
            if full:  # the next batches are made as small at once, also those of a later call
                self._held = min(self._held, half * rows[0].tokens)
            return [*self._try(rows[:half]), *self._try(rows[half:])]
        tiles = sum(len(seen.tiles) for seen in rows[0].asked.seen)
        if full:
            remedy = f"{tiles} tiles and {len(rows[0].ids)} tokens; ask with fewer tiles, or load with quantization='nf4'"
            return [failed("out_of_memory", f"memory is full even for one picture alone: {remedy}")]
        return [failed("model_failed", f"the model failed ({message}); the log tells where")]

    def _run(self, rows: Sequence[Row]) -> list[Said]:
        """Return what is said in one batch, all at once.

        Raises:
            RuntimeError: Memory is full, or the network fails.
        """
        model, device = self.loaded.model, self.loaded.model.device
        inputs = self._inputs(rows)
        length = inputs["input_ids"].shape[1]
        evidence = Evidence()
        listener = Listener(rows, self._speller, frozenset(self.loaded.ends), evidence)
        processors = LogitsProcessorList([evidence])
        constraint = Constraint([row.matcher for row in rows], length, self._width, self.loaded.ends)
        if any(row.matcher is not None for row in rows):
            processors.append(constraint)
        processors.append(Chance([row.asked for row in rows], device))
        with torch.inference_mode():
            generate = cast("Callable[..., object]", model.generate)  # a mixin's method, which mypy takes for a tensor
            generate(
                **inputs,
                max_new_tokens=max(row.most for row in rows),
                do_sample=False,
                logits_processor=processors,
                stopping_criteria=StoppingCriteriaList([listener]),
            )
        logs = torch.stack(evidence.steps, dim=1).tolist()
        return [self._said(row, logs[place], lost=place in constraint.lost) for place, row in enumerate(rows)]

    def _inputs(self, rows: Sequence[Row]) -> dict[str, torch.Tensor]:
        """Return the tensors of a batch, on the model's device; prompts are padded on the left, so that all end together."""
        model, family = self.loaded.model, self.loaded.family
        device, length = model.device, max(len(row.ids) for row in rows)
        pad = int(model.generation_config.pad_token_id)
        ids = torch.tensor([[pad] * (length - len(row.ids)) + row.ids for row in rows], device=device)
        mask = torch.tensor([[0] * (length - len(row.ids)) + [1] * len(row.ids) for row in rows], device=device)
        pictures = family.inputs([row.asked.seen for row in rows])
        inputs = {
            name: tensor.to(device, model.dtype if tensor.is_floating_point() else tensor.dtype)
            for name, tensor in pictures.items()
        }
        if "image_grid_thw" in inputs:  # of Qwen's family, whose places in a prompt are counted by it
            inputs["mm_token_type_ids"] = (ids == model.config.image_token_id).int()
        return {"input_ids": ids, "attention_mask": mask, **inputs}

    def _said(self, row: Row, logs: Sequence[float], *, lost: bool) -> Said:
        text, found = spans(row.pieces)
        tokens = tuple(Token(start, end, min(0.0, log)) for (start, end), log in zip(found, logs, strict=False))
        tiles = sum(len(seen.tiles) for seen in row.asked.seen)
        problems = (
            (Problem(code="grammar_lost", message="the answer's grammar was given up half way; simplify the schema"),)
            if lost
            else ()
        )
        usage = Usage(tiles=tiles, prompt_tokens=len(row.ids), tokens=len(row.said))
        return Said(text, tokens, row.finish or "length", usage, problems)


def failed(code: str, message: str) -> Said:
    """Return that nothing was said, and why."""
    return Said("", finish="failed", problems=(Problem(code=code, message=message, severity="error"),))
