"""What comes back from a server: events line by line, put together to what was said."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final

from docai.backends.endpoint.failures import Failure, broken
from docai.dialects import Finish, Token
from docai.document import Problem

LONGEST_BODY: Final = 64 * 1024 * 1024  # bytes of a line, or of an answer that is not streamed; far beyond any, within any memory
TURN_ENDS: Final = ("<|im_end|>", "<|endoftext|>", "<|end|>", "<|eot_id|>", "</s>", "<end_of_turn>")  # of Qwen, Phi, Llama, Gemma
LEAST_LOG: Final = -9999.0  # what OpenAI gives for tokens too unlikely to tell, and vLLM for minus infinity
GAP: Final = 16  # bytes of the text that the tokens may leave out between two of them: a blank trimmed, a letter without token
# Chosen: of tokens that are not the text's (names of tokens in place of them), hardly any are found in it.
KNOWN_SHARE: Final = 0.9  # of the text's bytes that the tokens must make up, or they are not this text's

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Return the lines of a stream, without their ends, as soon as each is whole.

    Only \n and \r\n end one: JSON may hold U+2028 and others that `str.splitlines` splits at.

    Raises:
        Failure: A line has no end.
    """
    pieces: list[bytes] = []
    size = 0
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for line in ended:
            yield b"".join([*pieces, line]).removesuffix(b"\r")
            pieces, size = [], 0
        pieces.append(rest)
        size += len(rest)
        if size > LONGEST_BODY:
            raise Failure(f"a line of more than {LONGEST_BODY:,} bytes", "check that the base URL leads to a server of models")
    if size:
        yield b"".join(pieces)


@dataclass(slots=True)
class Heard:
    """An answer as far as it has come.

    Attributes:
        pieces: Of the text.
        length: Characters of the text.
        tokens: The bytes of each token, and the natural logarithm of its probability.
        chunks: How many pieces came; about as many as tokens.
        choices: Whether the server chose anything to say, be it nothing.
        finish: Why the server says it ended; empty before it does.
        done: Whether the server said that nothing follows.
        refusal: Why the model does not answer, in its words.
        usage: Tokens of the prompt and the answer, as the server counts them.
        garbled: Whether bytes came that are no UTF-8.
    """

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    tokens: list[tuple[bytes, float]] = field(default_factory=list)
    chunks: int = 0
    choices: bool = False
    finish: str = ""
    done: bool = False
    refusal: str = ""
    usage: tuple[int, int] | None = None
    garbled: bool = False

    @property
    def text(self) -> str:
        """All of it; halves of UTF-16 pairs, which some servers send one after the other, joined, and lone ones replaced."""
        text = "".join(self.pieces)
        if text.isascii() or not _SURROGATE.search(text):
            return text
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def take_line(self, line: bytes) -> None:
        """Take a line of an event stream.

        Raises:
            Failure: It is no JSON, or tells of an error.
        """
        if not line.startswith(b"data:"):  # the names of events, and comments that keep the connection alive
            return
        data = line[len(b"data:") :].strip()
        if data == b"[DONE]":
            self.done = True
        elif data:
            self.take(data)

    def take(self, data: bytes) -> None:
        """Take a JSON object: a piece of an answer, or a whole one.

        Raises:
            Failure: It is no JSON, or tells of an error.
        """
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text, self.garbled = data.decode("utf-8", "replace"), True
        try:
            chunk = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise broken("a piece of the answer is no JSON") from error
        if not isinstance(chunk, dict):
            raise broken("a piece of the answer is no JSON object")
        if chunk.get("error"):
            raise ServerError(chunk["error"])
        self._take_usage(chunk.get("usage"))
        choices = chunk.get("choices")
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            self.choices = True
            self._take_choice(choices[0])

    def _take_choice(self, choice: Mapping[str, Any]) -> None:
        delta = choice.get("delta") or choice.get("message")
        said = delta.get("content") if isinstance(delta, dict) else None
        if isinstance(said, str) and said:
            self.pieces.append(said)
            self.length += len(said)
            self.chunks += 1
        if isinstance(delta, dict) and isinstance(delta.get("refusal"), str):
            self.refusal += delta["refusal"]
        logs = choice.get("logprobs")
        content = logs.get("content") if isinstance(logs, dict) else None
        self.tokens += [token for entry in content if (token := _token(entry))] if isinstance(content, list) else []
        if isinstance(choice.get("finish_reason"), str):
            self.finish = choice["finish_reason"]

    def _take_usage(self, usage: Any) -> None:
        if isinstance(usage, dict):
            counts = usage.get("prompt_tokens"), usage.get("completion_tokens")
            self.usage = (_count(counts[0]), _count(counts[1]))


class ServerError(Exception):
    """An error that a server tells in the midst of an answer."""

    def __init__(self, error: Any) -> None:
        super().__init__(error)
        self.error: dict[str, Any] = error if isinstance(error, dict) else {"message": str(error)}

    @property
    def status(self) -> int:
        """The HTTP status that it would have had; 500 where it does not tell."""
        code = self.error.get("code")
        return code if isinstance(code, int) and 400 <= code < 600 else 500


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _token(entry: Any) -> tuple[bytes, float] | None:
    if not isinstance(entry, dict):
        return None
    log, raw, text = entry.get("logprob"), entry.get("bytes"), entry.get("token")
    if not isinstance(log, int | float) or math.isnan(log):
        return None
    if isinstance(raw, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in raw):
        coded = bytes(raw)
    elif isinstance(text, str):
        coded = text.encode("utf-8", "surrogatepass")
    else:
        return None
    return coded, min(0.0, max(LEAST_LOG, float(log)))


def place_tokens(text: str, tokens: Iterable[tuple[bytes, float]]) -> tuple[Token, ...]:
    """Return where tokens stand in a text, in characters; none where they are not those of the text.

    A token may be some of the bytes of a character only: then it stands at that character, as its neighbours do. Tokens that
    the text does not have (those that end a turn) are left out, and some bytes of the text may have no token.
    """
    coded = text.encode("utf-8", "surrogatepass")
    # for each byte, the character that it is part of
    characters = [number - 1 for number in accumulate(byte & 0xC0 != 0x80 for byte in coded)]
    placed: list[Token] = []
    place = known = 0
    for token, log in tokens:
        found = coded.find(token, place, place + GAP + len(token)) if token else -1
        if found < 0:
            continue
        place = found + len(token)
        known += len(token)
        placed.append(Token(characters[found], characters[place - 1] + 1, log))
    return tuple(placed) if known >= KNOWN_SHARE * len(coded) else ()


def without_turn_end(text: str) -> str:
    """Return a text without the tokens that end a turn, which a server that keeps special tokens may leave at its end."""
    end = next((end for end in TURN_ENDS if text.rstrip().endswith(end)), None)
    return text if end is None else without_turn_end(text.rstrip().removesuffix(end))


FINISHES: Final[Mapping[str, Finish]] = {"length": "length", "max_tokens": "length", "content_filter": "failed"}


def remarks(heard: Heard, text: str) -> tuple[Problem, ...]:
    """Return what should be known of an answer that came."""
    problems: list[Problem] = []
    if heard.garbled:
        problems.append(Problem(code="endpoint_garbled", message="the server sent bytes that are no UTF-8; � stands for them"))
    if heard.refusal:
        problems.append(Problem(code="endpoint_refused", message=f"the model refuses to answer: {heard.refusal}", severity="error"))
    elif heard.finish == "content_filter":
        message = "the server's filter ended the answer; ask a server without one"
        problems.append(Problem(code="endpoint_refused", message=message, severity="error"))
    elif not text:
        why = "the model used up its tokens before (thinking?)" if heard.finish == "length" else "check the model and its prompt"
        problems.append(Problem(code="endpoint_empty", message=f"the server gave an empty answer; {why}"))
    return tuple(problems)
