"""What an evaluation is: answers and how good they are, figures with their intervals, and how far two runs differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from docai.box import Box
from docai.document import Engine
from docai.errors import Unreadable
from docai.labelled import METRICS, Judged, Score

RESAMPLES: Final = 2000  # for percentiles; 1,000 to 2,000 are enough (Efron & Tibshirani 1993, section 13.3)
TAILS: Final = (2.5, 97.5)  # percentiles between which 95 % lie
FEWEST: Final = (
    6  # items that have to change before one run may be called better: of 5 that agree, chance alone does 2 in 32 (sign test)
)
CHUNK: Final = 2_000_000  # counts in memory at a time, 16 MB
ALL: Final = ""  # the group of all items


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Outcome(_Frozen):
    """How one item went.

    Attributes:
        name: What the data set calls it; each once.
        group: The kind of item.
        picture: What it was asked about: a path, or a digest of the bytes; items that share one are resampled together.
        page: The page of it, where the item is one of several.
        scores: How good the answer is.
        prediction: What was answered, as text.
        truth: What is true, as text.
        problem: What went wrong; "" where nothing did. What failed is scored as wrong.
        found: The boxes of the answer, on its page.
        expected: The true boxes.
    """

    name: str
    group: str = ALL
    picture: str = ""
    page: Annotated[int, Field(ge=1)] | None = None
    scores: tuple[Score, ...]
    prediction: str
    truth: str
    problem: str = ""
    found: tuple[Box, ...] = ()
    expected: tuple[Box, ...] = ()

    @classmethod
    def of(cls, judged: Judged, errors: Sequence[str], **more: Any) -> Outcome:
        """Return how an item went that was judged, with the first of what went wrong; `more` are the other attributes."""
        return cls(
            scores=judged.scores,
            prediction=judged.prediction,
            truth=judged.truth,
            problem=errors[0] if errors else "",
            found=judged.found,
            expected=judged.expected,
            **more,
        )

    def score(self, metric: str) -> Score | None:
        """Return the item's score by a metric; None where its truth tells nothing of it."""
        return next((score for score in self.scores if score.metric == metric), None)


class Estimate(_Frozen):
    """A figure of all items of a group, and the interval that holds it with 95 % confidence; none of fewer than two pictures."""

    metric: str
    group: str = ALL
    value: float
    low: float | None = None
    high: float | None = None
    count: Annotated[int, Field(ge=1)]


class Evaluation(_Frozen):
    """A run of one backend over one data set: `results.json`.

    `seed` is that of the intervals; `limit` tells that only so many of the first items were asked about; `seconds` is how long
    that took.
    """

    schema_version: Literal["1.0"] = "1.0"
    layout: str
    dataset: str
    backend: str
    model: str = ""
    engines: tuple[Engine, ...] = ()
    languages: tuple[str, ...] = ()
    limit: int | None = None
    seed: int = 0
    seconds: float = 0.0
    estimates: tuple[Estimate, ...]
    items: tuple[Outcome, ...]

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The items that something went wrong with."""
        return tuple(item for item in self.items if item.problem)


class Difference(_Frozen):
    """How far a second run is from the first by one metric, over the items that both have; the interval is that of 95 %.

    Attributes:
        first, second: The figures of both.
        difference: The second less the first.
        low, high: Its interval; None where there are fewer than two pictures.
        count: How many items both have.
        better, worse: How many of them the second did better and worse at.
    """

    metric: str
    group: str = ALL
    first: float
    second: float
    difference: float
    low: float | None = None
    high: float | None = None
    count: int
    better: int
    worse: int

    @property
    def verdict(self) -> str:
        """What may be said: that one is better only where the interval does not hold 0, and enough items changed.

        Of few changes among many items the bootstrap is too sure, since hardly a draw is without any.
        """
        if self.low is None or self.high is None:
            return "too few items to tell"
        if self.low <= 0 <= self.high:
            return "no difference beyond chance"
        if self.better + self.worse < FEWEST:
            return "too few changes to tell"
        return "better" if (self.difference > 0) == METRICS[self.metric].higher_is_better else "worse"


class Change(_Frozen):
    """An item that the second run did otherwise, by one metric: `gain` is above 0 where it did better."""

    metric: str
    gain: float
    first: Outcome
    second: Outcome


class Comparison(_Frozen):
    """Two runs over the same items; `alone` are names of items that only one of them has, which are left out."""

    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]
    alone: tuple[str, ...] = ()


def estimates(items: Sequence[Outcome], seed: int = 0) -> tuple[Estimate, ...]:
    """Return the figures of all items and of each group, metrics in the order in which they are met.

    Intervals are percentiles of the bootstrap (Efron & Tibshirani 1993, "An introduction to the bootstrap", section 13.3): items
    are drawn again, as many as there are, those of one picture together, since they are not independent (Davison & Hinkley 1997,
    "Bootstrap methods and their application", section 3.8). Where all items went alike, the interval has no width.
    """
    made = []
    for metric, group, chosen in _parts(items):
        sums = _sums([(item, score) for item in chosen if (score := item.score(metric)) is not None])
        totals = sums.sum(axis=0)
        if totals[1] > 0:  # without weight there is nothing to tell, such as the precision of nothing found
            low, high = interval_of(sums, seed)
            count = sum(item.score(metric) is not None for item in chosen)
            made.append(Estimate(metric=metric, group=group, value=totals[0] / totals[1], low=low, high=high, count=count))
    return tuple(made)


def _parts(items: Sequence[Outcome]) -> Iterator[tuple[str, str, list[Outcome]]]:
    """Yield each metric with each group that has it: all items first, groups only where there are several."""
    groups = dict.fromkeys(item.group for item in items)
    for metric in dict.fromkeys(score.metric for item in items for score in item.scores):
        yield metric, ALL, list(items)
        for group in groups if len(groups) > 1 else ():
            own = [item for item in items if item.group == group]
            if group and any(item.score(metric) for item in own):
                yield metric, group, own


def _sums(scored: Iterable[tuple[Outcome, Score]]) -> NDArray[np.float64]:
    """Return (pictures, 2): the sums of values by weight, and of weights, of the items of each picture."""
    by_picture: dict[tuple[str, int | None], list[float]] = {}
    for item, score in scored:
        own = by_picture.setdefault((item.picture or item.name, item.page), [0.0, 0.0])
        own[0] += score.value * score.weight
        own[1] += score.weight
    return np.array(list(by_picture.values()), np.float64).reshape(-1, 2)


def interval_of(sums: NDArray[np.float64], seed: int = 0) -> tuple[float, float] | tuple[None, None]:
    """Return the interval (95 %) of a figure, the sum of values over the sum of weights; None of fewer than two rows.

    Args:
        sums: (rows, 2); the value and the weight of each of what is drawn again.
        seed: Of the draws.
    """
    return _interval(_ratios(drawn) for drawn in _draws(sums, seed))


def interval_of_difference(
    first: NDArray[np.float64], second: NDArray[np.float64], seed: int = 0
) -> tuple[float, float] | tuple[None, None]:
    """Return the interval (95 %) of a second figure less a first: each draw takes the same rows of both."""
    return _interval(_ratios(drawn[:, 2:]) - _ratios(drawn[:, :2]) for drawn in _draws(np.hstack([first, second]), seed))


def _draws(sums: NDArray[np.float64], seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield sums of as many rows drawn again, `RESAMPLES` in all, some at a time; nothing where there are fewer than two rows."""
    count = len(sums)
    if count < 2:
        return
    generator = np.random.default_rng(seed)
    step = max(1, CHUNK // count)
    for start in range(0, RESAMPLES, step):
        yield generator.multinomial(count, np.full(count, 1 / count), size=min(step, RESAMPLES - start)) @ sums


def _ratios(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values over weights, NaN where there is no weight."""
    weights = np.where(sums[:, 1] > 0, sums[:, 1], np.nan)
    return np.asarray(sums[:, 0] / weights, np.float64)


def _interval(drawn: Iterable[NDArray[np.float64]]) -> tuple[float, float] | tuple[None, None]:
    """Return between which values 95 % of those drawn lie; None where none were."""
    parts = list(drawn)
    values = np.concatenate(parts) if parts else np.empty(0)
    values = values[~np.isnan(values)]
    if not len(values):
        return None, None
    low, high = np.percentile(values, TAILS)
    return float(low), float(high)


def compare(first: Evaluation, second: Evaluation, seed: int = 0) -> Comparison:
    """Return how a second run differs from a first over the items that both have.

    The bootstrap is paired: each draw takes the same pictures of both, so that what is hard for both does not count.

    Raises:
        Unreadable: They are not of the same data.
    """
    ours = {item.name: item for item in first.items}
    theirs = {item.name: item for item in second.items}
    names = [name for name in ours if name in theirs]
    other = [name for name in names if ours[name].truth != theirs[name].truth]
    if first.layout != second.layout or not names or other:
        where = f"{other[0]} is not the same in both" if other else f"{first.layout} and {second.layout} share no items"
        raise Unreadable(f"two runs over different data: {where}; compare runs over the same data set")
    pairs = [(ours[name], theirs[name]) for name in names]
    differences = []
    for metric, group, chosen in _parts([pair[0] for pair in pairs]):
        wanted = {item.name for item in chosen}
        made = _difference(metric, group, [pair for pair in pairs if pair[0].name in wanted], seed)
        differences += [made] if made is not None else []
    alone = tuple(name for name in (*ours, *theirs) if name not in ours or name not in theirs)
    return Comparison(differences=tuple(differences), changes=_changes(pairs), alone=alone)


def _difference(metric: str, group: str, pairs: Sequence[tuple[Outcome, Outcome]], seed: int) -> Difference | None:
    """Return how far two runs differ by one metric; None where it tells nothing of them."""
    both = [(one, other) for one, other in pairs if one.score(metric) and other.score(metric)]
    first = _sums((one, score) for one, _ in both if (score := one.score(metric)))
    second = _sums((one, score) for one, other in both if (score := other.score(metric)))  # in the rows of the first
    totals = np.hstack([first, second]).sum(axis=0)
    if not (totals[1] > 0 and totals[3] > 0):
        return None
    low, high = interval_of_difference(first, second, seed)
    gains = [_gain(metric, one, other) for one, other in both]
    one, other = totals[0] / totals[1], totals[2] / totals[3]
    return Difference(
        metric=metric,
        group=group,
        first=one,
        second=other,
        difference=other - one,
        low=low,
        high=high,
        count=len(both),
        better=sum(gain > 0 for gain in gains),
        worse=sum(gain < 0 for gain in gains),
    )


def _gain(metric: str, first: Outcome, second: Outcome) -> float:
    """Return how much better the second did at an item; below 0 where it did worse."""
    one, other = first.score(metric), second.score(metric)
    if one is None or other is None:
        return 0.0
    return other.value - one.value if METRICS[metric].higher_is_better else one.value - other.value


def _changes(pairs: Sequence[tuple[Outcome, Outcome]]) -> tuple[Change, ...]:
    """Return the items that changed, by the first metric that tells of it, the largest changes first."""
    changes = []
    for first, second in pairs:
        gains = ((score.metric, _gain(score.metric, first, second)) for score in first.scores)
        metric, gain = next(((metric, gain) for metric, gain in gains if gain), ("", 0.0))
        if gain:
            changes.append(Change(metric=metric, gain=gain, first=first, second=second))
    return tuple(sorted(changes, key=lambda change: -abs(change.gain)))


def badness(item: Outcome) -> float:
    """Return how bad an item went by the first of its metrics, 1 where all is wrong; what failed is worst of all."""
    if item.problem and not item.prediction:
        return float("inf")
    if not item.scores:
        return 0.0
    score = item.scores[0]
    return 1 - score.value if METRICS[score.metric].higher_is_better else score.value


def read_results(path: Path) -> Evaluation:
    """Return an evaluation that was written to `results.json`, or to a folder as that.

    Raises:
        Unreadable: It is none.
    """
    file = path / "results.json" if path.is_dir() else path
    try:
        found = Evaluation.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        first = " ".join(str(error).splitlines()[:3])
        raise Unreadable(f"{file}: not the results of docai evaluate ({first}); name a results.json or its folder") from error
    unknown = {score.metric for item in found.items for score in item.scores} - METRICS.keys()
    if unknown:
        raise Unreadable(f"{file}: no metric is called {', '.join(sorted(unknown))}; was it written by a later version of docai?")
    return found
