"""What a metric is, for the tables that name them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

Kind = Literal["counter", "gauge", "histogram", "summary", "info"]
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Metric(NamedTuple):
    """One metric as it is exported. `unit` is what its values count, also where the name does not end in it."""

    name: str
    kind: Kind
    unit: str
    labels: tuple[str, ...]
    meaning: str
    feeds: Mapping[str, str] = NOTHING
    """Measure of `app/kpi/measures.py` or counter of a partition -> value of the last label; "" where it gives none."""
    values: tuple[str, ...] = ()
    """The closed list that the last label is from, exported at 0 from the start."""
