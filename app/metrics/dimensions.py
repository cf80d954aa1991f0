"""What flows by agent, team, topic and tag: since this process started, up to a cap of names each."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final, NamedTuple

from app.errors import ConfigurationError
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
        for metric in DIMENSIONS[kind]:
            more = _of(metric, gathering)
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


def _of(metric: Metric, gathering: Gathering) -> Summed:
    durations_ms = [one for measure in metric.feeds for one in gathering.durations.get(measure, ())]
    if durations_ms:
        return Summed(len(durations_ms), sum(durations_ms))
    counts = {measure: gathering.counts[measure] for measure in metric.feeds if measure in gathering.counts}
    scores = (int(measure.removeprefix(_SURVEY)) * count for measure, count in counts.items() if _SURVEY in measure)
    return Summed(sum(counts.values()), sum(scores))
