"""What is sent to a server: the pictures, the prompt, and how the answer is wanted, less what the server has refused."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import cv2
import numpy as np

from docai.backends.speaker import Asked
from docai.tiling import Seen


@dataclass(frozen=True, slots=True)
class Pictures:
    """How pictures are sent: as they are (PNG), or smaller and a little blurred (JPEG, at a `quality` from 1 to 100)."""

    kind: Literal["png", "jpeg"] = "png"
    quality: int = 92

    def data_urls(self, seen: Sequence[Seen]) -> list[str]:
        """Return the pictures of views, in order, as data URLs."""
        return [self._data_url(np.asarray(tile)) for view in seen for tile in view.tiles]

    def _data_url(self, tile: np.ndarray[Any, np.dtype[np.uint8]]) -> str:
        options = [cv2.IMWRITE_JPEG_QUALITY, self.quality] if self.kind == "jpeg" else []
        done, coded = cv2.imencode(f".{self.kind}", tile[..., ::-1], options)
        if not done:
            raise ValueError(f"a picture of shape {tile.shape} cannot be written as {self.kind}; want (height, width, 3) uint8")
        return f"data:image/{self.kind};base64,{base64.b64encode(coded.tobytes()).decode('ascii')}"


class Wish(NamedTuple):
    """Something that a server may refuse: the messages that mean it, and how many lesser forms of it there are."""

    refused: re.Pattern[str]
    steps: int = 1


# OpenAI refuses names it does not know, LM Studio `json_object`, models that reason `max_tokens`, `temperature` and `logprobs`;
# vLLM takes all of these and ignores what it does not know (`extra="allow"` in its vllm/entrypoints/openai/protocol.py).
WISHES: Final[Mapping[str, Wish]] = {
    "response_format": Wish(re.compile(r"response_?format|json_?schema|json_?object|structured.?output|guided|grammar"), steps=2),
    "logprobs": Wish(re.compile(r"log_?probs|log.?probabilit")),
    "stream_options": Wish(re.compile(r"stream_options|include_usage")),
    "skip_special_tokens": Wish(re.compile(r"skip_special_tokens|spaces_between_special_tokens")),
    "max_tokens": Wish(re.compile(r"max_completion_tokens\W+instead")),  # not where there are too many of them
    "temperature": Wish(re.compile(r"\btemperature\b")),
    "seed": Wish(re.compile(r"\bseed\b")),
}
REFUSING: Final = (400, 422)  # statuses that say that something in the request is not taken
MESSAGE_READ: Final = 2000  # characters; servers that quote the whole request do so after what they have to say


def refused_wish(message: str, error: Mapping[str, Any], body: Mapping[str, Any]) -> str | None:
    """Return which wish of a request a message refuses: the one that is named as its parameter, else the first named."""
    sent = [name for name in WISHES if name in body]
    parameter = str(error.get("param") or "")
    for name in sent:
        if name != "max_tokens" and WISHES[name].refused.search(parameter):
            return name
    text = message[:MESSAGE_READ].lower()
    places = [(found.start(), name) for name in sent if (found := WISHES[name].refused.search(text))]
    return min(places)[1] if places else None


def request_body(
    asked: Asked, model: str, urls: Sequence[str], given_up: Mapping[str, int], *, special_tokens: bool
) -> dict[str, Any]:
    """Return a request for chat completions; `given_up` tells how many steps down each wish is."""
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    content: list[dict[str, Any]] = [*pictures, {"type": "text", "text": asked.prompt.text}]
    system = [] if asked.prompt.system is None else [{"role": "system", "content": asked.prompt.system}]
    body: dict[str, Any] = {"model": model, "messages": [*system, {"role": "user", "content": content}], "stream": True}
    body["max_completion_tokens" if given_up.get("max_tokens") else "max_tokens"] = asked.most_tokens
    if not given_up.get("temperature"):
        body["temperature"] = asked.temperature
    if not given_up.get("seed"):
        body["seed"] = asked.seed
    if not given_up.get("stream_options"):
        body["stream_options"] = {"include_usage": True}
    if not given_up.get("logprobs"):
        body["logprobs"] = True
    if special_tokens and not given_up.get("skip_special_tokens"):
        body["skip_special_tokens"] = False
        body["spaces_between_special_tokens"] = False  # else slow tokenizers part them, and `</obj> <bbox>` is no pair
    form = _response_format(asked, given_up.get("response_format", 0))
    if form:
        body["response_format"] = form
    return body


def _response_format(asked: Asked, given_up: int) -> dict[str, Any] | None:
    if asked.grammar is None or asked.grammar.kind != "json_schema" or given_up >= WISHES["response_format"].steps:
        return None
    if given_up:
        return {"type": "json_object"}
    schema = {"name": "answer", "schema": json.loads(asked.grammar.text), "strict": True}
    return {"type": "json_schema", "json_schema": schema}
