"""From a sample to token numbers, on the very way on which a model is asked and its answers are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from docai.backends.speech import as_seen, on_page
from docai.backends.transformers.loading import Words
from docai.box import WHOLE, Box
from docai.dialects import Dialect, Prompt
from docai.dialects import Sight as Shown
from docai.document import Text
from docai.errors import BackendUnavailable, InputError
from docai.tiling import Seen, View, look
from fine_tune.samples import BadSample, Cut, Sample, Turn
from fine_tune.stage import Sight

UNLEARNT: Final = -100  # the label of what is read and not learnt: `ignore_index` of torch.nn.CrossEntropyLoss


@dataclass(frozen=True, slots=True)
class Encoded:
    """A sample as a model is shown it.

    Attributes:
        ids: Token numbers, the places of pictures filled.
        labels: As many: the number of each token that is learnt, those of answers and of what ends their turns, unless they were
            cut; -100 else.
        seen: What is shown, in order.
        origin: Where it comes from.
    """

    ids: list[int]
    labels: list[int]
    seen: tuple[Seen, ...]
    origin: str

    @property
    def answer_tokens(self) -> int:
        """How many tokens are learnt."""
        return sum(label != UNLEARNT for label in self.labels)

    @property
    def met(self) -> float:
        """How large the smallest text is shown, in shares of what it needs to be read; 1 where there are no pictures."""
        return min((one.met for one in self.seen), default=1.0)


class Encoder:
    """Encodes samples for a checkpoint: by its dialect, its lens and its chat template, as it will be asked.

    Law: the tokens before the first answer are those that a model is asked with for the same request, and what it would have to
    say is decoded to the answer, as far as the dialect's lattice goes.
    """

    def __init__(self, words: Words, dialect: Dialect, sight: Sight) -> None:
        """Encode for a checkpoint; `sight.tokens` is how long a sample may be. The tiles are those of the checkpoint's lens.

        Raises:
            BackendUnavailable: Its chat template ends no turn by a special token, so that a model could not learn to stop.
        """
        self.words, self.dialect, self.sight = words, dialect, sight
        (_, end) = words.prompter.conversation_ids([Prompt("")], ())
        special = {number for number, token in words.tokenizer.added_tokens_decoder.items() if token.special}
        if not end or end[0] not in special:
            raise BackendUnavailable(
                f"{words.folder}: its chat template ends an answer by no special token; put one that does in chat_template.jinja"
            )

    def encode(self, sample: Sample) -> Encoded:
        """Return a sample as token numbers; all its answers are learnt.

        Raises:
            BadSample: A picture cannot be drawn, the dialect has no words for an answer, or it is too long.
        """
        seen = self._seen(sample)
        return self._joined(sample, seen, [turn.answer for turn in sample.turns], 0)

    def encode_pair(self, sample: Sample) -> tuple[Encoded, Encoded]:
        """Return a preference: the answer of the last turn, and the worse one, behind the same; nothing else is learnt.

        Raises:
            BadSample: As `encode`, or the last turn has no worse answer, or one that says the same.
        """
        if sample.turns[-1].rejected is None:
            raise BadSample(sample.origin, "its last answer has none beside it that is rejected; leave it to supervised stages")
        seen = self._seen(sample)
        before = [turn.answer for turn in sample.turns[:-1]]
        last = len(before)
        chosen, rejected = (
            self._joined(sample, seen, [*before, answer], last) for answer in (sample.turns[-1].answer, sample.turns[-1].rejected)
        )
        cut = isinstance(sample.turns[-1].rejected, Cut)  # whether the same words would have followed is not known
        if chosen.ids == rejected.ids or (cut and chosen.ids[: len(rejected.ids)] == rejected.ids):
            raise BadSample(sample.origin, "what is chosen and what is rejected are the same words; leave it out")
        return chosen, rejected

    def _seen(self, sample: Sample) -> tuple[Seen, ...]:
        try:
            return tuple(look(view, self.words.family.lens) for view in sample.views)
        except (InputError, ValueError) as error:
            raise BadSample(sample.origin, f"a picture cannot be drawn ({error})") from error

    def _joined(self, sample: Sample, seen: tuple[Seen, ...], answers: Sequence[Any], first: int) -> Encoded:
        """Return a conversation with these answers, of which those from the `first` on are learnt."""
        tasks = [turn.task.name for turn in sample.turns if turn.task.name not in self.dialect.tasks]
        if tasks:
            raise BadSample(sample.origin, f"models that speak {self.dialect.name} are not asked for {tasks[0]!r}; leave it out")
        prompter = self.words.prompter
        try:
            asked = [self._prompt(turn, sample, seen) for turn in sample.turns]
            said = [self._text(turn, answer, sample, seen) for turn, answer in zip(sample.turns, answers, strict=True)]
            around = prompter.conversation_ids(asked, seen)
        except ValueError as error:
            raise BadSample(sample.origin, str(error)) from error
        ids = list(around[0])
        labels = [UNLEARNT] * len(ids)
        if isinstance(answers[-1], Cut):
            around = [*around[:-1], []]
        for place, (text, behind) in enumerate(zip(said, around[1:], strict=True)):
            answer = [*prompter.answer_ids(text), *behind[:1]]  # with what ends the turn, or a model would not learn to stop
            ids += [*answer, *behind[1:]]
            labels += [*(answer if place >= first else [UNLEARNT] * len(answer)), *[UNLEARNT] * len(behind[1:])]
        if len(ids) > self.sight.tokens:
            remedy = "allow more (sight.tokens), show it on fewer tiles (sight.tiles), or cut it in parts"
            raise BadSample(sample.origin, f"{len(ids):,} tokens, and at most {self.sight.tokens:,} are allowed; {remedy}")
        return Encoded(ids, labels, seen, sample.origin)

    def _prompt(self, turn: Turn, sample: Sample, seen: Sequence[Seen]) -> Prompt:
        task = as_seen(turn.task, sample.views[0], seen[0]) if seen else turn.task
        prompt = self.dialect.prompt(task, _shown(turn, seen))
        return prompt if sample.system is None else replace(prompt, system=sample.system)

    def _text(self, turn: Turn, answer: Any, sample: Sample, seen: Sequence[Seen]) -> str:
        """Return what a model should say.

        Raises:
            ValueError: It should say nothing that it could, or the dialect has no words for it.
        """
        if isinstance(answer, (str, Cut)):
            text = answer.text if isinstance(answer, Cut) else answer
            if not text.strip():
                raise ValueError("the answer is empty; leave it out")
            return text
        task = turn.task
        if seen:
            view, shown = sample.views[0], seen[0]
            task = as_seen(task, view, shown)
            parts = answer if isinstance(answer, tuple) else (answer,)
            moved = tuple(on_page(part, _placing(view, shown, text=isinstance(part, Text)), 1) for part in parts)
            answer = moved if isinstance(answer, tuple) else moved[0]
        return self.dialect.encode(task, answer, _shown(turn, seen))


def _placing(view: View, shown: Seen, *, text: bool) -> Callable[[Box], Box]:
    """Return where boxes of the page lie in the picture; a text's that is all of the view is all of the picture, white edges too.

    Dialects take such a box for none, and leave it out.
    """

    def place(box: Box) -> Box:
        there = view.from_page(box)
        return there if text and there == WHOLE else shown.from_view(there)

    return place


def _shown(turn: Turn, seen: Sequence[Seen]) -> Shown:
    """Return what a dialect must know of what is seen, as `docai.backends.speech` tells it."""
    languages = getattr(turn.task, "languages", ("en",))
    return Shown(languages, seen[0].width, seen[0].height) if seen else Shown(languages)
