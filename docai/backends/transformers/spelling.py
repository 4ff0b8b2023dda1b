"""From token numbers to text, with each token's characters; right where a character is spelt by several tokens."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

from transformers import PreTrainedTokenizerFast


class Speller:
    """Spells the tokens of a tokenizer that is made of bytes; special tokens are spelt as they stand."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        """Begin for a tokenizer."""
        self._tokenizer = tokenizer
        self._added = {number: token.content.encode() for number, token in tokenizer.added_tokens_decoder.items()}
        self._bytes: dict[int, bytes] = {}

    def spelt(self, token: int) -> bytes:
        """Return the bytes of a token; none for numbers that stand for no token, as padded vocabularies have them."""
        known = self._bytes.get(token)
        if known is None:
            known = self._bytes[token] = self._added.get(token) or self._read(token)
        return known

    def _read(self, token: int) -> bytes:
        letters = self._tokenizer.convert_ids_to_tokens(token) if token < len(self._tokenizer) else None
        return bytes(byte_of()[letter] for letter in letters) if isinstance(letters, str) else b""


def spans(pieces: Iterable[bytes]) -> tuple[str, list[tuple[int, int]]]:
    """Return the text that bytes spell, and the characters (start, end) that each piece is part of.

    A character whose bytes are spread over several pieces belongs to each of them; bytes that spell nothing become U+FFFD. The
    spans cover the text: each begins where the one before ends, or one before that where they share a character.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text: list[str] = []
    length = 0
    found: list[tuple[int, int]] = []
    for piece in pieces:
        start = length
        letters = decoder.decode(piece)
        text.append(letters)
        length += len(letters)
        found.append((start, length + bool(decoder.getstate()[0]) if piece else length))
    rest = decoder.decode(b"", final=True)
    return "".join([*text, rest]), found


def tail(pieces: Sequence[bytes]) -> str:
    """Return what bytes spell so far, without a last character that is not complete."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(b"".join(pieces))


@lru_cache(maxsize=1)
def byte_of() -> dict[str, int]:
    """Return the byte that each letter of a byte-level vocabulary stands for.

    Printable bytes stand for themselves, the others for the letters from U+0100 on, in order.

    Source: `bytes_to_unicode` in src/encoder.py of openai/gpt-2.
    """
    plain = list(chain(range(ord("!"), ord("~") + 1), range(ord("¡"), ord("¬") + 1), range(ord("®"), ord("ÿ") + 1)))
    others = [byte for byte in range(256) if byte not in plain]
    return {**{chr(byte): byte for byte in plain}, **{chr(256 + place): byte for place, byte in enumerate(others)}}
