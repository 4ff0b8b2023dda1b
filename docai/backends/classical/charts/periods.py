"""How axes print dates and periods, years to hours: `strftime`'s forms, with `%q` for the number of a quarter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Final

FORMS: Final = (
    "%Y",
    "%b %Y",
    "%B %Y",
    "%b %y",
    "%b '%y",
    "%b",
    "%B",
    "%Y-%m",
    "%m/%Y",
    "%H:%M",
    "%b %d",
    "%d %b",
    "%B %d",
    "%b %d, %Y",
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d",
    "%d/%m",
    "%Y.%m",
    "%Y년",
    "%m월",
    "%Y년 %m월",
    "Tháng %m",
    "%m/%d/%Y",
    "%Y W%U",
    "%Y Q%q",
    "Q%q %Y",
    "Q%q '%y",
    "Q%q",
    "Q%q/%Y",
    "Q%q/%y",
    "%YQ%q",
    "%Y-Q%q",
    "%qQ %Y",
    "%qQ%y",
    "%Y년 %q분기",
)  # of dates on axes
FORMED: Final = 0.6  # of an axis' labels that are printed in one form; "Jan" may stand among years
WEEK: Final = "%U"
LEAST_NAMED: Final = 3  # labels that tell by which steps an axis goes on between them
DAY: Final = 86_400.0  # seconds
YEAR: Final = 12  # months


def moment_of(seconds: float) -> datetime:
    """Return the moment that is so many seconds after 1970-01-01 UTC."""
    return datetime.fromtimestamp(round(seconds), tz=timezone.utc).replace(tzinfo=None)


def spelt(seconds: float, form: str) -> str:
    """Return a moment as a form prints it.

    >>> spelt(1_525_132_800.0, "Q%q %Y"), spelt(1_525_132_800.0, "%b '%y")
    ('Q2 2018', "May '18")
    """
    moment = moment_of(seconds)
    return moment.strftime(form.replace("%q", str((moment.month + 2) // 3)))


def period_of(seconds: float, form: str) -> str:
    """Return the period around a moment as a form prints it: a week is named by the Sunday that it begins with."""
    if WEEK not in form:
        return spelt(seconds, form)
    moment = moment_of(seconds)
    return spelt((moment - timedelta(days=(moment.weekday() + 1) % 7)).replace(tzinfo=timezone.utc).timestamp(), form)


def form_of(texts: Sequence[str], seconds: Sequence[float | None], first: str = "") -> str:
    """Return the form in which most labels print their dates, "" where it is none that is known; `first` is tried first."""
    for form in (first, *FORMS):
        told = sum(moment is not None and spelt(moment, form) == text for text, moment in zip(texts, seconds, strict=True))
        if form and told and told >= FORMED * len(texts):
            return form
    return ""


def filled_in(names: Sequence[tuple[int, str, float]], count: int, form: str) -> dict[int, str]:
    """Return the names of periods that are printed for some bands of an axis only, for the others, by their numbers.

    Periods go on evenly along the axis by months or days; {} where those that are printed do not.

    Args:
        names: Of those that are printed: the number of the band, the text, and the seconds since 1970-01-01 UTC.
        count: How many bands there are.
        form: How periods are printed.
    """
    if len(names) < LEAST_NAMED or not form:
        return {}
    numbers = [number for number, _, _ in names]
    moments = [moment_of(seconds) for _, _, seconds in names]
    first, begin = numbers[0], moments[0]
    at = [number - first for number in numbers]
    months = [moment.year * YEAR + moment.month - begin.year * YEAR - begin.month for moment in moments]
    seconds = [(moment - begin).total_seconds() for moment in moments]
    found: dict[int, str] = {}
    by_months = months[-1] / max(1, at[-1])
    by_seconds = seconds[-1] / max(1, at[-1])
    in_months = by_months >= 1 and all(by_months * number == month for number, month in zip(at, months, strict=True))
    if not in_months and any(abs(by_seconds * number - late) > 1 for number, late in zip(at, seconds, strict=True)):
        return {}
    for number in set(range(count)) - set(numbers):
        if in_months and by_months == int(by_months):
            past = begin.year * YEAR + begin.month - 1 + int(by_months) * (number - first)
            moment = begin.replace(year=past // YEAR, month=past % YEAR + 1, day=1)
        else:
            moment = begin + timedelta(seconds=by_seconds * (number - first))
        found[number] = spelt(moment.replace(tzinfo=timezone.utc).timestamp(), form)
    return found
