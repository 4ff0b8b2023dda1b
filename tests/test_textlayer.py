"""Text that no reader could have meant is told from text of any language, from code and from tables of numbers."""

from __future__ import annotations

import numpy as np
import pytest

from docai.sources import Font, render
from docai.textlayer import agreement, is_sound, unsound_fonts
from tests.drawn_pages import Sheet, filled, page_of, photographed, words

ENGLISH = filled(60)
VIETNAMESE = (
    "Năm 2024, Công ty Cổ phần Vận tải Sao Biển đã vận chuyển hơn 4,8 triệu kiện hàng, tăng 8% so với năm trước. Tỷ lệ giao "
    "hàng đúng hẹn đạt mức cao nhất kể từ khi công ty được thành lập nhờ đầu tư vào đội xe điện và mở rộng mạng lưới kho"
)
GERMAN = (
    "Die Straßenverkehrszulassungsordnung schreibt vor, dass schwerstbeschädigte Fahrzeuge nur durch sachverständige Prüfer "
    "zurückgeschickt werden dürfen, sofern Rechtsvorschriften nichts Gegenteiliges festschreiben"
)
POLISH = (
    "Wszyscy pracownicy przedsiębiorstwa zostali przeszkoleni w zakresie bezpieczeństwa, a źródłem strat były przede "
    "wszystkim trzęsienia gruntu oraz szczególnie krótkie dni grudniowe w województwie świętokrzyskim"
)
CZECH = "Čtvrtletní zpráva potvrzuje, že zmrzlé trsy trávy v krčském lese přežily prudký mráz, vítr i smršť bez větších škod"
FINNISH = (
    "Lentokonesuihkuturbiinimoottoriapumekaanikkoaliupseerioppilas työskentelee aamuisin yöaikaan "
    "hyväksytyissä hiihtoharjoituksissa ja syöttää ääneen hääyöaieuutisia"
)
KOREAN = "주식회사 한빛물류는 2024년 한 해 동안 총 4,860만 건의 화물을 처리하여 전년 대비 8.1% 성장하였습니다"
CHINESE = "本公司去年共处理四千八百六十万件货物比上年增长百分之八点一同时柴油消耗减少百分之三"
RUSSIAN = "Квартальный отчёт показывает, что объём перевозок вырос во всех регионах страны, а расход топлива снизился"
GREEK = "Η τριμηνιαία έκθεση δείχνει ότι ο όγκος των μεταφορών αυξήθηκε σε όλες τις περιφέρειες της χώρας"
CODE = "def findRegions(page): return [splitLine(row) for row in readRows(page) if isUpright(row) and row.textWidth > minWidth]"
NUMBERS = "2019 12.1 13.0 95.1 96.8 2020 15.3 16.4 94.7 96.2 (1,284) 2,115 11.2 -3.5 USD 1,048.00 6.4 EUR 803.12 1,322 7.9 N/A"
PRODUCTS = "XK-4471 BDR-900 CPT-12 HDMI TFT SSD GPS LTE NFC RFID"

SHIFTED = "".join(letter if letter == " " else chr(ord(letter) - 29) for letter in ENGLISH)  # glyph numbers taken for letters
CODES = "xqzt wrtp nbvc hjkl mnbg qwrt zxcv plkm njhb vgfc xdrs zqwp lkjh gfds mnbv cxzq pwrt ynbd"


@pytest.mark.parametrize(
    "text",
    [
        ENGLISH,
        VIETNAMESE,
        GERMAN,
        POLISH,
        CZECH,
        FINNISH,
        KOREAN,
        CHINESE,
        RUSSIAN,
        GREEK,
        CODE,
        NUMBERS,
        PRODUCTS,
        ENGLISH.upper(),
        "",
    ],
    ids=(
        "english vietnamese german polish czech finnish korean chinese russian greek code numbers products capitals nothing"
    ).split(),
)
def test_text_of_a_language_is_sound(text):
    assert is_sound(text.split())


@pytest.mark.parametrize(
    "text",
    [
        SHIFTED,
        CODES,
        "\ufffd" * 20,
        "Some \ufffd\ufffd\ufffd\ufffd words \ufffd\ufffd\ufffd",
        "\ue001\ue002\ue003 \ue004\ue005",
        "\U000f0041\U000f0042",
        "aeiouaeio uiaeouia eioueaio uieoaeiu eioueaio oiuea aeiou uiaeo",
        "tHe qUarterly rEview oF tHe rEgional nEtwork sHows tHat vOlumes gRew iN eVery pArt oF tHe cOuntry wHile tHe cOst fEll",
    ],
    ids="shifted codes unknown half-unknown private supplementary vowels case".split(),
)
def test_text_of_no_language_is_not_sound(text):
    assert not is_sound(text.split())


def test_a_few_unknown_characters_do_no_harm():
    assert is_sound([*ENGLISH.split(), "\ufffd", "\uf0b7"])


def test_fonts_are_judged_one_by_one():
    good, bad = Font("Good"), Font("Bad")
    found = [*words(ENGLISH, 0, 100, 1, good), *words(SHIFTED, 0, 200, 1, bad)]
    assert unsound_fonts(found) == {"Bad"}
    assert unsound_fonts([]) == frozenset()


@pytest.mark.parametrize("name", ["Symbol", "Wingdings-Regular", "FontAwesome", "CMSY10", "LatinModernMath-Regular"])
def test_a_font_of_symbols_is_not_judged(name):
    assert unsound_fonts(words("\uf0b7 \uf0a7 \ue001\ue002", 60, 100, 10, Font(name))) == frozenset()


def test_a_font_of_bullets_does_not_spoil_the_text_beside_it():
    found = [*words("\uf0b7", 60, 100, 1, Font("Bullets")), *words(ENGLISH, 0, 100, 1)]
    assert "Plain" not in unsound_fonts(found)


# ---- hidden words and the picture under them


@pytest.fixture(scope="module")
def scanned():
    """A drawn page as words, and as a scanner sees it: grey paper, noise."""
    sheet = Sheet()
    sheet.column(60, 100, 470, filled(160))
    data = sheet.data()
    noise = np.random.default_rng(7).normal(0, 8, (*photographed(data).shape[:2], 1))
    return page_of(data).words, np.clip(photographed(data).astype(float) * 0.85 + noise, 0, 255).astype(np.uint8)


def test_words_that_stand_on_print_agree_with_the_picture(scanned):
    found, pixels = scanned
    assert agreement(found, pixels) > 0.95


def test_words_beside_the_print_do_not_agree(scanned):
    found, pixels = scanned
    lower = [part._replace(box=part.box._replace(top=part.box.top + 0.4, bottom=part.box.bottom + 0.4)) for part in found]
    assert agreement(lower, pixels) < 0.05


def test_words_over_a_black_page_or_an_empty_one_do_not_agree(scanned):
    found, pixels = scanned
    assert agreement(found, np.zeros_like(pixels)) == 0
    assert agreement(found, np.full_like(pixels, 255)) == 0


def test_no_words_agree_with_nothing(scanned):
    assert agreement([], scanned[1]) == 0


def test_agreement_is_a_share_of_characters(scanned):
    found, pixels = scanned
    half = len(found) // 2
    lower = [part._replace(box=part.box._replace(top=part.box.top + 0.4, bottom=part.box.bottom + 0.4)) for part in found[half:]]
    assert 0.35 < agreement([*found[:half], *lower], pixels) < 0.65


def test_words_agree_with_their_own_page_as_it_is_rendered():
    sheet = Sheet(400, 300)
    sheet.column(30, 60, 340, filled(60))
    page = page_of(data := sheet.data())
    assert photographed(data).shape[2] == 3
    pixels, _ = render(page.reference, 400, 300)
    assert agreement(page.words, pixels) > 0.95
