"""Batches: weights of the loss, rows that several samples share as if each were alone, and preferences as TRL takes them."""

from __future__ import annotations

import math
import pickle
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.nn.functional import cross_entropy
from transformers import InternVLConfig

from docai.backends.transformers import load, words_of
from docai.box import Box
from docai.document import Answer
from docai.errors import Unreadable
from fine_tune.batching import Collator, PreferenceCollator, numbers_of, packed, why_not_packed
from fine_tune.encoding import UNLEARNT, Encoded
from fine_tune.mixture import Mixture
from fine_tune.samples import Listed
from tests.fine_tune_samples import ASKED, drawn, encoder_of, sample_of, view_of, words_in
from tests.test_transformers_qwen import write

FOUR = [{"position": position} for position in range(4)]


@dataclass(frozen=True)
class Taught:
    """A model of a family, who encodes for it, four samples, and what the model says of each alone, by its tokens."""

    model: Any
    encoder: Any
    mixture: Mixture
    alone: dict[tuple[int, ...], Any]

    def collated(self, weighting="token", **settings):
        return Collator(self.mixture, self.encoder, weighting, **settings)(FOUR)

    def logits(self, batch):
        inputs = {name: tensor for name, tensor in batch.items() if name not in ("labels", "weights", "completion_mask")}
        with torch.no_grad():
            return self.model(**inputs, use_cache=False).logits


@pytest.fixture(scope="module", params=["internvl", "varco"])
def taught(request, tmp_path_factory):
    """Return samples long and short, with one picture, with two, and with none."""
    folder = tmp_path_factory.mktemp(request.param)
    encoder = encoder_of(words_in(folder, request.param), tokens=4096)
    model = load(str(folder), quantization="none", device="cpu", most_tiles=1).model
    whole = view_of(drawn(folder / "a.png"))
    upper = view_of(drawn(folder / "b.png", size=(500, 200), seed=1), Box(0.0, 0.0, 1.0, 0.5))
    samples = [
        sample_of(("hello", "so"), origin="x:1"),
        sample_of(ASKED["table"], views=[whole], origin="x:2"),
        sample_of(("Which?", Answer(text="both of them")), ("Why?", Answer(text="so")), views=[upper, whole], origin="x:3"),
        sample_of(("What is it?", Answer(text="noise")), views=[upper], origin="x:4"),
    ]
    mixture = Mixture({"own": Listed("own", samples)}, {"own": 1})
    taught = Taught(model, encoder, mixture, {})
    for position in range(4):
        single = Collator(mixture, encoder)([position])
        taught.alone[tuple(single["input_ids"][0].tolist())] = (taught.logits(single)[0], single["labels"][0])
    return taught


def losses(logits, labels):
    """Return the loss of each token but the first, 0 where nothing is learnt."""
    return cross_entropy(logits[..., :-1, :].movedim(-1, 1), labels[..., 1:], ignore_index=UNLEARNT, reduction="none")


def pieces_of(batch):
    """Yield the row of each sample of packed rows, and where it stands there."""
    for row, places in enumerate(batch["position_ids"]):
        starts = [*(places == 0).nonzero().flatten().tolist(), len(places)]
        for start, end in pairwise(starts):
            if (batch["labels"][row, start:end] != UNLEARNT).any():  # what is not, fills up
                yield row, start, end


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_samples_that_share_a_row_are_as_if_alone(taught, attention):
    batch = taught.collated(pack=True)
    taught.model.set_attn_implementation(attention)
    logits = taught.logits(batch)
    taught.model.set_attn_implementation("sdpa")
    assert len(batch["input_ids"]) < 4
    assert "attention_mask" not in batch
    left = dict(taught.alone)
    for row, start, end in pieces_of(batch):
        expected, labels = left.pop(tuple(batch["input_ids"][row, start:end].tolist()))
        torch.testing.assert_close(logits[row, start:end], expected, atol=1e-5, rtol=1e-5)
        assert torch.equal(batch["labels"][row, start:end], labels)
    assert not left


def test_the_loss_is_the_weighted_mean_of_the_losses_of_its_samples(taught):
    powers = {"token": 0, "sample": -1, "square_root": -1 / 2}
    singles = [(float(losses(*one[:2]).sum()), int((one[1] != UNLEARNT).sum())) for one in taught.alone.values()]
    for pack in (False, True):
        batch = taught.collated(pack=pack)
        rows = losses(taught.logits(batch), batch["labels"])
        for weighting, power in powers.items():
            expected = sum(loss * count**power for loss, count in singles) / sum(count ** (power + 1) for _, count in singles)
            weights = taught.collated(weighting, pack=pack)["weights"]
            assert float((rows * weights[:, 1:]).sum()) == pytest.approx(expected, rel=1e-5)
            raw = taught.collated(weighting, pack=pack, normalised=False)["weights"]
            assert float((rows * raw[:, 1:]).sum() / raw.sum()) == pytest.approx(expected, rel=1e-5)
            assert torch.equal(weights > 0, batch["labels"] != UNLEARNT)


def test_the_tensors_of_pictures_follow_the_rows(taught):
    encoder, mixture = taught.encoder, taught.mixture
    batch = taught.collated(pack=True)
    marks = (batch["input_ids"] == encoder.words.config.image_token_id).sum()
    if "batch_num_images" in batch:
        assert sorted(batch["batch_num_images"].tolist()) == [0, 1, 1, 2]
        assert len(batch["image_sizes"]) == 4
        assert len(batch["pixel_values"]) == 2 + 2 * 2  # of two, only the whole of each
    else:
        assert len(batch["pixel_values"]) * 256 == marks
    none = Collator(mixture, encoder)([next(p for p in range(4) if not mixture.sample(p, lambda sample: sample.views))])
    assert set(none) <= {"input_ids", "labels", "attention_mask", "weights"}


@pytest.mark.parametrize("tokens", [100, 90, 60, 50])
def test_rows_hold_what_they_may_and_every_sample_once(tokens):
    lengths = [50, 20, 30, 30, 10, 45, 5]
    samples = [Encoded([1] * length, [1] * length, (), str(place)) for place, length in enumerate(lengths)]
    rows = packed(samples, tokens)
    assert all(sum(len(one.ids) for one in row) <= tokens for row in rows)
    assert sorted(one.origin for row in rows for one in row) == [str(place) for place in range(7)]
    assert len(rows) <= math.ceil(11 / 9 * math.ceil(sum(lengths) / tokens)) + 1


def test_preferences_stand_as_the_trainer_takes_them(taught):
    encoder = taught.encoder
    picture = view_of(drawn(encoder.words.folder / "c.png"))
    pairs = [
        sample_of(("one?", "right of it", "wrong"), views=[picture], origin="p:1"),
        sample_of(("two?", "yes", "no, no, no"), origin="p:2"),
    ]
    mixture = Mixture({"pairs": Listed("pairs", pairs)}, {"pairs": 1})
    batch = PreferenceCollator(mixture, encoder)([0, 1])
    said = [
        encoder.words.tokenizer.decode(row[mask.bool()])
        for row, mask in zip(batch["input_ids"], batch["completion_mask"], strict=True)
    ]
    first = 0 if "right" in said[0] else 1
    assert said[first] == "right of it<|im_end|>"
    assert said[first + 2] == "wrong<|im_end|>"
    assert [said[1 - first], said[3 - first]] == ["yes<|im_end|>", "no, no, no<|im_end|>"]
    assert batch["attention_mask"].shape == batch["input_ids"].shape == batch["completion_mask"].shape
    assert not (batch["completion_mask"] > batch["attention_mask"]).any()
    pixels = batch["pixel_values"]
    assert torch.equal(pixels[: len(pixels) // 2], pixels[len(pixels) // 2 :])
    logits = taught.logits(batch)
    prompt = int(batch["completion_mask"][first].argmax())
    torch.testing.assert_close(logits[first, :prompt], logits[first + 2, :prompt], atol=1e-4, rtol=1e-5)


def test_positions_are_numbers_or_rows_of_a_dataset():
    assert numbers_of([3, 1]) == numbers_of([{"position": 3}, {"position": 1}]) == [3, 1]


def test_a_collator_works_in_another_process(taught):
    collator = Collator(taught.mixture, taught.encoder, pack=True)
    again = pickle.loads(pickle.dumps(collator))(FOUR)
    assert all(torch.equal(again[name], tensor) for name, tensor in collator(FOUR).items())
    assert pickle.loads(pickle.dumps(PreferenceCollator(taught.mixture, taught.encoder))).mixture.shares == {"own": 1000}


def test_a_family_that_counts_places_by_pictures_is_not_packed_but_batched(tmp_path):
    write(tmp_path, "qwen2_5_vl")
    encoder = encoder_of(words_of(str(tmp_path)))
    samples = [
        sample_of(("What?", Answer(text="noise")), views=[view_of(drawn(tmp_path / "a.png", size=(60, 90)))]),
        sample_of(("hello", "so and so")),
    ]
    mixture = Mixture({"own": Listed("own", samples)}, {"own": 1})
    with pytest.raises(Unreadable, match="three dimensions"):
        Collator(mixture, encoder, pack=True)
    taught = Taught(load(str(tmp_path), quantization="none", device="cpu").model, encoder, mixture, {})
    batch = Collator(mixture, encoder)([0, 1])
    logits = taught.logits(batch)
    for position, mask in enumerate(batch["attention_mask"]):
        alone = taught.logits(Collator(mixture, encoder)([position]))[0]
        torch.testing.assert_close(logits[position, : int(mask.sum())], alone, atol=1e-5, rtol=1e-5)
    assert not why_not_packed(InternVLConfig())
