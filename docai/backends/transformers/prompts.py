"""From what is asked to token numbers: by a checkpoint's chat template, with pictures, and without what a page might smuggle in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import jinja2
from transformers import PreTrainedTokenizerFast

from docai.backends.transformers.families import Family, read_json
from docai.dialects import Prompt
from docai.errors import BackendUnavailable
from docai.tiling import Seen

# ChatML, in which Qwen2, Qwen2.5 and Qwen3 are trained; for checkpoints that bring no template
CHATML: Final = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TURNS: Final = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")  # tokens by which a turn begins and ends, in ChatML
PICTURES: Final = (  # tokens that stand for pictures and films, in the families known here
    *("<image>", "<video>", "<img>", "</img>", "<IMG_CONTEXT>"),
    *("<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"),
)
PLAIN_MARKERS: Final = ("<IMG_CONTEXT>", "<image>")  # what templates write for a picture; older ones for InternVL the latter
_TEXT_PROBE, _SYSTEM_PROBE = "\ue000text\ue000", "\ue000system\ue000"  # of the private use area: in no template
_ANSWER_PROBE: Final = "\ue000answer\ue000"

_Messages = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Prompter:
    """Writes prompts as a checkpoint was trained on them.

    Attributes:
        write: Returns the messages for (markers of pictures, text, system); which form a template takes differs.
        reserved: Matches the tokens that a text must not bring: those that end a turn or stand for a picture.
        number: Of each token, by its text.
    """

    tokenizer: PreTrainedTokenizerFast
    family: Family
    template: str
    write: Callable[[int, str, str | None], _Messages]
    reserved: re.Pattern[str]
    number: Mapping[str, int]

    @property
    def has_system(self) -> bool:
        """Whether the template writes words of the system by itself, those that the checkpoint was trained with."""
        return "system" in self.render(self.write(0, _TEXT_PROBE, None)).split(_TEXT_PROBE)[0]

    def ids(self, prompt: Prompt, seen: Sequence[Seen]) -> list[int]:
        """Return the token numbers of a prompt, each picture's place filled by as many tokens as it has features.

        Tokens of the dialect in the text stay tokens; those that would end the turn or stand for a picture are broken by a
        space, so that no page and no question can end the turn in somebody's name.

        Raises:
            ValueError: The tiles are not such as the family's lens gives.
        """
        rendered = self.render(self._asked(prompt, len(seen)))
        pieces = _cut(rendered, self.family.marker)
        ids: list[int] = []
        for piece, tokens in zip(pieces, [*self.family.placed(seen), []], strict=True):
            ids += self.tokenizer(piece, add_special_tokens=False)["input_ids"]
            ids += [self.number[token] for token in tokens]
        return ids

    def conversation_ids(self, prompts: Sequence[Prompt], seen: Sequence[Seen]) -> list[list[int]]:
        """Return the token numbers of what stands round the answers of a conversation: before each, and behind the last.

        The first are those of `ids`; the others begin with what ends the answer before them. Each is written by the template as
        it is when the answer behind it is asked for. Pictures are shown before the first question.

        Raises:
            ValueError: The tiles are not such as the family's lens gives, or the template does not write answers as they are.
        """
        around = [self.ids(prompts[0], seen)]
        messages = self._asked(prompts[0], len(seen))
        for count, prompt in enumerate([*prompts[1:], None], 1):
            messages.append({"role": "assistant", "content": self.write(0, _ANSWER_PROBE, None)[-1]["content"]})
            if prompt is not None:
                messages.append(self.write(0, self.harmless(prompt.text), None)[-1])
            before = self.render(messages, asking=prompt is not None).split(_ANSWER_PROBE)
            if len(before) != count + 1:
                raise ValueError(f"the chat template writes {len(before) - 1} of {count} answers as they are")
            around.append(self.tokenizer(before[-1], add_special_tokens=False)["input_ids"])
        return around

    def answer_ids(self, text: str) -> list[int]:
        """Return the token numbers of an answer; tokens that end a turn or stand for a picture are spelt out, letter by letter.

        What they spell is the same text, so that a page that prints such a token can be read aloud, but ends no turn.
        """
        ids: list[int] = []
        start = 0
        for found in self.reserved.finditer(text):
            ids += self.tokenizer(text[start : found.start() + 1], add_special_tokens=False)["input_ids"]
            start = found.start() + 1
        return [*ids, *self.tokenizer(text[start:], add_special_tokens=False)["input_ids"]]

    def _asked(self, prompt: Prompt, pictures: int) -> _Messages:
        """Return the messages of a prompt."""
        system = None if prompt.system is None else self.harmless(prompt.system)
        return self.write(pictures, self.harmless(prompt.text), system)

    def harmless(self, text: str) -> str:
        """Return a text in which no token ends the turn or stands for a picture."""
        return self.reserved.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)

    def render(self, messages: _Messages, *, asking: bool = True) -> str:
        """Return messages by the chat template, up to where the model speaks, if it is asked to."""
        rendered = self.tokenizer.apply_chat_template(
            messages, chat_template=self.template, tokenize=False, add_generation_prompt=asking
        )
        assert isinstance(rendered, str)
        return rendered


def prompter_of(tokenizer: PreTrainedTokenizerFast, family: Family, folder: Path) -> Prompter:
    """Return who writes prompts for a checkpoint, after trying how its chat template takes pictures and a system's words.

    The template is that of `chat_template.jinja`, `chat_template.json` or `tokenizer_config.json`; ChatML where there is none.

    Raises:
        BackendUnavailable: The template takes pictures in no way that is known.
    """
    template = read_json(folder / "chat_template.json").get("chat_template") or tokenizer.chat_template or CHATML
    if isinstance(template, dict):
        template = template.get("default", CHATML)
    own = {token for token in (tokenizer.eos_token, tokenizer.bos_token, tokenizer.pad_token) if token}
    reserved = re.compile("|".join(re.escape(token) for token in sorted({*TURNS, *PICTURES, *own})))
    vocabulary = tokenizer.get_vocab()
    for write in (_parts, _plain_system, partial(_strings, family.marker)):
        prompter = Prompter(tokenizer, family, template, write, reserved, vocabulary)
        if _understood(prompter):
            return prompter
    raise BackendUnavailable(
        f"{folder}: its chat template places no pictures; put the one of the original checkpoint in chat_template.jinja"
    )


def _understood(prompter: Prompter) -> bool:
    """Return whether a template, given messages in this form, writes text, system and two pictures where they belong."""
    try:
        alone = prompter.render(prompter.write(2, _TEXT_PROBE, None))
        both = prompter.render(prompter.write(1, _TEXT_PROBE, _SYSTEM_PROBE))
    except (TypeError, ValueError, jinja2.TemplateError):  # it takes messages in another form
        return False
    counted = len(_cut(alone, prompter.family.marker)) == 3 and len(_cut(both, prompter.family.marker)) == 2
    return counted and alone.count(_TEXT_PROBE) == both.count(_TEXT_PROBE) == both.count(_SYSTEM_PROBE) == 1


def _cut(rendered: str, marker: str) -> list[str]:
    """Return a rendered prompt in pieces, cut where pictures stand."""
    markers = {marker, *PLAIN_MARKERS}
    return re.split("|".join(re.escape(one) for one in sorted(markers, key=len, reverse=True)), rendered)


def _parts(pictures: int, text: str, system: str | None) -> _Messages:
    """Return messages whose contents are lists of parts, as multimodal templates take them."""
    user = {"role": "user", "content": [*[{"type": "image"}] * pictures, {"type": "text", "text": text}]}
    return [user] if system is None else [{"role": "system", "content": [{"type": "text", "text": system}]}, user]


def _plain_system(pictures: int, text: str, system: str | None) -> _Messages:
    """Return the same with the system's words as a string."""
    user = _parts(pictures, text, None)
    return user if system is None else [{"role": "system", "content": system}, *user]


def _strings(marker: str, pictures: int, text: str, system: str | None) -> _Messages:
    """Return messages whose contents are strings, the markers of pictures in them, for templates made for text."""
    user = {"role": "user", "content": f"{marker}\n" * pictures + text}
    return [user] if system is None else [{"role": "system", "content": system}, user]
