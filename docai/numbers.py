"""Numbers as people print them, by whatever custom: texts of a table's columns into values.

"1.234" is a thousand and more in Hanoi and little more than one in Seoul. Which sign parts the decimals is told by cells that
can be read in one way only ("12,5", "1,234.50", "1.234.567"): by those of the whole table, or of each column where columns
disagree; where no cell tells, by the language. What is open after that is no number: nothing is guessed.

A number is what its text says: "12.5%" is 12.5, "1억 2,000만" is 120000000, "$5" is 5, "12.3*" is 12.3, "±0.5" is 0.5. A year or
a count is one too. Dates, times, ranges, ratios, telephone numbers, codes with leading zeros ("007"), powers of ten, lists of
figures and what has more digits than a float keeps are none; nor is a number with a unit other than money and percent.

Parentheses and △ make a number negative only in a table with amounts of money or the words of accounts and no minus, in a column
with numbers without them and no stars of significance: elsewhere "(3)" may be a note, a share or a standard error.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final, Literal

Point = Literal[".", ",", ""]  # what parts the decimals; nothing where that is open

EXPECTED: Final = ("en", "ko", "vi")  # the languages that are expected where none are named
MOST_DIGITS: Final = 15  # that a float keeps whatever they are
LONGEST: Final = 60  # characters; no number is longer
TELEPHONE: Final = 10  # digits that a plus makes a telephone number: country, area and line
MISREAD: Final = 4  # times as many cells outvote those that say otherwise: a comma that was read as a point
# Least shares of words with such letters. English with foreign names in it has fewer; of Vietnamese words, two thirds have a
# mark, and half of all have one that no other language has
MARKED, VIETNAMESE, HANGUL, FOREIGN = 0.3, 0.1, 0.1, 0.03

# Source: Unicode CLDR, common/main, <decimal> and <group>. Spanish and Arabic are open: they differ from country to country.
POINTED: Final = frozenset("en ko ja zh th he hi ms fil".split())
COMMAED: Final = frozenset("vi de fr it pt nl pl cs sk ru uk be bg ro hu sv nb nn no da fi tr el id hr sl sr lt lv et ca".split())
SPACED: Final = frozenset("fr pl cs sk ru uk be bg hu sv nb nn no fi lt lv et".split())  # thousands, by a space

UNITS: Final = {
    "조": 10**12,
    "억": 10**8,
    "만": 10**4,
    "천": 10**3,
    "백": 10**2,
    "tỷ": 10**9,
    "tỉ": 10**9,
    "triệu": 10**6,
    "nghìn": 10**3,
    "ngàn": 10**3,
    "trillion": 10**12,
    "billion": 10**9,
    "million": 10**6,
    "thousand": 10**3,
}
SHORT_UNITS: Final = {"bn": 10**9, "mn": 10**6, "b": 10**9, "m": 10**6, "k": 10**3}  # beside money only: 5m may be metres
CODES: Final = (
    "USD EUR GBP JPY CNY KRW VND VNĐ AUD CAD CHF HKD SGD SEK NOK DKK INR THB IDR MYR PHP TWD NZD BRL MXN ZAR PLN CZK HUF TRY"
).split()
SIGNS: Final = "US$ A$ C$ HK$ S$ NZ$ NT$ R$ $ € £ ¥ ₩ ₫ ₹ ₱ ฿ ₺ đồng đ 원 달러 유로 위안 엔 円 元 Kč zł kr".split()
CENTLESS: Final = frozenset("₫ đ đồng VND VNĐ 원 ₩ KRW ¥ JPY 円 엔".split())  # money that is not counted in hundredths

_PLAIN: Final = str.maketrans(  # wide letters, as Korean and Japanese pages have them, and spaces that break no line
    dict(zip("０１２３４５６７８９．，％（）＋－￦＄’", "0123456789.,%()+-₩$'", strict=True))
    | dict.fromkeys("\u00a0\u2007\u2008\u202f", "\u2009")
)
_SIGNLESS: Final = str.maketrans("", "", "-+±\u2212\u2013△()")
_SUPERSCRIPTS: Final = "¹²³⁰⁴⁵⁶⁷⁸⁹⁽⁾ᵃᵇᶜᵈᵉᶠᵍ"


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_TOKEN: Final = re.compile(
    rf"""(?P<F>[0-9]+(?:[.,'\ \u2009][0-9]+)*|(?<![0-9])\.[0-9]+) | (?P<P>[%‰]) | (?P<S>[-+±\u2212\u2013]) | (?P<T>△)
    | (?P<O>\() | (?P<C>\)) | (?P<M>{_any_of([*CODES, *SIGNS])}) | (?P<U>(?i:{_any_of([*UNITS, *SHORT_UNITS])}))
    | (?P<K>[*†‡§¶{_SUPERSCRIPTS}]+) | (?P<_>[\ \u2009]+)""",
    re.VERBOSE,
)
# Money and sign, one parenthesis or none, figures with their units, money or percent, a minus behind, marks of notes
_GRAMMAR: Final = re.compile(r"[ST]?M?S?(?P<open>O)?M?F(?:U+F)*U*S?(?(open)[MP]?C[MP]?|[MP]?)S?K?")
_FIGURES: Final = {
    point: re.compile(
        rf"(?:(?:0|[1-9][0-9]*|[1-9][0-9]{{0,2}}(?P<by>[{other}'\ \u2009])[0-9]{{3}}(?P<more>(?:(?P=by)[0-9]{{3}})*))"
        rf"(?:{re.escape(point)}(?P<part>[0-9]+))?{bare})"
    )
    for point, other, bare in ((".", ",", r"|\.(?P<bare>[0-9]+)"), (",", r"\.", r"|(?P<bare>(?!))"))
}
_MONTH: Final = re.compile(r"(?:19|20)[0-9]{2}\.(?:0[1-9]|1[0-2])")  # 2019.12, as dates are printed in Korea
_RANGE: Final = re.compile(r"[0-9]\s*[-\u2013~]\s*[0-9]")
_MISSING: Final = re.compile(r"[-\u2010-\u2015\u2212]*|\.{2,3}|…|[nN]\.?/?[aA]\.?")
_MONEY_NAMED: Final = re.compile(
    rf"[$€£¥₩₫₹]|(?<![A-Za-z])(?:{'|'.join(CODES)})(?![A-Za-z])|(?:[조억만천]|[(:]\s*)원|(?:triệu|tỷ|tỉ|nghìn|ngàn|[(:])\s*đồng"
)
_ACCOUNTS: Final = re.compile(
    r"\b(?:(?:net|operating) (?:income|loss)|profits?|expenses|assets|liabilities|revenues?|cash flows?|depreciation|ebitda)\b"
    r"|\(loss(?:es)?\)"
    r"|손실|손익|비용|자산|부채|매출|영업이익|현금흐름|\b(?:lợi nhuận|lỗ|chi phí|doanh thu|tài sản|nợ phải trả)\b",
    re.IGNORECASE,
)
_VIETNAMESE: Final = re.compile("[ăđơư\u1ea0-\u1ef9]")
_HANGUL: Final = re.compile("[가-힣]")
_MARKED: Final = re.compile("[àáâãèéêìíòóôõùúýăđĩũơư\u1ea0-\u1ef9]")
_FOREIGN: Final = re.compile("[äöüßåæøœçñàáâãèéêëìíîïòóôõùúûýāčďēęěğīķłļńňőřśşšťūůűźżžа-я]|[α-ω]{2}")


@dataclass(frozen=True, slots=True)
class Number:
    """A number and how it was printed.

    Attributes:
        value: What the text says; of 12.5% it is 12.5.
        decimals: How many were printed.
        grouped: Whether its thousands were parted.
        before: What stands before its figures: "$", "±".
        after: What stands behind them: " €", "%", "*".
        negative: How a negative one shows it: by a minus before or behind, by parentheses, by a triangle.
        plus: Whether a plus stands before it.
        scaled: Whether words such as 억 or "million" are part of it, so that its figures are not its digits.
    """

    value: Decimal
    decimals: int = 0
    grouped: bool = False
    before: str = ""
    after: str = ""
    negative: Literal["-", "behind", "()", "△"] = "-"
    plus: bool = False
    scaled: bool = False


@dataclass(frozen=True, slots=True)
class Convention:
    """How the numbers of a column are written.

    Attributes:
        point: What parts their decimals; where it is open, only what has one reading is a number.
        spaced: Whether "12 345" is one number.
        accounting: Whether parentheses and △ mean minus.
        behind: Whether a minus may stand behind; in a column of ranges "65-" is one without an end.
        months: Whether "2019.12" is a month.
    """

    point: Point = ""
    spaced: bool = False
    accounting: bool = False
    behind: bool = True
    months: bool = False


def parse(text: str, convention: Convention) -> Number | None:
    """Return the number that `text` is, written as `convention` says; None where it is none or may be several.

    >>> parse("1.234,5", Convention()).value, parse("1.234", Convention()), parse("1.234", Convention(",")).value
    (Decimal('1234.5'), None, Decimal('1234'))
    """
    printed = _take_apart(text)
    return _read(printed, convention) if printed else None


def read_columns(
    columns: Sequence[Sequence[str]], *, context: str = "", languages: Sequence[str] = EXPECTED, around: str = ""
) -> list[list[Number | None]]:
    """Return the numbers of a table's columns, None for each text that is none.

    Args:
        columns: The texts of the body, column by column.
        context: What else the table says, its headers first of all.
        languages: Those that the document may be written in.
        around: What stands round the table; with the table's own words it tells which of `languages` this is.
    """
    printed = [list(map(_take_apart, column)) for column in columns]
    words = " ".join([context, *(text for column in columns for text in column)])
    found = _conventions(columns, printed, words, lambda: _spoken(languages, f"{words} {around}"))
    return [[_read(one, how) if one else None for one in column] for column, how in zip(printed, found, strict=True)]


def as_printed(text: str, value: float) -> Number | None:
    """Return how `text` prints the number `value`; None where it does not."""
    for point in (".", ","):
        number = parse(text, Convention(point, spaced=True, accounting=True))
        if number is not None and float(number.value) == value:
            return number
    return None


def is_missing(text: str) -> bool:
    """Return whether a text stands where there is no number: nothing, a dash, dots, "n/a"."""
    return _MISSING.fullmatch(text.strip()) is not None


# One text


@dataclass(frozen=True, slots=True)
class _Printed:
    """A text that has the shape of a number: its figures, each with what its units multiply it by, and what stands round them."""

    terms: tuple[tuple[str, int], ...]
    sign: str
    behind: bool
    bracketed: bool
    before: str
    after: str
    money: frozenset[str]

    @property
    def figures(self) -> str:
        """Its figures where they are all of it, without units."""
        return self.terms[0][0] if len(self.terms) == 1 and self.terms[0][1] == 1 else ""


def _take_apart(text: str) -> _Printed | None:
    """Return what a text is made of; None where it does not have the shape of a number."""
    text = text.strip().translate(_PLAIN)
    if len(text) > LONGEST or not re.search("[0-9]", text):
        return None
    tokens: list[re.Match[str]] = []
    while (place := tokens[-1].end() if tokens else 0) < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            return None
        tokens.append(token)
    if any(one[0] in "-+\u2013" and other.lastgroup == "_" for one, other in pairwise(tokens)):
        return None  # "- 5" is an item of a list
    kinds = "".join(token.lastgroup or "" for token in tokens)
    if "_S" in kinds[kinds.index("F") :] or not _GRAMMAR.fullmatch(kinds.replace("_", "")):
        return None  # "5 -" is a range, or a dash beside a number
    return _checked(text, [token for token in tokens if token.lastgroup != "_"])


def _checked(text: str, tokens: Sequence[re.Match[str]]) -> _Printed | None:
    """Return what the tokens of a number make, unless it would be told twice, or is something else after all."""
    kinds = [token.lastgroup for token in tokens]
    signs = [token[0] for token in tokens if token.lastgroup in ("S", "T")]
    money = frozenset(token[0] for token in tokens if token.lastgroup == "M")
    terms = _terms(tokens, money)
    first, last = kinds.index("F"), len(kinds) - 1 - next(n for n, kind in enumerate(reversed(kinds)) if kind in ("F", "U"))
    behind = any(kind == "S" for kind in kinds[last:])
    telephone = signs == ["+"] and not re.search("[.,']", text) and len(re.findall("[0-9]", text)) >= TELEPHONE
    power = tokens[last][0] == "10" and kinds[-1] == "K" and tokens[-1][0][0] in _SUPERSCRIPTS
    twice = len(signs) + ("O" in kinds) > 1 or kinds[:first].count("M") > 1 or ("P" in kinds and (money or "U" in kinds))
    if not terms or twice or telephone or power or (behind and signs[0] in "+±"):
        return None
    before = text[: tokens[first].start()].translate(_SIGNLESS).lstrip()
    return _Printed(
        terms=terms,
        sign="".join(signs).replace("\u2212", "-").replace("\u2013", "-"),
        behind=behind,
        bracketed="O" in kinds,
        before=("±" if signs == ["±"] else "") + before,
        after=text[tokens[last].end() :].translate(_SIGNLESS).rstrip(),
        money=money,
    )


def _terms(tokens: Sequence[re.Match[str]], money: frozenset[str]) -> tuple[tuple[str, int], ...]:
    """Return the figures of a number, each with what it is multiplied by; none where the units make no sense."""
    terms: list[tuple[str, int]] = []
    for token in tokens:
        if token.lastgroup == "F":
            terms.append((token[0], 1))
        elif token.lastgroup == "U":
            unit = token[0].lower()
            if unit in SHORT_UNITS and not money:
                return ()
            terms[-1] = (terms[-1][0], terms[-1][1] * (UNITS.get(unit) or SHORT_UNITS[unit]))
    sizes = [size for _, size in terms]
    alone = [token[0] for token in tokens if token.lastgroup == "U"] == ["조"] and terms[0][0].isdigit() and not money
    falling = all(one > other for one, other in pairwise(sizes))
    return tuple(terms) if falling and not alone else ()  # "5조" is the fifth article of a law, or the fifth group


@dataclass(frozen=True, slots=True)
class _Figures:
    value: Decimal
    decimals: int
    grouped: bool


def _figures(text: str, point: str, *, spaced: bool) -> _Figures | None:
    """Return what figures mean if `point` parts their decimals; None where they mean nothing then."""
    match = _FIGURES[point].fullmatch(text)
    if match is None or sum(map(str.isdigit, text)) > MOST_DIGITS:
        return None
    part = match["part"] or match["bare"] or ""
    if match["by"] == " " and not (spaced or match["more"] or part):
        return None  # two numbers side by side, as likely as one
    whole = "" if match["bare"] else re.sub("[^0-9]", "", text[: len(text) - len(part)])
    return _Figures(Decimal(f"{whole or 0}.{part or 0}"), len(part), bool(match["by"]))


def _meaning(text: str, point: Point, *, spaced: bool) -> _Figures | None:
    """Return the one meaning of figures; None where there is none, or where the point is open and decides."""
    meanings = [found for each in (point or ".,") if (found := _figures(text, each, spaced=spaced))]
    return meanings[0] if len({found.value for found in meanings}) == 1 else None


def _read(printed: _Printed, convention: Convention) -> Number | None:
    if (printed.bracketed or printed.sign == "△") and not convention.accounting:
        return None
    if (printed.behind and not convention.behind) or (convention.months and _MONTH.fullmatch(printed.figures)):
        return None
    parts = [(_meaning(figures, convention.point, spaced=convention.spaced), size) for figures, size in printed.terms]
    above: int | None = None
    value = Decimal(0)
    for part, size in parts:
        if part is None or (len(parts) > 1 and part.decimals) or (above is not None and part.value * size >= above):
            return None
        value, above = value + part.value * size, size
    first, size = parts[0]
    assert first is not None
    negative: Literal["-", "behind", "()", "△"] = (
        "()" if printed.bracketed else "△" if printed.sign == "△" else "behind" if printed.behind else "-"
    )
    return Number(
        value=-value if printed.bracketed or printed.sign in ("-", "△") else value,
        decimals=first.decimals,
        grouped=first.grouped,
        before=printed.before,
        after=printed.after,
        negative=negative,
        plus=printed.sign == "+",
        scaled=size > 1,
    )


# A table


def _conventions(
    columns: Sequence[Sequence[str]],
    printed: Sequence[Sequence[_Printed | None]],
    words: str,
    languages: Callable[[], frozenset[str]],
) -> list[Convention]:
    """Return how the numbers of each column are written; `words` are all that the table says, `languages` are slow to tell."""
    shaped = [[one for one in column if one] for column in printed]
    months = [_are_months(column) for column in shaped]
    votes = [Counter[Point]() if dates else _votes(column) for column, dates in zip(shaped, months, strict=True)]
    everything = [one for column in shaped for one in column]
    spaces = any(" " in figures for one in everything for figures, _ in one.terms)
    spoken = languages() if spaces or (everything and not any(votes)) else frozenset()
    amounts = bool(_MONEY_NAMED.search(words) or _ACCOUNTS.search(words) or any(one.money for one in everything))
    accounts = amounts and not any("-" in one.sign for one in everything)
    return [
        Convention(
            point=point,
            spaced=(bool(spoken) and spoken <= SPACED) or any(map(_shows_spaces, everything)),
            accounting=accounts and _has_balances(own),
            behind=not any(map(_RANGE.search, column)),
            months=dates,
        )
        for column, own, dates, point in zip(columns, shaped, months, _points(votes, _point_of(spoken)), strict=True)
    ]


def _points(votes: Sequence[Counter[Point]], spoken: Point) -> list[Point]:
    """Return what parts decimals in each column: what the whole table says, or each column where they disagree."""
    whole = sum(votes, Counter[Point]())
    if len(whole) < 2:
        return [next(iter(whole), spoken)] * len(votes)
    return [_elected(own or whole) for own in votes]


def _elected(votes: Counter[Point]) -> Point:
    (first, most), *others = votes.most_common()
    return first if all(most >= MISREAD * count for _, count in others) else ""


def _votes(column: Iterable[_Printed]) -> Counter[Point]:
    """Return how often each point is the only one by which a number of a column can be read."""
    votes: Counter[Point] = Counter()
    for one in column:
        for figures, size in one.terms:
            by_point = _figures(figures, ".", spaced=True)
            by_comma = _figures(figures, ",", spaced=True)
            if by_point and by_comma and by_point.value != by_comma.value:
                if size == 1 and one.money & CENTLESS:
                    votes["," if by_comma.grouped else "."] += 1
            elif by_point is None or by_comma is None:
                votes += Counter[Point]({".": bool(by_point), ",": bool(by_comma)})
    return votes


def _are_months(column: Sequence[_Printed]) -> bool:
    parted = [one.figures for one in column if any(re.search("[.,]", figures) for figures, _ in one.terms)]
    return bool(parted) and all(map(_MONTH.fullmatch, parted))


def _has_balances(column: Sequence[_Printed]) -> bool:
    """Return whether amounts in parentheses are negative in a column of accounts, not notes, or errors below estimates."""
    return any(not one.bracketed or one.money for one in column) and not any("*" in one.after for one in column)


def _shows_spaces(printed: _Printed) -> bool:
    return any(" " in figures and any(_figures(figures, point, spaced=False) for point in ".,") for figures, _ in printed.terms)


# The language


def _spoken(languages: Sequence[str], text: str) -> frozenset[str]:
    """Return which of `languages` a text may be in, by its letters."""
    words = re.findall(r"[^\W\d_]+", text.lower())

    def share(letters: re.Pattern[str]) -> float:
        return sum(letters.search(word) is not None for word in words) / max(1, len(words))

    found = frozenset(language.lower().partition("-")[0] for language in languages)
    if share(_VIETNAMESE) >= VIETNAMESE and share(_MARKED) >= MARKED:
        return found & {"vi"}
    found = found - {"vi"} if found - {"vi"} and words else found
    if share(_HANGUL) >= HANGUL:
        return found & {"ko"}
    foreign = share(_FOREIGN)
    return found - {"en", "ko"} if foreign >= FOREIGN else found


def _point_of(languages: frozenset[str]) -> Point:
    """Return what parts decimals in all of some languages; nothing where they disagree or are not known."""
    if languages and languages <= POINTED:
        return "."
    return "," if languages and languages <= COMMAED else ""
