"""What general models are asked, in the language of the page: they answer in the language that they are asked in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

QUESTIONS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "reading": "Write down all text in the picture, line by line, exactly as printed. Add nothing.",
        "table": "Write the table in the picture as HTML, with <th>, rowspan and colspan where they belong, every row and cell "
        "exactly as printed. Answer with the HTML alone.",
        "chart": "Write the data of the chart in the picture as JSON and nothing else: {form}. Numbers stand as printed, without "
        "separators of thousands; what cannot be read is null.",
        "page": "Write all of the page in the picture as HTML, in reading order, exactly as printed: <h1> to <h6>, <p>, <li>, "
        "<table>, and <figure></figure> for each picture. Answer with the HTML alone.",
        "grounding": "Where is {phrase}?",
        "referring": "What is {this}? Answer with a short phrase.",
        "this": "this",
        "absent": "It is not in the picture.",
        "unanswered": "The document does not say.",
    },
    "ko": {
        "reading": "이미지에 있는 모든 글자를 인쇄된 그대로 한 줄씩 적어 주세요. 아무것도 덧붙이지 마세요.",
        "table": "이미지의 표를 HTML로 적어 주세요. 필요한 곳에 <th>, rowspan, colspan을 쓰고, 모든 행과 셀을 인쇄된 "
        "그대로 적으세요. HTML만 답하세요.",
        "chart": "이미지의 차트 데이터를 JSON으로만 적어 주세요: {form}. 숫자는 인쇄된 대로 천 단위 구분 기호 없이 적고, "
        "읽을 수 없는 값은 null로 적으세요.",
        "page": "이미지의 페이지 전체를 읽는 순서대로 인쇄된 그대로 HTML로 적어 주세요: <h1>부터 <h6>, <p>, <li>, <table>, "
        "그림마다 <figure></figure>. HTML만 답하세요.",
        "grounding": "{phrase}은(는) 어디에 있나요?",
        "referring": "{this}은 무엇인가요? 짧은 구로 답하세요.",
        "this": "이것",
        "absent": "이미지에 없습니다.",
        "unanswered": "문서에 나와 있지 않습니다.",
    },
    "vi": {
        "reading": "Hãy chép lại toàn bộ chữ trong ảnh, từng dòng một, đúng như bản in. Không thêm gì khác.",
        "table": "Hãy viết bảng trong ảnh dưới dạng HTML, dùng <th>, rowspan và colspan ở chỗ cần thiết, đủ mọi hàng và ô đúng như "
        "bản in. Chỉ trả lời bằng HTML.",
        "chart": "Hãy viết dữ liệu của biểu đồ trong ảnh chỉ bằng JSON: {form}. Viết số đúng như bản in, không có dấu phân cách "
        "hàng nghìn; giá trị không đọc được là null.",
        "page": "Hãy viết toàn bộ trang trong ảnh dưới dạng HTML theo thứ tự đọc, đúng như bản in: <h1> đến <h6>, <p>, <li>, "
        "<table>, và <figure></figure> cho mỗi hình. Chỉ trả lời bằng HTML.",
        "grounding": "{phrase} ở đâu?",
        "referring": "{this} là gì? Trả lời bằng một cụm từ ngắn.",
        "this": "Cái này",
        "absent": "Không có trong ảnh.",
        "unanswered": "Tài liệu không nói đến.",
    },
}
CHART_FORM: Final = (
    '{"type": "bar|line|area|scatter|pie|box|heatmap|mixed", "title": "", "x": {"title": "", "unit": ""}, '
    '"y": {"title": "", "unit": ""}, "series": [{"name": "", "points": [["x", y], ["x", y]]}]}'
)
UNANSWERED: Final = frozenset(texts["unanswered"] for texts in QUESTIONS.values())


def question(name: str, languages: Sequence[str], **filled: str) -> str:
    """Return a question in the first of some languages that it is there in, else in English."""
    language = next((language for language in languages if language in QUESTIONS), "en")
    texts = QUESTIONS[language]
    text = texts[name].replace("{form}", CHART_FORM)
    for place, value in {"this": texts["this"], **filled}.items():
        text = text.replace(f"{{{place}}}", value)
    return text
