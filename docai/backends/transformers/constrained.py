"""Keeps what is said to a grammar: after each token, only those that can go on are left to choose from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import llguidance.hf
import torch
from llguidance import LLExecutor, LLMatcher, LLTokenizer
from transformers import LogitsProcessor, PreTrainedTokenizerFast

from docai.dialects import Grammar

BITS: Final = 32  # of an integer of a mask
SPACES: Final = r"\n?[ ]{0,32}"  # between values of JSON: any indenting, but not the white space to no end that models fall into
_LITERAL = re.compile(r'//[^\n]*|/(?:\\.|[^/\\\n])+/|"(?P<text>(?:\\.|[^"\\])*)"')  # comments and patterns stay as they are
_RULE = re.compile(r"^(?P<name>[a-z_]\w*)(?P<options>\[[^\]]*\])?\s*:", re.MULTILINE)


class Grammars:
    """Makes matchers for one tokenizer; grammars are parsed once."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, width: int, ends: Sequence[int]) -> None:
        """Begin for logits of `width` numbers; `ends` are the tokens that end a turn."""
        self._tokenizer = llguidance.hf.from_tokenizer(tokenizer, n_vocab=width, eos_token=list(ends))
        special = (token.content for token in tokenizer.added_tokens_decoder.values() if token.special)
        self._special = tuple(sorted(special, key=len, reverse=True))
        self._compiled = lru_cache(maxsize=64)(self._compile)

    def matcher(self, grammar: Grammar) -> LLMatcher:
        """Return a fresh matcher of a grammar.

        Raises:
            ValueError: The grammar cannot be read; the message tells why.
        """
        return self._compiled(grammar).deep_copy()

    def _compile(self, grammar: Grammar) -> LLMatcher:
        if grammar.kind == "json_schema":
            text = LLMatcher.grammar_from_json_schema(grammar.text, defaults={"whitespace_pattern": SPACES})
        else:
            text = LLMatcher.grammar_from_lark(with_special_tokens(grammar.text, self._special))
        matcher = LLMatcher(self._tokenizer, text, log_level=0)
        if matcher.is_error():
            raise ValueError(matcher.get_error().strip())
        return matcher

    @property
    def tokenizer(self) -> LLTokenizer:
        """The tokenizer as llguidance takes it."""
        return self._tokenizer


def with_special_tokens(lark: str, special: Sequence[str]) -> str:
    """Return a Lark grammar whose rules name special tokens where they spell them: `"<char>a"` becomes `<char> "a"`.

    A spelt `<char>` would be forced out of a model letter by letter, in tokens that it never saw together. Terminals, named in
    capitals, are left as they are: llguidance takes no special tokens there.
    """
    if not special:
        return lark
    parts = re.compile("(" + "|".join(re.escape(token) for token in special) + ")")

    def named(found: re.Match[str]) -> str:
        if found["text"] is None or not parts.search(found["text"]):
            return found[0]
        pieces = [piece for piece in parts.split(found["text"]) if piece]
        return "(" + " ".join(piece if piece in special else f'"{piece}"' for piece in pieces) + ")"

    return "".join(_LITERAL.sub(named, rule) if _RULE.match(rule) else rule for rule in _definitions(lark))


def _definitions(lark: str) -> list[str]:
    """Return a grammar cut before each line on which a rule or terminal begins."""
    return re.split(r"(?m)^(?=[A-Za-z_%])", lark)


class Constraint(LogitsProcessor):
    """Takes away each row's tokens that its grammar does not allow; rows without a grammar keep all.

    What was said is read from the ids themselves, so that tokens which were drafted and rejected do not count. `lost` are the
    rows whose grammar gave up, too large or too deep for llguidance; they go on without one.
    """

    def __init__(self, matchers: Sequence[LLMatcher | None], prompt: int, width: int, ends: Sequence[int]) -> None:
        """Begin after `prompt` tokens, for logits of `width` numbers; `ends` are the tokens that end a turn."""
        self.matchers, self._prompt, self._ends = matchers, prompt, frozenset(ends)
        self._rows = [row for row, matcher in enumerate(matchers) if matcher is not None]
        self._said: list[list[int]] = [[] for _ in matchers]
        self._mask = torch.full((len(matchers), -(-width // BITS)), -1, dtype=torch.int32)
        self._executor = LLExecutor() if len(self._rows) > 1 else None
        self._ended: set[int] = set()
        self.lost: set[int] = set()

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return scores in which what is not allowed is minus infinity."""
        self._follow(input_ids)
        going = [(matcher, row) for row in self._rows if row not in self._ended and (matcher := self.matchers[row]) is not None]
        # By address, as `llguidance.torch` does it, whose import compiles a kernel and takes seconds
        stride = self._mask.shape[1] * self._mask.element_size()
        if self._executor is not None and len(going) > 1:
            self._executor.unsafe_compute_mask_ptr(going, self._mask.data_ptr(), stride, len(self._mask))
        else:
            for matcher, row in going:
                matcher.unsafe_compute_mask_ptr(self._mask.data_ptr() + row * stride, stride)
        return scores.masked_fill(~allowed(self._mask.to(scores.device), scores.shape[1]), -torch.inf)

    def _follow(self, input_ids: torch.Tensor) -> None:
        """Bring each matcher to where its row is: usually one token on, after a rejected draft some back."""
        length = input_ids.shape[1] - self._prompt
        last = input_ids[:, -1].tolist()
        for row in self._rows:
            said, matcher = self._said[row], self.matchers[row]
            assert matcher is not None
            if row in self._ended and length >= len(said):
                continue
            if length == len(said) + 1:
                new = [last[row]]
            else:
                told = input_ids[row, self._prompt :].tolist()
                same = next((place for place, (a, b) in enumerate(zip(said, told, strict=False)) if a != b), min(len(said), length))
                matcher.rollback(len(said) - same)
                del said[same:]
                self._ended.discard(row)
                new = told[same:]
            for token in new:
                if row in self._ended:
                    break
                said.append(token)
                matcher.consume_token(token)
                if matcher.is_error():
                    self.lost.add(row)
                if token in self._ends or matcher.is_error():
                    self._ended.add(row)
                    self._mask[row] = -1


def allowed(mask: torch.Tensor, width: int) -> torch.Tensor:
    """Return a mask of 32 tokens an integer, (rows, integers) int32, as (rows, `width`) booleans, on the same device."""
    shifts = torch.arange(BITS, dtype=torch.int32, device=mask.device)
    return ((mask[:, :, None] >> shifts) & 1).to(torch.bool).flatten(1)[:, :width]
