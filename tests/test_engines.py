"""Engines read a drawn line exactly, whichever they are and however many ask, and a missing or failing one says so."""

from __future__ import annotations

import os
import platform
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.backends.classical.engines import ReadLine, ReadWord, command, joined, on_ink
from docai.backends.classical.engines import rapid as rapid_engine
from docai.backends.classical.engines.tessdata import find_tessdata, is_there, remedy
from docai.backends.classical.strips import Strip
from docai.errors import MissingDependency
from docai.marks import Rectangle
from tests.drawn_scans import strip_of

LINES = {
    "eng": [("Delivery note for 24 parcels to Harwick", "helv"), ("The quarterly review shows that volumes grew", "tiro")],
    "vie": [("Hội đồng quản trị đã xem xét báo cáo quý ba", "notos"), ("Sản lượng tăng ở mọi miền của đất nước", "notos")],
    "kor": [("이사회는 삼분기 보고서를 검토하고", "korea"), ("에너지 비용은 이 년 연속으로 줄었다는", "korea")],
}
CASES = [(language, text, font) for language, lines in LINES.items() for text, font in lines]
ENGLISH = [(text, font) for language, text, font in CASES if language == "eng"]


@pytest.fixture
def fresh():
    """Have models looked for anew, before and after."""
    find_tessdata.cache_clear()
    yield
    find_tessdata.cache_clear()


@pytest.fixture(scope="module")
def tesseract():
    """Return the engine that has Tesseract in this process, where it is installed."""
    pytest.importorskip("tesserocr")
    from docai.backends.classical.engines import tesseract as module  # noqa: PLC0415

    return module


@pytest.fixture(scope="module")
def rapid():
    return rapid_engine.Engine()


def assert_places(read, line, tolerance):
    """Assert that words begin and end where they were drawn, within a share of the font size."""
    assert len(read.words) == len(line.words)
    for word, (text, left, right) in zip(read.words, line.words, strict=True):
        assert abs(word.left - left) <= tolerance * line.size, text
        assert abs(word.right - right) <= tolerance * line.size, text


# ---- models


def test_models_are_looked_for_where_tessdata_prefix_says_first(fresh, monkeypatch, tmp_path):
    real = find_tessdata("eng") / "eng.traineddata"
    find_tessdata.cache_clear()
    (tmp_path / "eng.traineddata").symlink_to(real)
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert find_tessdata("eng") == tmp_path
    assert find_tessdata("kor") != tmp_path  # which the folder does not have


def test_the_folder_that_tessdata_prefix_names_may_be_the_one_above(fresh, monkeypatch, tmp_path):
    (tmp_path / "tessdata").mkdir()
    (tmp_path / "tessdata" / "xyz.traineddata").touch()
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert find_tessdata("xyz") == tmp_path / "tessdata"
    assert is_there("xyz")


def test_models_are_found_without_tessdata_prefix(fresh, monkeypatch):
    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    for language in LINES:
        assert (find_tessdata(language) / f"{language}.traineddata").is_file()


@pytest.mark.parametrize("name", ["tesseract", "command"])
def test_a_missing_language_names_its_package(fresh, monkeypatch, name, request):
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    module = command if name == "command" else request.getfixturevalue("tesseract")
    assert not is_there("chi_xyz")
    with pytest.raises(MissingDependency, match=r"'chi_xyz' is not installed.*apt-get install tesseract-ocr-chi-xyz"):
        module.Engine("chi_xyz")


@pytest.mark.parametrize(("system", "words"), [("Darwin", "brew install"), ("Windows", "installer"), ("Linux", "apt-get install")])
def test_every_system_has_its_remedy(monkeypatch, system, words):
    monkeypatch.setattr(platform, "system", lambda: system)
    assert words in remedy("kor")


def test_a_missing_command_names_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependency, match="pip install tesserocr"):
        command.Engine("eng")


# ---- reading


@pytest.mark.parametrize(("language", "text", "font"), CASES)
def test_tesseract_in_this_process_reads_a_drawn_line(tesseract, language, text, font):
    strip, line = strip_of(text, font)
    read = tesseract.Engine(language).read(strip)
    assert (read.engine, read.text) == (f"tesseract:{language}", text)
    assert read.confidence > 0.85
    assert_places(read, line, 0.3 if language == "kor" else 0.13)  # syllables have white space of their own around them


@pytest.mark.parametrize(("language", "text", "font"), [case for case in CASES if case[0] != "kor"])
def test_the_command_reads_a_drawn_line(language, text, font):
    strip, line = strip_of(text, font)
    read = command.Engine(language).read(strip)
    assert (read.engine, read.text) == (f"tesseract:{language}", text)
    assert read.confidence > 0.85
    assert_places(read, line, 0.13)


@pytest.mark.parametrize(("text", "font"), LINES["kor"])
def test_the_command_reads_the_syllables_of_korean(text, font):
    strip, _ = strip_of(text, font)
    assert command.Engine("kor").read(strip).text.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(("text", "font"), LINES["kor"])
def test_the_command_reads_the_words_of_korean(text, font):
    strip, line = strip_of(text, font)
    read = command.Engine("kor").read(strip)
    assert read.text == text
    assert_places(read, line, 0.35)


@pytest.mark.parametrize(("language", "text", "font"), [case for case in CASES if case[0] != "kor"])
def test_tesseract_and_its_command_agree(tesseract, language, text, font):
    strip, _ = strip_of(text, font)
    here, there = tesseract.Engine(language).read(strip), command.Engine(language).read(strip)
    assert here.text == there.text
    for one, other in zip(here.words, there.words, strict=True):
        assert other.left == pytest.approx(one.left, abs=2)
        assert other.right == pytest.approx(one.right, abs=2)
        assert other.confidence == pytest.approx(one.confidence, abs=0.1)


@pytest.mark.parametrize(("text", "font"), ENGLISH)
def test_rapid_reads_a_drawn_line(rapid, text, font):
    strip, line = strip_of(text, font)
    read = rapid.read(strip)
    assert (read.engine, read.text) == ("rapidocr", text)
    assert read.confidence > 0.9
    assert_places(read, line, 0.13)


def test_letters_that_stand_far_apart_are_of_two_words():
    """On faint print the network tells no space between columns of numbers, but where each letter is."""
    places = SimpleNamespace(word_cols=[[2, 30, 32, 34, 36, 38]], line_txt_len=80, confs=[0.9] * 6)
    words = rapid_engine.words_of("230.00", places, width=640, unit=16)
    assert [(word.text, word.left, word.right) for word in words] == [("2", 16, 24), ("30.00", 240, 312)]


def test_a_crumb_at_the_edge_of_a_picture_that_leaves_nothing_to_look_at_says_nothing(rapid):
    crumb = Strip(Rectangle(119, 0, 124, 1), np.full((4, 9), 255, np.uint8), 2, 1.0)
    assert rapid.read_label(crumb).words == ()


@pytest.mark.parametrize("name", ["tesseract", "command", "rapid"])
def test_what_is_read_on_a_strip_without_print_is_not_sure_at_all(name, request):
    strip, _ = strip_of("Delivery note")
    blank = replace(strip, picture=np.full_like(strip.picture, 255))
    engine = request.getfixturevalue("rapid") if name == "rapid" else None
    if engine is None:
        engine = (command if name == "command" else request.getfixturevalue("tesseract")).Engine("eng")
    assert engine.read(blank).confidence == 0  # Tesseract reads two letters there, for which it tells a confidence of 0


@pytest.mark.parametrize("name", ["tesseract", "rapid"])
def test_several_threads_read_what_one_does(name, request):
    fixture = request.getfixturevalue(name)
    engine = fixture if name == "rapid" else fixture.Engine("eng")
    strips = [strip_of(text, font, size)[0] for text, font in ENGLISH for size in (9, 12)] * 2
    alone = [engine.read(strip) for strip in strips]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(engine.read, strips)) == alone


def test_a_model_that_was_loaded_for_one_document_reads_the_next(tesseract):
    strip, _ = strip_of("Total 12.50", ENGLISH[0][1])
    tesseract.Engine("eng").read(strip)
    loaded = [id(api) for models in tesseract._idle.values() for api in models]
    tesseract.Engine("eng").read(strip)
    assert loaded
    assert [id(api) for models in tesseract._idle.values() for api in models] == loaded


# ---- a process that fails


def fake_tesseract(folder, monkeypatch, script):
    """Put a program named tesseract before all others on the PATH."""
    program = folder / "tesseract"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return command.Engine("eng")


@pytest.mark.parametrize(
    "script", ["exit 1", "kill -9 $$", "cat > /dev/null", "cat > /dev/null; echo rubbish", "printf '\\377\\376'"]
)
def test_a_process_that_fails_gives_a_line_without_words(monkeypatch, tmp_path, script):
    engine = fake_tesseract(tmp_path, monkeypatch, script)
    assert engine.read(strip_of("Delivery note")[0]) == ReadLine("tesseract:eng")


def test_a_process_that_hangs_gives_a_line_without_words(monkeypatch, tmp_path):
    monkeypatch.setattr(command, "SECONDS", 0.2)
    engine = fake_tesseract(tmp_path, monkeypatch, "exec sleep 30")
    assert engine.read(strip_of("Delivery note")[0]) == ReadLine("tesseract:eng")


def test_a_program_that_is_gone_gives_a_line_without_words(monkeypatch, tmp_path):
    engine = fake_tesseract(tmp_path, monkeypatch, "exit 0")
    (tmp_path / "tesseract").unlink()
    assert engine.read(strip_of("Delivery note")[0]) == ReadLine("tesseract:eng")


# ---- joining


def pieces(*texts, wide=10.0, sure=0.9):
    return [ReadWord(text, wide * n, wide * n + 8, sure) for n, text in enumerate(texts)]


def test_syllables_become_the_words_of_the_text():
    words = joined(pieces("이", "사", "회", "는", "보", "고"), "이사회는 보고\n")
    assert [(word.text, word.left, word.right) for word in words] == [("이사회는", 0, 38), ("보고", 40, 58)]


def test_a_joined_word_is_as_sure_as_its_letters_are_on_the_average():
    words = [ReadWord("이사", 0, 20, 0.9), ReadWord("회", 20, 30, 0.6)]
    (word,) = joined(words, "이사회")
    assert word.confidence == pytest.approx(0.8)


@pytest.mark.parametrize("text", ["", "이사", "이사회 는", "이 사회", "아사회", "이사회는 보고"])
def test_pieces_that_do_not_make_up_the_text_stay_pieces(text):
    parts = pieces("이사", "회")
    assert joined(parts, text) == tuple(parts)


@given(st.lists(st.text("가나다abc1", min_size=1, max_size=4), max_size=6))
def test_words_that_are_whole_stay_as_they_are(texts):
    parts = pieces(*texts)
    assert [(word.text, word.left, word.right) for word in joined(parts, " ".join(texts))] == [part[:3] for part in parts]


@given(st.lists(st.text("가나다abc1", min_size=1, max_size=4), max_size=6))
def test_letters_apart_come_back_as_words(texts):
    words = joined(pieces(*"".join(texts)), " ".join(texts))
    assert [word.text for word in words] == texts
    assert ReadLine("any", words).text == " ".join(texts)


# ---- lines


def test_a_line_without_words_is_not_sure_at_all():
    assert (ReadLine("any").text, ReadLine("any").confidence) == ("", 0.0)


def test_longer_words_count_more_for_a_lines_confidence():
    line = ReadLine("any", (ReadWord("a", 0, 1, 0.2), ReadWord("abc", 2, 5, 1.0)))
    assert line.confidence == pytest.approx(0.8)


# ---- words on their ink


def inked(*spans):
    """Return a strip with ink in some columns, letters 16 pixels high."""
    picture = np.full((36, 300), 255, np.uint8)
    for left, right in spans:
        picture[10:26, left:right] = 0
    return Strip(Rectangle(10, 10, 290, 26), picture, 10, 16.0)


def sides(strip, *words):
    line = on_ink(ReadLine("x", tuple(ReadWord(text, left, right, 1.0) for text, left, right in words)), strip)
    return [(word.left, word.right) for word in line.words]


def test_words_begin_and_end_at_their_ink():
    strip = inked((10, 20), (22, 40), (52, 70), (72, 80))
    assert sides(strip, ("ab", 14, 36), ("cd", 44, 71)) == [(10, 40), (52, 80)]


def test_a_word_that_the_network_sees_reach_into_the_next_ends_before_it():
    strip = inked((10, 20), (22, 40), (52, 70), (72, 80))
    assert sides(strip, ("ab", 14, 78), ("cd", 54, 71)) == [(10, 40), (52, 80)]


def test_words_whose_letters_touch_meet_where_the_network_parts_them():
    strip = inked((10, 80), (92, 120))
    assert sides(strip, ("ab", 10, 40), ("cd", 44, 78), ("e", 95, 118)) == [(10, 42), (42, 80), (92, 120)]


def test_dirt_is_no_ink():
    strip = inked((10, 40), (60, 80))
    strip.picture[20, 50] = 0
    assert sides(strip, ("ab", 10, 38), ("cd", 62, 80)) == [(10, 40), (60, 80)]


def test_a_line_without_ink_or_words_stays_as_it_is():
    assert sides(inked(), ("a", 3, 5)) == [(3, 5)]
    assert sides(inked((10, 20))) == []


@given(
    st.lists(st.tuples(st.integers(0, 290), st.integers(1, 30)), max_size=8), st.lists(st.integers(0, 300), min_size=2, max_size=12)
)
def test_words_on_their_ink_stay_in_order_and_do_not_overlap(spans, places):
    places.sort()
    words = [(f"w{n}", left, right) for n, (left, right) in enumerate(zip(places[::2], places[1::2], strict=False))]
    found = sides(inked(*((left, min(300, left + width)) for left, width in spans)), *words)
    assert len(found) == len(words)
    flat = [side for pair in found for side in pair]
    assert flat == sorted(flat)
