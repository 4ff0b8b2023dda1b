"""Letters as ink: in a font that has them, with boxes of what can be seen; lines that break where their column ends."""

from __future__ import annotations

import numpy as np
import pytest

from docai.errors import MissingDependency
from fine_tune.synth.fonts import faces, page_faces
from fine_tune.synth.ink import Area, Letters, font_of, painted, turned
from fine_tune.synth.pages.layout import Faces, Lettering, Sheet, in_lines
from fine_tune.synth.pages.words import SYLLABLES
from fine_tune.synth.words import LANGUAGES


@pytest.fixture
def letters():
    try:
        return Lettering(Faces(page_faces("en")), 16.0)
    except MissingDependency as missing:
        pytest.skip(str(missing))


def families(language, *, held_out=False):
    try:
        return page_faces(language, held_out=held_out)
    except MissingDependency as missing:
        pytest.skip(str(missing))


def seen(picture):
    rows, columns = np.nonzero(np.abs(picture.astype(int) - 255).max(axis=2) > 32)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize("text", ["Word", "(g,j)", "—", "Ệ", "A"])
def test_the_box_of_a_word_is_that_of_its_ink(letters, text):
    ink = Letters(letters.set(text).font.stamp(text), 40, 60, (0, 0, 0))
    assert seen(painted([ink], 200, 100, (255, 255, 255))) == pytest.approx(ink.box, abs=1)


def test_a_turned_word_is_as_high_as_it_was_wide(letters):
    flat = letters.set("Word").font.stamp("Word")
    ink = Letters(turned(flat), 60, 120, (0, 0, 0))
    picture = painted([ink], 140, 140, (255, 255, 255))
    assert seen(picture) == pytest.approx(ink.box, abs=1)
    upright = painted([Letters(flat, 0, 60, (0, 0, 0))], 140, 140, (255, 255, 255))
    assert np.array_equal(np.rot90(upright)[20:140, :], picture[0:120, :])


def test_ink_leaves_the_paper_round_it_as_it_is(letters):
    ink = Letters(letters.set("i").font.stamp("i"), 40, 60, (200, 0, 0))
    picture = painted([Area((0, 0, 200, 100), (10, 20, 30)), ink], 200, 100, (255, 255, 255))
    changed = (picture != (10, 20, 30)).any(axis=2)
    left, top, right, bottom = ink.box
    assert changed.any()
    changed[top - 1 : bottom + 1, left - 1 : right + 1] = False
    assert not changed.any()


def test_ink_off_the_picture_is_lost(letters):
    ink = letters.set("Word").font.stamp("Word")
    for pen, baseline in ((-20, 5), (90, 5), (-500, 5), (5, 500)):
        assert painted([Letters(ink, pen, baseline, (0, 0, 0))], 100, 20, (255, 255, 255)).shape == (20, 100, 3)


def test_a_text_without_ink_has_no_stamp(letters):
    assert letters.set(" ").font.stamp(" ") is None
    assert letters.set("a").font.stamp("") is None


def test_a_word_is_set_in_the_first_family_that_has_its_letters():
    latin, korean = families("en")[0], families("ko")[0]
    both = Faces((latin, korean))
    assert both.file("Table", bold=False) == str(latin.regular)
    assert both.file("Table", bold=True) == str(latin.bold)
    assert both.file("똠방각하", bold=False) == str(korean.regular)


def test_a_letter_that_no_font_has_is_named_and_not_drawn_as_a_box():
    with pytest.raises(MissingDependency, match=r"'\\uf8ff'.*apt-get install"):
        Faces(families("en")).file("\uf8ff", bold=False)


@pytest.mark.parametrize("held_out", [False, True])
def test_korean_families_have_ink_for_all_syllables_and_no_two_are_alike(held_out):
    face = families("ko", held_out=held_out)[0]
    font = font_of(str(face.regular), 24.0)
    stamps = [font.glyph(syllable) for syllable in SYLLABLES[::7]]
    missing = font.glyph("\uf8ff")
    assert all(stamp is not None for stamp in stamps)
    assert not any(np.array_equal(stamp.cover, missing.cover) for stamp in stamps)


@pytest.mark.parametrize("language", LANGUAGES)
def test_held_out_families_are_others(language):
    if faces(language, held_out=True) == faces(language):
        pytest.skip("no held-out fonts are installed")
    assert not set(families(language)) & set(families(language, held_out=True))


def test_lines_are_no_wider_than_their_column(letters):
    words = "some words of different lengths that are broken into lines wherever there is no more room".split()
    setting = in_lines(words, 150, letters)
    assert [word.text for line in setting.lines for word in line] == words
    assert setting.longest <= 150
    assert len(setting.lines) > 4


def test_a_word_wider_than_its_column_is_set_smaller_and_one_too_wide_is_refused(letters):
    width = letters.set("internationalisation").width
    setting = in_lines(["internationalisation"], 0.8 * width, letters)
    assert setting.lettering.size < letters.size
    assert setting.longest <= 0.8 * width
    with pytest.raises(ValueError, match="internationalisation"):
        in_lines(["internationalisation"], 0.3 * width, letters)


def test_justified_lines_end_at_the_side_but_for_the_last(letters):
    sheet = Sheet(400, 400, 100, (255, 255, 255))
    words = "some words of different lengths that are broken into lines wherever there is no more room".split()
    setting = in_lines(words, 300, letters, "both")
    found = iter(sheet.lines(setting, (50, 50)))
    ends = [[next(found) for _ in line][-1].box.right * sheet.width for line in setting.lines]
    assert len(ends) > 2
    assert ends[:-1] == pytest.approx([350] * (len(ends) - 1), abs=2)
    assert ends[-1] < 340


def test_a_word_off_the_page_is_refused(letters):
    sheet = Sheet(100, 100, 100, (255, 255, 255))
    with pytest.raises(ValueError, match="off the page"):
        sheet.line("Word", (80, 50), 100, letters)
