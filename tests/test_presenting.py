"""What others wrote is shown, and obeyed by nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.presenting import duration, facts, head, one_line, spreadsheet_text

ANY = st.text(st.characters(), max_size=30) | st.text("=+-@＝＋－＠\t\r\n '\x1b\u202e\ud800a1", max_size=8)


@given(ANY)
def test_one_line_holds_nothing_that_a_terminal_obeys_and_can_be_written(text):
    told = one_line(text)
    assert not [character for character in told if character < " " or "\x7f" <= character < "\xa0" or character in "\u202e\ufeff"]
    assert len(told.splitlines()) <= 1
    assert told.encode("utf-8").decode("utf-8") == told


def test_one_line_tells_what_it_does_not_show_and_leaves_all_else():
    assert one_line("스캔 [b]\x1b[31m\n\x9b\u202e\udce9") == "스캔 [b]\\x1b[31m\\x0a\\x9b\\u202e\\udce9"


@pytest.mark.parametrize(("longest", "told"), [(None, "\x1babcdef"), (5, "\\x1b…"), (9, "\\x1babcd…"), (10, "\\x1babcdef")])
def test_one_line_is_cut_to_its_length_as_shown(longest, told):
    assert one_line("\x1babcdef", longest) == told.replace("\x1b", "\\x1b")


@given(ANY)
def test_no_cell_begins_like_a_formula(text):
    cell = spreadsheet_text(text)
    assert not cell.lstrip().startswith(tuple("=+-@＝＋－＠\t\r"))
    assert cell.removeprefix("'").endswith(one_line(text).removeprefix("'"))


def test_a_name_that_begins_like_a_formula_keeps_its_letters():
    assert spreadsheet_text("=cmd|'/c calc'!A1.pdf") == "'=cmd|'/c calc'!A1.pdf"
    assert spreadsheet_text("a=b.pdf") == "a=b.pdf"


def test_a_title_and_figures_are_text_on_a_page():
    assert "<title>&lt;b&gt;\\x00</title>" in head("<b>\0")[2]
    assert facts([("1 < 2", "a"), ("", "left out")]) == '<div class="facts"><div><b>1 &lt; 2</b><span>a</span></div></div>'


def test_times_are_told_as_people_do():
    assert [duration(seconds) for seconds in (0.04, 5.25, 754, 7260)] == ["0.0 s", "5.2 s", "12 min 34 s", "2 h 01 min"]
