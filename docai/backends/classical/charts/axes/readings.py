"""What the labels of an axis say as numbers: with units, suffixes, powers of ten, and the minus signs of all customs.

"1.234" may be a thousand or one: an axis is read in both ways, and the even steps of its ticks tell which is right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from docai.numbers import CODES, SIGNS, Convention, Point, parse

SUFFIXES: Final = {
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "B": 1e9,
    "T": 1e12,
    "G": 1e9,
    "mn": 1e6,
    "mln": 1e6,
    "mio": 1e6,
    "mio.": 1e6,
    "bn": 1e9,
    "mrd": 1e9,
    "mrd.": 1e9,
    "tn": 1e12,
    "tr": 1e6,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
    "천": 1e3,
    "만": 1e4,
    "십만": 1e5,
    "백만": 1e6,
    "천만": 1e7,
    "억": 1e8,
    "십억": 1e9,
    "백억": 1e10,
    "천억": 1e11,
    "조": 1e12,
    "nghìn": 1e3,
    "ngàn": 1e3,
    "triệu": 1e6,
    "tỷ": 1e9,
    "tỉ": 1e9,
}
"""What letters and words behind figures multiply them by; of Latin ones, those that no unit is written like."""
MONEY_SUFFIXES: Final = {"m": 1e6, "b": 1e9, "t": 1e12}  # beside money, or in company of other suffixes
ORDINALS: Final = frozenset(("st", "nd", "rd", "th"))  # "1st" is a name
LEAST_POWERS: Final = 3  # labels that may be flat powers of ten; two are as well numbers
LONGEST_UNIT: Final = 14  # characters

_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_POWER: Final = re.compile("(?<=10)([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)$")
_PLAIN: Final = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u2012": "-", "\ufe63": "-", "\uff0d": "-", "\u00a0": " ", "\u202f": " "}
)
_LOOKALIKES: Final = str.maketrans("OoQDlI|iSsBZz", "0000111155822"[:13])
_FLAT_POWER: Final = re.compile(r"10\s?(?:\^?(-?\d)|[°º])")  # a raised 0 is read as a sign of degrees
_KEPT: Final = re.compile(r"10\s?(?:\^-?\d|[°º])")
_TEXT: Final = re.compile(
    r"(?P<open>\()?\s*(?P<first>[-+]?)\s*(?P<before>[^\d.,()+\-^]*?)\s*(?P<second>[-+]?)"
    r"(?P<figures>\d+(?:[.,'’\s\u2009]\d+)*|[.,]\d+)"
    r"(?:\s*(?:[eE]|[×x·*]\s*10\s*\^?\s*)(?P<power>[-+]?\d+)|\^(?P<raised>[-+]?\d+))?\s*(?P<after>[^\d()]*?)\s*(?P<close>\))?"
)
_MONEY: Final = frozenset(word.lower() for word in (*CODES, *SIGNS))


class Said(NamedTuple):
    """A number that a label prints, its unit, and whether it is written as a power of ten ("10^3", "1e3")."""

    value: float
    unit: str = ""
    power: bool = False


class Numbers(NamedTuple):
    """What the labels of an axis say, read by one custom: None for each that is no number; `unit` is behind most of them."""

    values: tuple[float | None, ...]
    unit: str = ""
    powers: bool = False


def read_powers(texts: Sequence[str]) -> Numbers | None:
    """Return labels as powers of ten whose exponent lost its raising on the way ("103", "10−2"); None where one is none.

    >>> read_powers(["10−1", "100", "101"]).values, read_powers(["10°", "101", "10^2"]).values
    ((0.1, 1.0, 10.0), (1.0, 10.0, 100.0))
    """
    matches = [_FLAT_POWER.fullmatch(plain_text(text)) for text in texts]
    if len(matches) < LEAST_POWERS or any(match is None for match in matches):
        return None
    return Numbers(tuple(10.0 ** int(match[1] or "0") for match in matches if match), powers=True)


def tells_powers(texts: Sequence[str]) -> bool:
    """Return whether a label shows that flat powers are powers: one kept its raised exponent, or has one below 0."""
    return any("-" in plain_text(text) or _KEPT.fullmatch(plain_text(text)) for text in texts)


def read_numbers(texts: Sequence[str]) -> list[Numbers]:
    """Return what labels say, by each custom that gives something else: first decimals behind points, then behind commas."""
    found: list[Numbers] = []
    for point in (".", ","):
        numbers = _together([said(text, point) for text in texts])
        if any(value is not None for value in numbers.values) and all(numbers.values != other.values for other in found):
            found.append(numbers)
    if len(found) == 2 and _is_grouped(texts):
        found.reverse()  # by points, "1.000, 2.000" are decimals that nobody prints: equally good, the first of readings is taken
    return found


def _is_grouped(texts: Sequence[str]) -> bool:
    """Return whether what stands behind points is always three figures, mostly zeros: then points part thousands."""
    parts = [match[1] for text in texts if (match := re.search(r"\d\.(\d+)(?!.*\d)", text))]
    return bool(parts) and all(len(part) == 3 for part in parts) and all(part.endswith("0") for part in parts)


def _together(labels: Sequence[Said | None]) -> Numbers:
    """Return numbers of one axis: those with another unit than most are none."""
    units = Counter(one.unit for one in labels if one is not None and one.unit)
    unit = units.most_common(1)[0][0] if units else ""
    values = tuple(one.value if one is not None and one.unit in ("", unit) else None for one in labels)
    told = [one for one in labels if one is not None]
    return Numbers(values, unit, powers=bool(told) and sum(one.power for one in told) > len(told) / 2)


@lru_cache(maxsize=4096)
def said(text: str, point: Point) -> Said | None:
    """Return the number that a label prints if `point` parts its decimals; None where it prints none.

    >>> said("−1,5 M", ",").value, said("$(20)", ".").value, said("10^3", ".").value, said("5 kg", ".").unit
    (-1500000.0, -20.0, 1000.0, 'kg')
    """
    plain = plain_text(text)
    match = _TEXT.fullmatch(plain)
    if match is None:
        match = _TEXT.fullmatch(plain.replace("$(", "($")) if "$(" in plain else None
    if match is None:
        number = parse(plain, Convention(point, spaced=True, accounting=True))
        return Said(float(number.value)) if number is not None else None
    if bool(match["open"]) != bool(match["close"]) or (match["first"] and match["second"]):
        return None
    figures = parse(match["figures"].replace("’", "'"), Convention(point, spaced=True))
    around = _around(match["before"], match["after"])
    if figures is None or around is None or (figures.grouped and match["power"]):
        return None
    factor, unit = around
    value = float(figures.value)
    if match["raised"]:
        value = value ** int(match["raised"])
    value *= factor * 10.0 ** int(match["power"] or 0)
    negative = bool(match["open"]) or "-" in (match["first"], match["second"])
    return Said(-value if negative else value, unit, power=bool(match["raised"] or match["power"]))


def plain_text(text: str) -> str:
    """Return a text with one kind of minus and space, and raised figures behind a caret."""
    stripped = text.strip().translate(_PLAIN)
    return _POWER.sub(lambda match: "^" + match[0].translate(_RAISED), stripped)


def _around(before: str, after: str) -> tuple[float, str] | None:
    """Return by what the text around figures multiplies them, and their unit; None where it makes them no number."""
    money = before.strip().lower()
    if money and money not in _MONEY and money not in ("~", "<", ">", "≥", "≤", "±"):
        return None
    after = after.strip()
    if len(after) > LONGEST_UNIT or after.lower() in ORDINALS or after in (":", "-", "/"):
        return None
    factor, rest = _suffix(after, money=bool(money))
    unit = rest.strip(" .") or (before.strip() if money in _MONEY else "")
    return factor, unit


def _suffix(after: str, *, money: bool) -> tuple[float, str]:
    """Return what the text behind figures multiplies them by, and what is left of it."""
    word = after.split(" ", maxsplit=1)[0]
    rest = after[len(word) :]
    if money and word in MONEY_SUFFIXES:
        return MONEY_SUFFIXES[word], rest
    for text in (word, word.lower() if len(word) > 1 else word):
        if text in SUFFIXES:
            return SUFFIXES[text], rest
    for length in range(min(2, len(word) - 1), 0, -1):  # "억원", "K€", "백만달러"
        head, tail = word[:length], word[length:]
        if head in SUFFIXES and (not head.isascii() or tail.lower() in _MONEY):
            return SUFFIXES[head], tail + rest
    return 1.0, after


def figures_of(text: str) -> str:
    """Return the figures of a label without signs, points and zeros before: what is left of a number that was misread a little.

    >>> figures_of("−0.5"), figures_of("1O0"), figures_of("l,500")
    ('5', '100', '1500')
    """
    return "".join(re.findall("[0-9]", mended(text))).lstrip("0") or "0"


def mended(text: str) -> str:
    """Return a text with letters that look like figures as figures, where it has no others."""
    plain = plain_text(text)
    if not any(letter.isdigit() for letter in plain) and plain not in ("O", "o"):
        return plain
    swapped = plain.translate(_LOOKALIKES)
    return swapped if re.fullmatch(r"[-+$€£¥₩(]*[\d.,\s]+[%)KMk]?", swapped) else plain


def misread(text: str, value: float) -> bool:
    """Return whether a label may print `value` after all, but for a lost sign or point, or letters for figures.

    >>> misread("25", -2.5), misread("3O", 30.0), misread("40", 30.0), misread("5", 500.0)
    (True, True, False, False)
    """
    printed = said(mended(text), ".")
    if printed is not None and abs(printed.value - value) <= abs(value) * 1e-6:
        return True
    figures = figures_of(text)
    expected = f"{abs(value):.12g}".replace(".", "").lstrip("0").split("e")[0]
    same = figures.rstrip("0") == expected.rstrip("0") and figures != "0"
    if not same or printed is None:
        return False
    if abs(abs(printed.value) - abs(value)) <= abs(value) * 1e-6:
        return True  # a lost minus
    ratio = abs(printed.value / value) if value else 0.0
    return "." not in text and "," not in text and value != round(value) and ratio > 1
