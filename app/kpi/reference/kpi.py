"""What the reference says of one KPI."""

from typing import NamedTuple


class Kpi(NamedTuple):
    """One entry. Texts are for who looks at boards, not for who writes programs."""

    name: str
    question: str
    meaning: str
    leaves_out: str
    unit: str
    once_per: str
    fields: tuple[str, ...]
    """Where it stands in a record of `support.kpis`."""
    metrics: tuple[str, ...] = ()
    boards: tuple[str, ...] = ()
    """`board: panel`."""
    commands: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    """What of `app/kpi/measures.py` it is made of."""
