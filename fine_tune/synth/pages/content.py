"""What drawn pages say: sentences, names, numbers, dates and codes in three languages, by chance."""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Sequence
from random import Random
from typing import Final, TypeVar

from fine_tune.synth.pages.labels import LABELS
from fine_tune.synth.pages.words import ENDINGS, LEXICONS, ONSETS, SYLLABLES, TONES, VIETNAMESE_VOWELS
from fine_tune.synth.words import VOCABULARIES, Language

_RARE: Final = 0.25  # of sentences are of rare syllables, so that letters that the others lack are seen as well
_CODES: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_HOSTS: Final = "example.com example.org mail.example.net shop.example.co.kr example.com.vn".split()
_SIGNS: Final = (
    "{}°C|±0.{}|{}×4|{}m²|§{}|<{}|>{}|~{}|={}|#{}|{}/12|R&D{}|*{}|{}µg/L|€{}|£{}|¥{}|C++{}|{}½|«{}»|{{{}}}|\\{}|^{}|{}!?".split("|")
)
_CONSONANTS: Final = "b bl br c ch cl d dr f fl g gr h j k l m n p ph pl qu r s sh st t th tr v w wh x y z".split()
_VOWELS: Final = "a ai au e ea ee i o oa oo ou u y".split()
_CODAS: Final = ["", "", "", *"ck ct d ft l ll m n nd ng nt p r rd rk s ss st t th w x z".split()]
_LAST_DAY: Final = datetime.date(2029, 12, 28).toordinal()
_FIRST_DAY: Final = datetime.date(1985, 1, 1).toordinal()

Item = TypeVar("Item")


class Author:
    """Makes up what a page says; all by its `random`.

    Args:
        held_out: Whether labels are taken that other pages never have.
    """

    def __init__(self, random: Random, language: Language, *, held_out: bool = False) -> None:
        """Take a language."""
        self.random, self.language, self.held_out = random, language, held_out
        self.words, self.lexicon = VOCABULARIES[language], LEXICONS[language]
        self._stock = self.lexicon.all("words")
        self._prose = self.words.all("prose") + self.words.all("sentences")
        self.today = datetime.date.fromordinal(random.randint(_LAST_DAY - 9000, _LAST_DAY))

    # ---- choices

    def chance(self, share: float) -> bool:
        """Return true in so many of all cases, 0..1."""
        return self.random.random() < share

    def pick(self, items: Sequence[Item]) -> Item:
        """Return one of some items."""
        return self.random.choice(items)

    def template(self, items: Sequence[Item]) -> Item:
        """Return one of some ways to do something; the last is that of held-out pages alone."""
        return items[-1] if self.held_out else self.random.choice(items[:-1])

    def label(self, name: str) -> str:
        """Return what a field is called on this page."""
        return self.template([form.strip() for form in LABELS[self.language][name].split("|")])

    def any(self, name: str) -> str:
        """Return an entry of the lexicon's list of that name."""
        return self.pick(self.lexicon.all(name))

    # ---- words and sentences

    def made_up(self) -> str:
        """Return a word of syllables by chance: any syllable of KS X 1001, any toned letter of Vietnamese."""
        random = self.random
        if self.language == "ko":
            return "".join(random.choices(SYLLABLES, k=random.randint(1, 4)))
        if self.language == "vi":
            letter = random.choice(VIETNAMESE_VOWELS)
            ending = random.choice(ENDINGS)
            syllable = random.choice(ONSETS) + unicodedata.normalize("NFC", letter + random.choice(TONES)) + ending
            return random.choice((syllable, syllable, syllable, syllable.capitalize(), syllable.upper()))
        count = random.randint(1, 3)
        return "".join(random.choice(_CONSONANTS) + random.choice(_VOWELS) for _ in range(count)) + random.choice(_CODAS)

    def sentence(self) -> str:
        """Return a sentence, or a row of words that ends like one."""
        random = self.random
        form = random.random()
        if form < 0.3:
            return random.choice(self._prose)
        count = random.randint(4, 16)
        rare = form < 0.3 + _RARE
        words = [self.made_up() for _ in range(count)] if rare else random.choices(self._stock, k=count)
        if random.random() < 0.35:
            words[random.randrange(count)] = self.thing()
        if count > 7 and random.random() < 0.5:
            place = random.randrange(2, count - 2)
            words[place] += random.choice((",", ",", ",", ";", ":", " –"))
        if random.random() < 0.12:
            place = random.randrange(1, count - 1)
            left, right = random.choice(("()", "“”", "[]", '""', "''", "‘’"))
            words[place] = f"{left}{words[place].rstrip(',;:– ')}{right}"
        text = " ".join(words)
        return text[:1].upper() + text[1:] + random.choice("......?!")

    def paragraph(self, low: int = 2, high: int = 6) -> list[str]:
        """Return the words of some sentences."""
        return " ".join(self.sentence() for _ in range(self.random.randint(low, high))).split()

    def phrase(self, low: int = 2, high: int = 5) -> str:
        """Return some words that are no sentence: a heading, a name of a thing."""
        random = self.random
        words = [
            self.made_up() if random.random() < _RARE else random.choice(self._stock) for _ in range(random.randint(low, high))
        ]
        text = " ".join(words)
        return text[:1].upper() + text[1:]

    def title(self) -> str:
        """Return what a document is called; at times all in capitals."""
        text = self.any("titles") if self.chance(0.6) else self.phrase(2, 6)
        return text.upper() if self.chance(0.2) else text

    def thing(self) -> str:
        """Return something that is no word: a number, a date, an amount, a code, an address of mail, signs."""
        makers = (self.number, self.number, self.date, self.money, self.code, self.percent, self.email, self.name, self.time)
        return self.random.choice((*makers, self.signs))()

    def signs(self) -> str:
        """Return a number between signs that texts seldom have."""
        return self.pick(_SIGNS).format(self.random.randint(1, 99))

    # ---- people and places

    def name(self) -> str:
        """Return the name of a person."""
        family, given = self.any("family"), self.any("given")
        if self.chance(_RARE):
            given = self.made_up().capitalize() if self.language != "ko" else self.made_up()
        if self.language == "ko":
            return family + given[:2]
        return f"{family} {given}" if self.language == "vi" else f"{given} {family}"

    def company(self) -> str:
        """Return the name of a company."""
        if self.chance(0.4):
            ending = {"en": "Ltd. Inc. GmbH Group Co.", "ko": "상사 전자 유통 건설 식품", "vi": "Group Co. JSC"}[self.language]
            front = {"en": "", "ko": "", "vi": "Công ty "}[self.language]
            return f"{front}{self.phrase(1, 2).title()} {self.pick(ending.split())}"
        return self.any("companies")

    def street(self) -> str:
        """Return a street with its number."""
        number = self.random.randint(1, 399)
        street = self.any("streets")
        if self.language == "ko":
            return f"{street} {number}" + (f"번길 {self.random.randint(1, 60)}" if self.chance(0.3) else "")
        return f"{number} {street}" if self.language == "en" or self.chance(0.5) else f"Số {number} {street}"

    def city(self) -> str:
        """Return a town, mostly with its code."""
        code, place = self.random.randint(10000, 99999), self.any("places")
        return f"{place} {code}" if self.chance(0.7) else place

    def address(self) -> str:
        """Return street and town in one line."""
        street, city = self.street(), self.city()
        return f"{city} {street}" if self.language == "ko" else f"{street}, {city}"

    def email(self) -> str:
        """Return an address of mail; at a host that nobody has."""
        local = self.pick(LEXICONS["en"].all("given")).lower() + self.pick(("", ".", "_", "-"))
        return f"{local}{self.random.randint(1, 999) if self.chance(0.5) else 'info'}@{self.pick(_HOSTS)}"

    def website(self) -> str:
        """Return an address of the web."""
        return (
            self.pick(("www.", "https://", "")) + self.pick(_HOSTS) + self.pick(("", "/contact", f"/{self.random.randint(1, 99)}"))
        )

    def phone(self) -> str:
        """Return a number of a telephone."""
        digits = self.random
        if self.language == "ko":
            return f"0{digits.choice(('2', '31', '51', '10'))}-{digits.randint(200, 9999)}-{digits.randint(0, 9999):04d}"
        if self.language == "vi":
            return f"0{digits.choice(('24', '28', '90', '98'))} {digits.randint(200, 9999)} {digits.randint(0, 9999):04d}"
        return digits.choice(("+44 20 {} {}", "({}) 555-{}", "{}-555-{}")).format(
            digits.randint(200, 999), f"{digits.randint(0, 9999):04d}"
        )

    # ---- numbers

    def number(self) -> str:
        """Return a number as the language writes it."""
        random = self.random
        value, decimals = 10 ** random.uniform(0, 6), random.choice((0, 0, 0, 1, 2))
        return random.choice(("", "", "", "", "-", "+")) + self.written(value, decimals)

    def written(self, value: float, decimals: int) -> str:
        """Return a number with the signs of the language for thousands and decimals."""
        whole, _, fraction = f"{value:,.{decimals}f}".partition(".")
        return whole.replace(",", self.words.thousands) + (self.words.decimal + fraction if fraction else "")

    def percent(self) -> str:
        """Return a share."""
        return self.written(self.random.uniform(0, 100), self.random.choice((0, 1, 2))) + "%"

    def amount(self, value: float) -> str:
        """Return an amount of money, in whole won and dong, in cents elsewhere."""
        return self.words.money.format(self.written(value, 2 if self.language == "en" else 0))

    def money(self) -> str:
        """Return any amount of money."""
        return self.amount(self.price())

    def price(self) -> float:
        """Return a price in the money of the language, as people set it."""
        random = self.random
        if self.language == "en":
            return round(10 ** random.uniform(0.2, 3.2), 2)
        return float(round(10 ** random.uniform(0.2, 3.5)) * (100 if self.language == "ko" else 1000))

    def code(self) -> str:
        """Return a code such as files and goods have."""
        random = self.random
        letters = "".join(random.choices(_CODES, k=random.randint(1, 4)))
        number = f"{random.randint(0, 10 ** random.randint(2, 7)):0{random.randint(3, 7)}d}"
        form = random.choice(("{}-{}", "{}{}", "{}/{}", "{}_{}", "#{}{}", "{}-{}-" + random.choice(_CODES)))
        return form.format(letters, number)

    def date(self) -> str:
        """Return a date as the language writes it, or in another common way."""
        return self.day(datetime.date.fromordinal(self.random.randint(_FIRST_DAY, _LAST_DAY)))

    def day(self, day: datetime.date) -> str:
        """Return a given date as it is written."""
        forms = {
            "en": ("{y}-{m:02d}-{d:02d}", "{d:02d}/{m:02d}/{y}", "{d} {month} {y}", "{month} {d}, {y}", "{d:02d}.{m:02d}.{y}"),
            "ko": ("{y}. {m}. {d}.", "{y}년 {m}월 {d}일", "{y}-{m:02d}-{d:02d}", "{y}.{m:02d}.{d:02d}"),
            "vi": ("{d:02d}/{m:02d}/{y}", "{d:02d}-{m:02d}-{y}", "ngày {d} tháng {m} năm {y}", "{d}.{m}.{y}"),
        }[self.language]
        month = "January February March April May June July August September October November December".split()[day.month - 1]
        return self.pick(forms).format(y=day.year, m=day.month, d=day.day, month=month)

    def later(self, days: int) -> str:
        """Return a date so many days after the page's own."""
        return self.day(self.today + datetime.timedelta(days=days))

    def time(self) -> str:
        """Return a time of day."""
        return f"{self.random.randint(0, 23):02d}:{self.random.randint(0, 59):02d}" + self.pick(
            ("", f":{self.random.randint(0, 59):02d}")
        )
