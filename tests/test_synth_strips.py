"""Tiny drawn pictures: their truth is where the ink is, in fonts that have the letters, and goes through the dialect."""

from __future__ import annotations

import numpy as np
import pytest

from docai.dialects import Said, Sight
from docai.dialects.markup import Dialect
from docai.document import replace
from docai.tasks.grounding import Find
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable
from docai.tiling import GridLens, look
from fine_tune.synth.stream import synth_source
from fine_tune.synth.strips import LETTERS, SIDE, STRIP_TASKS, Strips, draw_strip, lesson

SEEDS = range(120)


def _cut(strip, box):
    left, top, right, bottom = (round(side * SIDE) for side in box)
    return strip.pixels[top:bottom, left:right].astype(int)


def _holds(cell, glyph):
    x, y = (glyph.left + glyph.right) / 2, (glyph.top + glyph.bottom) / 2
    return cell.left < x < cell.right and cell.top < y < cell.bottom


def test_the_same_seed_draws_the_same_and_another_does_not():
    first, again, other = draw_strip(7), draw_strip(7), draw_strip(8)
    assert np.array_equal(first.pixels, again.pixels)
    assert (first.lines, first.glyphs) == (again.lines, again.glyphs)
    assert not np.array_equal(first.pixels, other.pixels)


@pytest.mark.parametrize("held_out", [False, True])
def test_boxes_lie_round_their_ink(held_out):
    for seed in SEEDS:
        strip = draw_strip(seed, held_out=held_out)
        paper = np.median(strip.pixels)
        contrast = paper - strip.pixels.min()
        inked, left = (strip.pixels < paper - share * contrast for share in (0.3, 0.5))  # half-dark seams may lie in or out
        for word in (word for line in strip.lines for word in line.words):
            x0, y0, x1, y1 = (round(side * SIDE) for side in word.box)
            rows, columns = (np.flatnonzero(inked[y0:y1, x0:x1].any(axis)) for axis in (1, 0))
            assert max(rows[0], columns[0], y1 - y0 - 1 - rows[-1], x1 - x0 - 1 - columns[-1]) <= 2
            left[max(0, y0 - 1) : y1 + 1, max(0, x0 - 1) : x1 + 1] = False
        assert not left.any()


def test_letters_and_words_tell_the_same():
    for seed in SEEDS:
        strip = draw_strip(seed)
        told = "".join(word.text for line in strip.lines for word in line.words)
        assert "".join(glyph.text for glyph in strip.glyphs) == told
        assert [line.text for line in strip.lines] == [" ".join(word.text for word in line.words) for line in strip.lines]
        tops = [line.box.top for line in strip.lines]
        assert tops == sorted(tops)
        assert set(told) <= set(LETTERS)


def test_all_letters_are_drawn_with_either_fonts():
    for held_out in (False, True):
        drawn = {glyph.text for seed in SEEDS for glyph in draw_strip(seed, held_out=held_out).glyphs}
        assert drawn == set(LETTERS)


def test_what_is_held_out_is_drawn_in_other_letters():
    def looks(held_out):
        strips = [draw_strip(seed, held_out=held_out) for seed in SEEDS]
        glyphs = [(strip, glyph) for strip in strips for glyph in strip.glyphs if glyph.text == "8"]
        return {(_cut(strip, glyph.box) < 150).tobytes() for strip, glyph in glyphs}

    assert not looks(held_out=True) & looks(held_out=False)


def test_rows_are_as_many_as_asked():
    assert {len(draw_strip(seed, rows=(2, 3)).lines) for seed in SEEDS} == {2, 3}
    assert {draw_strip(seed, "table", rows=(1, 3)).table.row_count for seed in SEEDS} == {2, 3}


def test_lines_that_are_alike_are_of_two_words():
    strips = [draw_strip(seed, "alike", rows=(4, 4)) for seed in SEEDS]
    assert {len({line.text for line in strip.lines}) for strip in strips} == {1, 2}
    assert all(len(strip.lines) == 4 for strip in strips)
    assert Strips("alike").sample(0).turns[0].answer == lesson(draw_strip(0, "alike"))


def test_columns_have_a_word_in_each_of_their_lines_told_row_by_row():
    strips = [draw_strip(seed, "columns", rows=(3, 8)) for seed in SEEDS]
    assert {len(strip.lines) for strip in strips} == {3, 4, 5, 6, 7, 8}
    for strip in strips:
        places = [(int((line.box.top + line.box.bottom) * 2), line.box.left >= 0.5) for line in strip.lines]
        assert places == sorted(set(places))
        assert all(line.box.right <= 0.5 or line.box.left >= 0.5 for line in strip.lines)
        assert all([word.text for word in line.words] == [line.text] for line in strip.lines)


@pytest.mark.parametrize("task", STRIP_TASKS)
def test_mixtures_know_the_pictures_by_name(task):
    name = f"synth/strips/{task}"
    first, other = synth_source(name), synth_source(name, seed=3)
    assert first.name == name
    assert first.count is None
    assert first.sample(5) == synth_source(name).sample(5)
    assert first.sample(5) != other.sample(5)


def test_a_name_of_no_such_pictures_tells_the_known_ones():
    with pytest.raises(ValueError, match="there are synth/strips/reading, synth/strips/alike"):
        synth_source("synth/strips/poems")


def test_tables_have_spans_and_empty_cells_and_what_they_say_stands_in_them():
    tables = [draw_strip(seed, "table") for seed in SEEDS]
    cells = [cell for strip in tables for cell in strip.table.cells]
    assert {(cell.row_span, cell.column_span) for cell in cells} == {(1, 1), (1, 2), (2, 1)}
    assert {cell.text == "" for cell in cells} == {True, False}
    for strip in tables:
        for cell in strip.table.cells:
            inside = [glyph.text for glyph in strip.glyphs if _holds(cell.box, glyph.box)]
            assert "".join(inside) == cell.text


def test_a_picture_is_one_tile_and_shown_as_it_was_drawn():
    for kind in ("lines", "table"):
        strip = draw_strip(5, kind)
        seen = look(strip.view(), GridLens(tile=SIDE, least=1, most=4))
        assert seen.tiles.shape == (1, SIDE, SIDE, 3)
        assert np.array_equal(seen.tiles[0], np.repeat(strip.pixels[..., None], 3, axis=2))


def test_lessons_go_through_the_dialect_and_back():
    dialect = Dialect(special=True)
    for seed in range(40):
        for kind, task in (("lines", ReadText()), ("table", ReadTable())):
            answer = lesson(draw_strip(seed, kind))
            said = dialect.encode(task, answer, Sight())
            assert said.count("<loc_") == (4 if kind == "table" else 0)
            assert len(said) < 400
            decoded = dialect.decode(task, Said(said), Sight())
            assert not decoded.problems
            if kind == "lines":
                assert [text.text for text in decoded.answer] == [text.text for text in answer]
            else:
                assert [replace(cell, box=answer.box).text for cell in decoded.answer.cells] == [cell.text for cell in answer.cells]


def test_a_source_gives_the_same_sample_for_a_number_and_asks_where_single_words_stand():
    source = Strips("grounding", first=100)
    samples = [source.sample(number) for number in range(30)]
    assert samples[4] == source.sample(4)
    assert samples[4].origin == "synth/strips/grounding:4"
    for number, sample in enumerate(samples):
        words = [word for line in draw_strip(100 + number).lines for word in line.words]
        (turn,) = sample.turns
        if isinstance(turn.task, Find):
            assert [word.box for word in words if word.text == turn.task.phrase] == list(turn.answer.boxes)
        else:
            assert len({word.text for word in words}) < len(words)
    assert sum(isinstance(sample.turns[0].task, Find) for sample in samples) > 25
    assert Strips("table").sample(0).turns[0].task == ReadTable()
    assert Strips("reading", held_out=True).sample(0) != Strips("reading").sample(0)
