"""What flows by agent, team, topic and tag: since this process started, up to a cap of names each."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Final, NamedTuple

from app.errors import ConfigurationError
from app.kpi.measures import apart
from app.kpi.windows import DIMENSION_SIGN, Gathering
from app.metrics.dimension_catalogue import DIMENSION_KINDS, DIMENSIONS, OTHER
from app.metrics.labels import FirstCome
from app.metrics.metric import Metric

Caps = Mapping[str, int]
"""Kind of dimension -> how many names have a label of their own. What is not there is not exported."""
_SURVEY: Final = "survey_scores|"


class Summed(NamedTuple):
    """How many samples, and their sum: milliseconds, or scores. Counters have no sum."""

    samples: int
    sum: int = 0


Figures = Mapping[str, Mapping[str, Summed]]
"""Metric -> label -> figure."""


class DimensionFlow:
    """The flow metrics of dimensions. Only the event loop touches it. Raises ConfigurationError on an unknown kind."""

    def __init__(self, caps: Caps) -> None:
        unknown = caps.keys() - set(DIMENSION_KINDS)
        if unknown:
            kinds = ", ".join(DIMENSION_KINDS)
            raise ConfigurationError(
                f"There are no metrics of {', '.join(sorted(unknown))}; there are those of {kinds}"
            )
        self._names = {kind: FirstCome(cap) for kind, cap in caps.items()}
        self._figures: defaultdict[str, dict[str, Summed]] = defaultdict(dict)

    def add(self, dimension: str, gathering: Gathering) -> None:
        """Count what a flush of a partition gave of one dimension, such as `agent:anna`."""
        kind, _, name = dimension.partition(DIMENSION_SIGN)
        names = self._names.get(kind)
        if names is None:
            return
        label = name if names.admit(name) else OTHER
        counts, durations_ms = _apart(gathering)
        for metric in DIMENSIONS[kind]:
            more = _of(metric, counts, durations_ms)
            if more.samples:
                known = self._figures[metric.name].get(label, Summed(0))
                self._figures[metric.name][label] = Summed(known.samples + more.samples, known.sum + more.sum)

    @property
    def overflow(self) -> dict[str, int]:
        """Additions to `other`, by kind."""
        return {kind: names.overflow for kind, names in self._names.items()}

    def figures(self) -> Figures:
        """As they are now."""
        return {metric: dict(figures) for metric, figures in self._figures.items()}


def _apart(gathering: Gathering) -> tuple[Counter[str], dict[str, list[int]]]:
    """(counts, durations) by measure."""
    counts: Counter[str] = Counter()
    for measure, count in apart(gathering.counts):
        counts[measure] += count
    durations_ms: defaultdict[str, list[int]] = defaultdict(list)
    for measure, samples_ms in apart(gathering.durations):
        durations_ms[measure] += samples_ms
    return counts, durations_ms


def _of(metric: Metric, counts: Mapping[str, int], durations_ms: Mapping[str, list[int]]) -> Summed:
    samples_ms = [one for measure in metric.feeds for one in durations_ms.get(measure, ())]
    if samples_ms:
        return Summed(len(samples_ms), sum(samples_ms))
    found = {measure: counts[measure] for measure in metric.feeds if measure in counts}
    scores = (int(measure.removeprefix(_SURVEY)) * count for measure, count in found.items() if _SURVEY in measure)
    return Summed(sum(found.values()), sum(scores))
