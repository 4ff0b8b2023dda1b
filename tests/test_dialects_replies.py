"""What models of these families are known to say, whole and in their usual ways of going wrong, and what is read of it.

The answers are written after the model cards and the issue threads of the families, by hand: none is copied from a data set.
"""

from __future__ import annotations

import pytest

from docai.box import WHOLE, Box
from docai.dialects import Said, Sight
from docai.dialects.instruct import Dialect as Instruct
from docai.dialects.internvl import SYSTEM
from docai.dialects.internvl import Dialect as Internvl
from docai.dialects.markup import Dialect as Markup
from docai.dialects.varco import Dialect as Varco
from docai.document import Answer, Figure, Mention, Table
from docai.tasks.asking import Ask
from docai.tasks.chart import ReadChart
from docai.tasks.grounding import Find, Name
from docai.tasks.page import ReadPage
from docai.tasks.reading import ReadText
from docai.tasks.table import ReadTable

KOREAN, VIETNAMESE, ENGLISH = Sight(("ko",), 1000, 800), Sight(("vi",)), Sight()
VARCO, INTERNVL, CHAT, QWEN, MARKUP = Varco(), Internvl(), Instruct(), Instruct("pixels"), Markup()


def codes(decoded):
    return {problem.code for problem in decoded.problems}


def grid(table):
    return [[cell.text for cell in row] for row in table.grid()]


def headers(table):
    return [[cell.header for cell in row] for row in table.grid()]


def points(chart):
    return [(series.name, [(point.x, point.y) for point in series.points]) for series in chart.series]


# VARCO-VISION


def test_varco_words_of_a_korean_sign_are_lines_with_boxes():
    said = Said(
        "<char>백범로</char><bbox>0.172, 0.266, 0.328, 0.341</bbox>\n"
        "<char>124번길</char><bbox>0.347, 0.265, 0.512, 0.34</bbox>\n"
        "<char>Baekbeom-ro</char><bbox>0.17, 0.362, 0.41, 0.41</bbox>"
    )
    decoded = VARCO.decode(ReadText(), said, KOREAN)
    assert [text.text for text in decoded.answer] == ["백범로 124번길", "Baekbeom-ro"]
    assert decoded.answer[0].box == Box(0.172, 0.265, 0.512, 0.341)
    assert [word.text for word in decoded.answer[0].words] == ["백범로", "124번길"]
    assert decoded.problems == ()
    assert VARCO.encode(ReadText(), decoded.answer, KOREAN) == said.text


def test_varco_two_cats_in_one_tag_are_two_boxes():
    text = (
        "The image shows <obj>two cats</obj><bbox>0.014, 0.106, 0.51, 0.996<delim>0.51, 0.054, 0.996, 0.787</bbox> on "
        "<obj>a sofa</obj><bbox>0.0, 0.0, 1.0, 1.0</bbox>."
    )
    decoded = VARCO.decode(Find("the cats"), Said(text), ENGLISH)
    assert decoded.answer.boxes == (Box(0.014, 0.106, 0.51, 0.996), Box(0.51, 0.054, 0.996, 0.787))
    answer = VARCO.decode(Ask("What is it?"), Said(text), ENGLISH).answer
    assert answer.text == "The image shows two cats on a sofa."
    assert [(mention.phrase, len(mention.boxes)) for mention in answer.mentions] == [("two cats", 2), ("a sofa", 1)]
    assert VARCO.encode(Ask("What is it?"), answer, ENGLISH) == text


def test_varco_is_asked_by_its_own_tokens():
    assert VARCO.prompt(ReadText(), KOREAN).text == "<ocr>"
    assert VARCO.prompt(Find("총액"), KOREAN).text == "<gro>\n총액은(는) 어디에 있나요?"
    asked = VARCO.prompt(Name(Box(0.039, 0.138, 0.283, 0.257)), KOREAN).text
    assert asked.startswith("<obj>이것</obj><bbox>0.039, 0.138, 0.283, 0.257</bbox>은 무엇인가요?")
    assert VARCO.prompt(ReadText(), KOREAN).system is None
    assert "HTML" in VARCO.prompt(ReadTable(), VIETNAMESE).text
    assert VARCO.prompt(ReadTable(), VIETNAMESE).text != VARCO.prompt(ReadTable(), ENGLISH).text
    assert VARCO.prompt(ReadTable(), Sight(("fr",))).text == VARCO.prompt(ReadTable(), ENGLISH).text


def test_varco_that_reads_the_same_word_on_and_on_keeps_it_once():
    word = "<char>합계</char><bbox>0.1, 0.2, 0.3, 0.4</bbox>"
    decoded = VARCO.decode(ReadText(), Said("\n".join([word] * 50) + "\n<char>합", finish="length"), KOREAN)
    assert [text.text for text in decoded.answer] == ["합계"]
    assert codes(decoded) == {"answer_loops", "answer_truncated"}


def test_varco_whose_special_tokens_were_dropped_has_words_without_boxes():
    decoded = VARCO.decode(ReadText(), Said("백범로\nBaekbeom-ro"), KOREAN)
    assert [(text.text, text.box, text.words) for text in decoded.answer] == [("백범로", WHOLE, ()), ("Baekbeom-ro", WHOLE, ())]
    assert codes(decoded) == {"box_missing"}


@pytest.mark.parametrize(
    ("told", "box"),
    [
        ("0.5, 0.6, 0.1, 0.2", Box(0.1, 0.2, 0.5, 0.6)),  # corners swapped
        ("0.1, 0.2, 1.02, 0.6", Box(0.1, 0.2, 1.0, 0.6)),  # sticks out a little
        ("(0.1, 0.2), (0.5, 0.6)", None),
        ("0.1, 0.2, 0.1, 0.6", None),  # without area
        ("nan, 0.2, 0.5, 0.6", None),
        ("1e999, 0.2, 0.5, 0.6", None),
        ("100, 200, 500, 600", None),  # in other units
        ("0.1, 0.2, 0.5", None),
        ("x1, y1, x2, y2", None),
    ],
)
def test_a_word_with_a_box_that_is_none_keeps_its_text(told, box):
    decoded = VARCO.decode(ReadText(), Said(f"<char>Tổng</char><bbox>{told}</bbox>"), VIETNAMESE)
    assert [(text.text, text.box) for text in decoded.answer] == [("Tổng", box or WHOLE)]
    assert ("box_invalid" in codes(decoded)) == (box is None)


def test_varco_that_does_not_see_a_thing_mentions_it_without_boxes():
    decoded = VARCO.decode(Find("도장"), Said("이미지에 없습니다."), KOREAN)
    assert decoded.answer == Mention(phrase="도장", confidence=0.5)
    cut = VARCO.decode(Find("도장"), Said("<obj>도장</obj><bbox>0.1, 0.2, 0.", finish="length"), KOREAN)
    assert cut.answer is None
    assert codes(cut) == {"answer_truncated", "answer_unreadable"}


# InternVL and Vintern


def test_internvl_boxes_are_whole_thousandths_in_lists():
    said = Said("<ref>the two dogs</ref><box>[[12, 40, 500, 998], [510, 44, 1000, 1000]]</box>")
    decoded = INTERNVL.decode(Find("the two dogs"), said, ENGLISH)
    assert decoded.answer.boxes == (Box(0.012, 0.04, 0.5, 0.998), Box(0.51, 0.044, 1.0, 1.0))
    assert INTERNVL.encode(Find("the two dogs"), decoded.answer, ENGLISH) == said.text


@pytest.mark.parametrize(
    "text",
    [
        "[[100, 200, 300, 400]]",
        "[100,200,300,400]",
        "The box is [0.1, 0.2, 0.3, 0.4].",
        "<box>[[100, 200, 300, 400]]</box>",
        "<ref>it</ref><box>[100, 200, 300, 400]",
    ],
)
def test_internvl_boxes_are_found_however_they_are_wrapped(text):
    assert INTERNVL.decode(Find("it"), Said(text), ENGLISH).answer.boxes == (Box(0.1, 0.2, 0.3, 0.4),)


def test_internvl_that_repeats_its_instructions_tells_no_box():
    decoded = INTERNVL.decode(Find("it"), Said("<ref>it</ref><box>[[x1, y1, x2, y2]]</box>"), ENGLISH)
    assert decoded.answer is None
    assert codes(decoded) == {"box_invalid", "answer_unreadable"}
    assert INTERNVL.decode(Find("it"), Said("[x1, y1, x2, y2]"), ENGLISH).answer is None


def test_internvl_is_asked_as_in_its_evaluation_with_the_system_prompt_of_its_template():
    asked = INTERNVL.prompt(Find("the invoice number"), ENGLISH)
    assert (
        asked.text
        == "Please provide the bounding box coordinate of the region this sentence describes: <ref>the invoice number</ref>"
    )
    assert asked.system == SYSTEM["internvl2_5"]
    assert "书生·万象" in asked.system
    assert "InternVL, 是一个有用无害的人工智能助手" in Internvl("hermes-2").prompt(ReadText(), VIETNAMESE).system


def test_vintern_reads_vietnamese_lines_without_boxes():
    text = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n\nSố: 12/2024/QĐ-UBND"
    decoded = Internvl("hermes-2").decode(ReadText(), Said(text), VIETNAMESE)
    assert [t.text for t in decoded.answer] == [line for line in text.split("\n") if line]
    cut = Internvl("hermes-2").decode(ReadText(), Said(text, finish="length"), VIETNAMESE)
    assert len(cut.answer) == 2
    assert "answer_truncated" in codes(cut)


def test_vintern_that_repeats_a_line_to_the_limit_keeps_it_once():
    decoded = INTERNVL.decode(ReadText(), Said("Điều 1\n" + "Căn cứ Luật\n" * 200, finish="loop"), VIETNAMESE)
    assert [t.text for t in decoded.answer] == ["Điều 1", "Căn cứ Luật"]
    assert codes(decoded) == {"answer_loops", "box_missing"}


# Tables


def test_a_table_in_html_keeps_spans_and_headers():
    text = (
        "Here is the table:\n```html\n<table border=1><thead><tr><th rowspan='2'>구분</th><th colspan=2>2024년</th></tr>"
        "<tr><th>상반기</th><th>하반기</th></tr></thead><tbody><tr><th>매출액</th><td>1,204.5</td><td><b>12%</b></td></tr>"
        "<tr><th>R&amp;D</th><td>-</td><td>a &lt; b<br/>c</td></tr></tbody></table>\n```"
    )
    decoded = VARCO.decode(ReadTable(), Said(text), KOREAN)
    assert grid(decoded.answer) == [
        ["구분", "2024년", "2024년"],
        ["구분", "상반기", "하반기"],
        ["매출액", "1,204.5", "12%"],
        ["R&D", "-", "a < b\nc"],
    ]
    assert headers(decoded.answer)[2:] == [["row", "none", "none"]] * 2
    assert {cell for row in headers(decoded.answer)[:2] for cell in row} == {"column"}
    assert decoded.problems == ()


def test_a_table_in_markdown_is_read():
    text = "Bảng như sau:\n\n| Khoản mục | Quý I | Quý II |\n|:--|--:|--:|\n| Doanh thu | 1.234,5 | 12% |\n| Chi \\| phí | | 7 |\n"
    decoded = INTERNVL.decode(ReadTable(), Said(text), VIETNAMESE)
    assert grid(decoded.answer) == [["Khoản mục", "Quý I", "Quý II"], ["Doanh thu", "1.234,5", "12%"], ["Chi | phí", "", "7"]]
    assert headers(decoded.answer)[0] == ["column"] * 3


@pytest.mark.parametrize(
    "text",
    [
        'Item,Price\n"Apples, red",3\nPears,4\n',
        "Item\tPrice\nApples, red\t3\nPears\t4",
        '[["Item","Price"],["Apples, red",3],["Pears",4]]',
        "Item | Price\n--- | ---\nApples, red | 3\nPears | 4",
        '{"columns": ["Item", "Price"], "rows": [["Apples, red", "3"], ["Pears", "4"]]}',
        '```json\n[{"Item": "Apples, red", "Price": 3}, {"Item": "Pears", "Price": 4},]\n```',
        "<tr><td>Item<td>Price<tr><td>Apples, red<td>3<tr><td>Pears<td>4",
    ],
)
def test_tables_in_other_forms_are_read(text):
    expected = [["Item", "Price"], ["Apples, red", "3"], ["Pears", "4"]]
    assert grid(INTERNVL.decode(ReadTable(), Said(text), ENGLISH).answer) == expected
    assert grid(CHAT.decode(ReadTable(), Said(text), ENGLISH).answer) == expected


def test_a_grid_with_holes_and_overlaps_is_mended_and_says_so():
    text = "<table><tr><td>a</td><td rowspan=2>b</td></tr><tr><td colspan=2>c</td></tr><tr><td>d</td></tr></table>"
    decoded = VARCO.decode(ReadTable(), Said(text), ENGLISH)
    assert grid(decoded.answer) == [["a", "b"], ["c", "b"], ["d", ""]]
    assert [cell.confidence for cell in decoded.answer.cells] == [0.5, 0.5, 0.5, 0.5, 0.0]
    assert codes(decoded) == {"table_uneven"}


def test_a_title_over_a_thousand_columns_is_as_wide_as_the_table():
    text = "<table><tr><th colspan=1000>title</th></tr><tr><td>a</td><td>b</td></tr></table>"
    decoded = VARCO.decode(ReadTable(), Said(text), ENGLISH)
    assert grid(decoded.answer) == [["title", "title"], ["a", "b"]]
    assert codes(decoded) == {"table_uneven"}


def test_a_table_that_breaks_off_keeps_its_complete_cells():
    decoded = VARCO.decode(ReadTable(), Said("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>12", finish="length"), ENGLISH)
    assert grid(decoded.answer) == [["a", "b"], ["c", ""]]
    assert codes(decoded) == {"answer_truncated", "table_uneven"}


def test_rows_that_repeat_in_a_loop_are_kept_once():
    text = "<table><tr><td>a</td></tr>" + "<tr><td>0</td></tr>" * 40
    decoded = VARCO.decode(ReadTable(), Said(text, finish="loop"), ENGLISH)
    assert grid(decoded.answer) == [["a"], ["0"]]
    assert "answer_loops" in codes(decoded)


def test_prose_is_no_table():
    for coder in (VARCO, INTERNVL, CHAT, MARKUP):
        decoded = coder.decode(ReadTable(), Said("I'm sorry, I cannot see a table."), ENGLISH)
        assert decoded.answer is None
        assert "answer_unreadable" in codes(decoded)


# Charts


@pytest.mark.parametrize(
    "text",
    [
        '{"type": "bar", "title": "매출", "series": [{"name": "서울", "points": [["1분기", 1204.5], ["2분기", null]]}]}',
        '{"chart_type": "Bar chart", "title": "매출", "series": {"서울": {"1분기": "1,204.5", "2분기": "n/a"}}}',
        '{"type":"bar","title":"매출","labels":["1분기","2분기"],"datasets":[{"label":"서울","data":["1,204.5",null]}]}',
        '{"type":"막대 차트","title":"매출","data":[{"series":"서울","x":"1분기","y":1204.5},{"series":"서울","x":"2분기"}]}',
    ],
)
def test_charts_in_forms_that_models_are_fond_of_are_read(text):
    chart = VARCO.decode(ReadChart(), Said(text), KOREAN).answer
    assert (chart.chart_type, chart.title) == ("bar", "매출")
    assert points(chart) == [("서울", [("1분기", 1204.5), ("2분기", None)])]


def test_values_that_are_no_numbers_are_left_out_and_never_made_up():
    decoded = VARCO.decode(
        ReadChart(),
        Said('{"type": "line", "series": [{"name": "a", "points": [["x", "about 5"], ["y", "12%"], ["z", NaN]]}]}'),
        ENGLISH,
    )
    assert points(decoded.answer) == [("a", [("x", None), ("y", 12.0), ("z", None)])]
    assert "value_unreadable" in codes(decoded)


def test_a_chart_that_breaks_off_keeps_its_complete_points():
    text = '{"type": "line", "series": [{"name": "a", "points": [[2020, 1], [2021, 2], [2022, 33'
    decoded = CHAT.decode(ReadChart(), Said(text, finish="length"), ENGLISH)
    assert points(decoded.answer) == [("a", [(2020.0, 1.0), (2021.0, 2.0)])]
    assert codes(decoded) == {"answer_truncated"}


# Pages


def test_a_page_in_html_is_blocks_in_order():
    text = (
        "<h1>Báo cáo</h1>\n<p>Doanh thu tăng\n12%.</p><ul><li>một</li><li>hai</li></ul>"
        "<table><tr><th>a</th></tr><tr><td>1</td></tr></table><figure><img src='x.png'></figure><footer>3</footer>"
    )
    decoded = INTERNVL.decode(ReadPage(), Said(text), VIETNAMESE)
    kinds = [content.role if content.kind == "text" else content.kind for content in decoded.answer]
    assert kinds == ["heading", "paragraph", "list_item", "list_item", "table", "figure", "footer"]
    assert decoded.answer[1].text == "Doanh thu tăng 12%."
    assert decoded.problems == ()


def test_a_page_in_markdown_with_a_table_in_html_is_read():
    text = (
        "# 보고서\n\n매출이\n늘었다.\n\n- 하나\n- 둘\n\n<table><tr><td>1</td></tr></table>\n\n![](image.png)\n\n```\nx = 1\n```\n"
    )
    decoded = VARCO.decode(ReadPage(), Said(text), KOREAN)
    told = [(content.kind, getattr(content, "role", ""), getattr(content, "text", "")) for content in decoded.answer]
    assert told == [
        ("text", "heading", "보고서"),
        ("text", "paragraph", "매출이 늘었다."),
        ("text", "list_item", "하나"),
        ("text", "list_item", "둘"),
        ("table", "", ""),
        ("figure", "", ""),
        ("text", "code", "x = 1"),
    ]


def test_a_page_that_breaks_off_loses_its_last_block_only():
    decoded = VARCO.decode(ReadPage(), Said("<h2>A</h2><p>whole</p><p>bro", finish="length"), ENGLISH)
    assert [content.text for content in decoded.answer] == ["A", "whole"]
    assert codes(decoded) == {"answer_truncated"}


# Any chat model


def test_qwen_boxes_in_pixels_are_fractions():
    text = '```json\n[\n\t{"bbox_2d": [100, 80, 500, 400], "label": "총액"}\n]\n```'
    decoded = QWEN.decode(Find("총액"), Said(text), KOREAN)
    assert decoded.answer.boxes == (Box(0.1, 0.1, 0.5, 0.5),)
    assert "1000 wide and 800 high" in QWEN.prompt(Find("총액"), KOREAN).text
    lines = '[{"bbox_2d": [100, 80, 500, 160], "text_content": "합계"}, {"bbox_2d": [100, 180, 500,'
    cut = QWEN.decode(ReadText(), Said(lines, finish="length"), KOREAN)
    assert [(text.text, text.words[0].box) for text in cut.answer] == [("합계", Box(0.1, 0.1, 0.5, 0.2))]


def test_curly_quotes_and_full_width_signs_are_read_as_plain_ones():
    decoded = CHAT.decode(
        Ask("?"), Said("{“answer”： “총액은 5,000원”， “places”: [{“p”: “5,000원”, “b”: [[1, 2, 30, 40]]},]}"), KOREAN
    )
    assert decoded.answer.text == "총액은 5,000원"
    assert decoded.answer.mentions[0].boxes == (Box(0.001, 0.002, 0.03, 0.04),)


def test_quotation_marks_inside_a_text_are_kept():
    decoded = CHAT.decode(ReadText(), Said('{"lines": [{"t": "the "best" one", "b": [1, 2, 3, 4]}, {"t": "two"}]}'), ENGLISH)
    assert [text.text for text in decoded.answer] == ['the "best" one', "two"]


def test_an_answer_in_prose_is_an_answer_all_the_same():
    assert CHAT.decode(Ask("?"), Said("It is 5,000 won."), ENGLISH).answer == Answer(text="It is 5,000 won.", confidence=0.5)
    assert CHAT.decode(Name(WHOLE), Said("a stamp"), ENGLISH).answer.phrase == "a stamp"
    assert CHAT.decode(Ask("?"), Said('{"answer": ""}'), ENGLISH).answer.text == ""


def test_thinking_with_braces_before_the_answer_does_not_hide_it():
    text = 'The set {a, b} is shown.\n```json\n{"rows": [["a", "b"], ["1", "2"]]}\n```\nHope this helps!'
    assert grid(CHAT.decode(ReadTable(), Said(text), ENGLISH).answer) == [["a", "b"], ["1", "2"]]


def test_a_grounded_table_has_the_boxes_that_were_told():
    text = '{"b":[100,100,900,500],"rows":[[{"t":"a","h":"c","b":[100,100,500,300]},"b"],[{"t":"c","cs":2}]]}'
    table = CHAT.decode(ReadTable(), Said(text), ENGLISH).answer
    assert table.box == Box(0.1, 0.1, 0.9, 0.5)
    assert [cell.box for cell in table.cells] == [Box(0.1, 0.1, 0.5, 0.3), table.box, table.box]
    assert table.cells[2].column_span == 2


# Markup


def test_markup_reads_otsl_with_rows_of_different_length():
    decoded = MARKUP.decode(ReadTable(), Said("<otsl><ched>a<lcel><nl><rhed>b<fcel>1<nl><fcel>c<nl></otsl>"), ENGLISH)
    assert grid(decoded.answer) == [["a", "a"], ["b", "1"], ["c", ""]]
    assert codes(decoded) == {"table_uneven"}


def test_markup_reads_a_page():
    text = (
        "<title><loc_0><loc_0><loc_999><loc_99>Report</title><chart><bar><x_category><grid><c><c>2023<c>2024<nl><c>Q1<c>1.5<c><nl></chart>"
        "<figure><looks_drawing></figure><paragraph>cut o"
    )
    decoded = MARKUP.decode(ReadPage(), Said(text, finish="length"), ENGLISH)
    assert [content.kind for content in decoded.answer] == ["text", "chart", "figure"]
    assert points(decoded.answer[1]) == [("2023", [("Q1", 1.5)]), ("2024", [("Q1", None)])]
    assert decoded.answer[2] == Figure(page_number=1, box=WHOLE, looks_like="drawing")
    assert codes(decoded) == {"answer_truncated"}
    assert isinstance(MARKUP.decode(ReadTable(), Said("<otsl><fcel>a<nl>"), ENGLISH).answer, Table)


@pytest.mark.parametrize("digits", [4, 400, 5000])
def test_markup_with_a_place_of_many_digits_has_no_box_there(digits):
    place = f"<loc_1><loc_2><loc_3><loc_{'9' * digits}>"
    answer = MARKUP.decode(Ask("어디?"), Said(f"<obj>여기</obj><place>{place}</place>"), KOREAN).answer
    assert [(mention.phrase, mention.boxes) for mention in answer.mentions] == [("여기", ())]
