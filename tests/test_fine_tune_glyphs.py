"""Which letter covers which place of a picture, and that a model can be taught it."""

from __future__ import annotations

import numpy as np
import torch

from docai.backends.transformers import load
from docai.box import Box
from docai.document import Word
from docai.tiling import GridLens, Seen, look
from fine_tune.glyphs import CELLS, UNKNOWN, GlyphHead, Overheard, glyph_labels, letter_numbers, parts_of
from fine_tune.nano import characters, make_nano
from fine_tune.synth.strips import draw_strip

LENS = GridLens(tile=112, least=1, most=4)


def _seen(columns=1, rows=1, tiles=1):
    return Seen(np.zeros((tiles, 112, 112, 3), np.uint8), columns, rows, columns * 112, rows * 112)


def _glyph(text, left, top, right, bottom, *, width=112):
    return Word(text=text, box=Box(left / width, top / 112, right / width, bottom / 112))


def test_a_letter_is_told_at_the_places_whose_middles_it_covers():
    # Places are 7 pixels wide and 14 high: this one covers those from 14 to 28, and none of the rows below
    labels = glyph_labels([_glyph("A", 14, 0, 27, 15)], _seen(), LENS, 14)
    assert labels.shape == (1, 16, CELLS, 3)
    where = np.argwhere(labels[..., 0] > 0)
    assert [tuple(place) for place in where] == [(0, 0, 2), (0, 0, 3)]  # first tile, first token, upper right patch
    assert labels[0, 0, 2, 0] == letter_numbers()["A"]


def test_places_stand_in_the_order_of_the_features():
    below_left = glyph_labels([_glyph("A", 0, 42, 7, 56)], _seen(), LENS, 14)
    assert [tuple(place) for place in np.argwhere(below_left[..., 0] > 0)] == [(0, 4, 4)]  # second row of tokens, lower left
    wide = glyph_labels([_glyph("A", 112, 0, 119, 14, width=224)], _seen(2, 1, 3), LENS, 14)
    assert [tuple(place) for place in np.argwhere(wide[..., 0] > 0)] == [(1, 0, 0)]
    assert (wide[2] == UNKNOWN).all()  # the whole once more


def test_syllables_are_told_by_their_letters():
    assert parts_of("가") == (1, 0, 0)
    assert parts_of("힣") == (19, 20, 27)
    assert parts_of("한") == (19, 0, 4)
    assert parts_of("A")[1:] == (UNKNOWN, UNKNOWN)
    assert parts_of("漢") == (UNKNOWN,) * 3
    told = {parts_of(letter) for letter in characters()}
    assert len(told) == len(characters())
    assert UNKNOWN not in {first for first, _, _ in told}


def test_a_letter_that_is_not_known_is_not_asked():
    labels = glyph_labels([_glyph("漢", 0, 0, 14, 14)], _seen(), LENS, 14)
    assert (labels[0, 0, :2] == UNKNOWN).all()
    head = GlyphHead(8)
    features = torch.randn(1, 16, 8)
    assert head.hits(features, torch.from_numpy(labels)) == (0, 0)
    assert torch.isfinite(head.loss(features, torch.from_numpy(labels)))


def test_a_tile_of_nothing_but_what_is_not_asked_has_no_loss():
    labels = torch.full((1, 16, CELLS, 3), UNKNOWN)
    head = GlyphHead(8)
    loss = head.loss(torch.randn(1, 16, 8), labels)
    loss.backward()
    assert loss.item() == 0
    assert not any(parameter.grad.any() for parameter in head.parameters())


def test_hits_count_letters_all_of_whose_parts_are_told():
    labels = torch.from_numpy(glyph_labels([_glyph("가", 0, 0, 14, 14), _glyph("A", 28, 0, 42, 14)], _seen(), LENS, 14))
    head = GlyphHead(8)
    for part, number in ((head.begins, 1), (head.vowel, 0), (head.final, 0)):
        torch.nn.init.zeros_(part.weight)
        torch.nn.init.zeros_(part.bias)
        with torch.no_grad():
            part.bias[number] = 1
    features = torch.randn(1, 16, 8)
    assert head.hits(features, labels) == (2, 4)  # 가, not A
    with torch.no_grad():
        head.final.bias[4] = 2
    assert head.hits(features, labels) == (0, 4)


def test_a_model_overheard_learns_what_its_places_show(tmp_path):
    loaded = load(str(make_nano(tmp_path / "demo", "demo")), quantization="none", device="cpu")
    model, head = loaded.model, GlyphHead(128)
    strips = [draw_strip(seed) for seed in range(8)]
    seen = [look(strip.view(), LENS) for strip in strips]
    labels = torch.from_numpy(np.concatenate([glyph_labels(s.glyphs, e, LENS, 14) for s, e in zip(strips, seen, strict=True)]))
    pixels = loaded.family.inputs([[one] for one in seen])["pixel_values"]
    optimizer = torch.optim.AdamW([*model.model.vision_tower.parameters(), *head.parameters()], lr=2e-3)
    losses = []
    with Overheard(model.model.multi_modal_projector) as heard:
        for _ in range(50):
            model.get_image_features(pixel_values=pixels)
            loss = head.loss(heard.features, labels)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        right, covered = head.hits(heard.features, labels)
    assert losses[-1] < losses[0] / 3
    assert right > covered / 2
    heard.features = None
    with torch.no_grad():
        model.get_image_features(pixel_values=pixels[:1])
    assert heard.features is None  # it listens no more


def test_a_letter_between_the_middles_of_places_has_the_place_of_its_own_middle():
    labels = glyph_labels([_glyph("1", 4, 8, 7, 20)], _seen(), LENS, 14)
    assert [tuple(place) for place in np.argwhere(labels[..., 0] > 0)] == [(0, 0, 4)]
    edge = glyph_labels([_glyph("1", 111, 111, 112, 112)], _seen(), LENS, 14)
    assert [tuple(place) for place in np.argwhere(edge[..., 0] > 0)] == [(0, 15, 7)]
