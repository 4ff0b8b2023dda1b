"""How drawn pages are asked about, and what is said of them, in the languages that they are written in.

`{}` are filled in. Questions have several wordings, of which the last is that of held-out pages alone.
"""

from __future__ import annotations

from random import Random
from typing import Final

from fine_tune.synth.words import Language

ASKED: Final[dict[Language, dict[str, tuple[str, ...]]]] = {
    "en": {
        "caption": (
            "What does the picture show?",
            "Describe this page in a sentence.",
            "What kind of page is this?",
            "What is this?",
        ),
        "field": ("What is the value of “{}”?", "What does the page say for “{}”?", "{}?", "What is given as “{}”?"),
        "lookup": (
            "What is the value of “{1}” for “{0}”?",
            "What stands in the row “{0}” under “{1}”?",
            "{0}, {1}: what does the table say?",
        ),
        "most": ("Which row has the largest value under “{}”?", "Where is “{}” highest?", "What has the most under “{}”?"),
        "least": ("Which row has the smallest value under “{}”?", "Where is “{}” lowest?", "What has the least under “{}”?"),
        "rows": ("How many rows does the table have below its header?", "How many rows are there, without the header?"),
        "columns": ("How many columns does the table have?", "Count the columns of the table."),
        "sum": ("What is the sum of “{}” over all rows?", "What do all values under “{}” add up to?", "Add up the column “{}”."),
        "more": ("In how many rows is “{}” more than {}?", "How many rows have more than {1} under “{0}”?"),
        "peak": ("Which category has the largest value?", "Where is the value highest?", "What is at the top in the chart?"),
        "peak_of": ("Which category has the largest value of “{}”?", "Where is “{}” highest?", "Where does “{}” peak?"),
        "low": ("Which category has the smallest value?", "Where is the value lowest?", "What is at the bottom in the chart?"),
        "low_of": ("Which category has the smallest value of “{}”?", "Where is “{}” lowest?", "Where does “{}” have its minimum?"),
        "series": ("How many series does the chart show?", "Count the series of the chart."),
        "title": ("What is the title of the page?", "What is this page called?", "Read the title."),
        "tables": ("How many tables are on the page?", "Count the tables of the page."),
        "language": ("In which language is the page written?", "Which language is this?"),
    },
    "ko": {
        "caption": (
            "이미지에 무엇이 있나요?",
            "이 페이지를 한 문장으로 설명해 주세요.",
            "어떤 종류의 페이지인가요?",
            "이것은 무엇인가요?",
        ),
        "field": ("“{}”의 값은 무엇인가요?", "“{}” 항목에 무엇이 적혀 있나요?", "{}?", "“{}”은(는) 무엇으로 기재되어 있나요?"),
        "lookup": (
            "“{0}”의 “{1}” 값은 무엇인가요?",
            "“{0}” 행의 “{1}” 열에는 무엇이 있나요?",
            "{0}, {1}: 표에 무엇이라고 되어 있나요?",
        ),
        "most": (
            "“{}” 값이 가장 큰 행은 무엇인가요?",
            "“{}”이(가) 가장 높은 곳은 어디인가요?",
            "“{}”에서 최댓값을 가진 것은 무엇인가요?",
        ),
        "least": (
            "“{}” 값이 가장 작은 행은 무엇인가요?",
            "“{}”이(가) 가장 낮은 곳은 어디인가요?",
            "“{}”에서 최솟값을 가진 것은 무엇인가요?",
        ),
        "rows": ("머리글을 빼고 표에 행이 몇 개 있나요?", "표의 행은 머리글 없이 몇 개인가요?"),
        "columns": ("표에 열이 몇 개 있나요?", "표의 열 수를 세어 주세요."),
        "sum": ("모든 행의 “{}” 합계는 얼마인가요?", "“{}” 값을 모두 더하면 얼마인가요?", "“{}” 열을 모두 더해 주세요."),
        "more": ("“{}” 값이 {}보다 큰 행은 몇 개인가요?", "“{}”이(가) {}을(를) 넘는 행은 몇 개인가요?"),
        "peak": ("값이 가장 큰 항목은 무엇인가요?", "값이 가장 높은 곳은 어디인가요?", "차트에서 가장 위에 있는 것은 무엇인가요?"),
        "peak_of": ("“{}” 값이 가장 큰 항목은 무엇인가요?", "“{}”이(가) 가장 높은 곳은 어디인가요?", "“{}”의 정점은 어디인가요?"),
        "low": (
            "값이 가장 작은 항목은 무엇인가요?",
            "값이 가장 낮은 곳은 어디인가요?",
            "차트에서 가장 아래에 있는 것은 무엇인가요?",
        ),
        "low_of": (
            "“{}” 값이 가장 작은 항목은 무엇인가요?",
            "“{}”이(가) 가장 낮은 곳은 어디인가요?",
            "“{}”의 최솟값은 어디인가요?",
        ),
        "series": ("차트에 계열이 몇 개 있나요?", "차트의 계열 수를 세어 주세요."),
        "title": ("페이지의 제목은 무엇인가요?", "이 페이지는 무엇이라고 불리나요?", "제목을 읽어 주세요."),
        "tables": ("페이지에 표가 몇 개 있나요?", "페이지의 표 수를 세어 주세요."),
        "language": ("페이지는 어떤 언어로 쓰여 있나요?", "이것은 어떤 언어인가요?"),
    },
    "vi": {
        "caption": ("Ảnh cho thấy gì?", "Hãy mô tả trang này trong một câu.", "Đây là loại trang gì?", "Đây là gì?"),
        "field": ("Giá trị của “{}” là gì?", "Trang ghi gì ở mục “{}”?", "{}?", "“{}” được ghi là gì?"),
        "lookup": ("Giá trị “{1}” của “{0}” là gì?", "Hàng “{0}”, cột “{1}” ghi gì?", "{0}, {1}: bảng cho biết gì?"),
        "most": ("Hàng nào có giá trị “{}” lớn nhất?", "“{}” cao nhất ở đâu?", "Mục nào có “{}” nhiều nhất?"),
        "least": ("Hàng nào có giá trị “{}” nhỏ nhất?", "“{}” thấp nhất ở đâu?", "Mục nào có “{}” ít nhất?"),
        "rows": ("Bảng có bao nhiêu hàng, không kể tiêu đề?", "Dưới phần tiêu đề, bảng có mấy hàng?"),
        "columns": ("Bảng có bao nhiêu cột?", "Hãy đếm số cột của bảng."),
        "sum": ("Tổng “{}” của tất cả các hàng là bao nhiêu?", "Các giá trị “{}” cộng lại là bao nhiêu?", "Hãy cộng cột “{}”."),
        "more": ("Có bao nhiêu hàng có “{}” lớn hơn {}?", "“{}” vượt quá {} ở bao nhiêu hàng?"),
        "peak": ("Mục nào có giá trị lớn nhất?", "Giá trị cao nhất ở đâu?", "Mục nào đứng đầu trong biểu đồ?"),
        "peak_of": ("Mục nào có giá trị “{}” lớn nhất?", "“{}” cao nhất ở đâu?", "“{}” đạt đỉnh ở đâu?"),
        "low": ("Mục nào có giá trị nhỏ nhất?", "Giá trị thấp nhất ở đâu?", "Mục nào đứng cuối trong biểu đồ?"),
        "low_of": ("Mục nào có giá trị “{}” nhỏ nhất?", "“{}” thấp nhất ở đâu?", "“{}” xuống thấp nhất ở đâu?"),
        "series": ("Biểu đồ có bao nhiêu chuỗi dữ liệu?", "Hãy đếm số chuỗi dữ liệu của biểu đồ."),
        "title": ("Tiêu đề của trang là gì?", "Trang này có tên là gì?", "Hãy đọc tiêu đề."),
        "tables": ("Trang có bao nhiêu bảng?", "Hãy đếm số bảng trên trang."),
        "language": ("Trang được viết bằng ngôn ngữ nào?", "Đây là ngôn ngữ gì?"),
    },
}
SAID: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "letter": "A letter",
        "invoice": "An invoice",
        "receipt": "A receipt",
        "form": "A form",
        "report": "A page of a report",
        "table": "A page with a table",
        "chart": "A page with a chart",
        "mixed": "A page in several scripts",
        "blank": "An empty page.",
        "in": "{} in {}",
        "titled": ", titled “{}”",
        "holds": ", with {}",
        "and": " and ",
        "tables": "a table|{} tables",
        "charts": "a chart|{} charts",
        "paragraphs": "a paragraph|{} paragraphs",
        "language": "English",
        "Table": "a table",
        "Chart": "a chart",
        "Figure": "a picture",
    },
    "ko": {
        "letter": "편지",
        "invoice": "청구서",
        "receipt": "영수증",
        "form": "서식",
        "report": "보고서의 한 페이지",
        "table": "표가 있는 페이지",
        "chart": "차트가 있는 페이지",
        "mixed": "여러 문자로 된 페이지",
        "blank": "빈 페이지.",
        "in": "{1} {0}",
        "titled": ", 제목 “{}”",
        "holds": ", {} 포함",
        "and": ", ",
        "tables": "표 1개|표 {}개",
        "charts": "차트 1개|차트 {}개",
        "paragraphs": "문단 1개|문단 {}개",
        "language": "한국어",
        "Table": "표",
        "Chart": "차트",
        "Figure": "그림",
    },
    "vi": {
        "letter": "Một bức thư",
        "invoice": "Một hóa đơn",
        "receipt": "Một biên lai",
        "form": "Một biểu mẫu",
        "report": "Một trang báo cáo",
        "table": "Một trang có bảng",
        "chart": "Một trang có biểu đồ",
        "mixed": "Một trang có nhiều loại chữ",
        "blank": "Một trang trắng.",
        "in": "{} bằng {}",
        "titled": ", tiêu đề “{}”",
        "holds": ", có {}",
        "and": " và ",
        "tables": "một bảng|{} bảng",
        "charts": "một biểu đồ|{} biểu đồ",
        "paragraphs": "một đoạn văn|{} đoạn văn",
        "language": "tiếng Việt",
        "Table": "bảng",
        "Chart": "biểu đồ",
        "Figure": "hình ảnh",
    },
}


def asked(name: str, language: Language, random: Random, *filled: str, held_out: bool = False) -> str:
    """Return a question of that name in one of its wordings."""
    wordings = ASKED[language][name]
    return (wordings[-1] if held_out else random.choice(wordings[:-1])).format(*filled)


def said(name: str, language: Language, *filled: str) -> str:
    """Return what is said under that name."""
    return SAID[language][name].format(*filled)


def counted(name: str, language: Language, count: int) -> str:
    """Return how many there are of something, in words for one and in figures for more."""
    one, many = SAID[language][name].split("|")
    return one if count == 1 else many.format(count)
