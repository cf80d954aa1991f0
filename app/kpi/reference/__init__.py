"""The KPI reference for users: what each KPI answers, means, leaves out, and where it is to be found.

`kpi.py` says what an entry is; `durations.py`, `counts.py`, `shares.py` and `levels.py` are the entries, in the words of an
operations lead; `help_desks.py` is where help desks disagree; `page.py` makes `docs/kpis.md` of it (`python -m
app.kpi.reference`). The figures themselves are named by `app/kpi/measures.py`; tests hold every entry to what there is.
"""

from typing import Final

from app.kpi.reference.counts import COUNT_KPIS
from app.kpi.reference.durations import DURATION_KPIS
from app.kpi.reference.kpi import Kpi
from app.kpi.reference.levels import LEVEL_KPIS
from app.kpi.reference.shares import SHARE_KPIS

SECTIONS: Final = {
    "How long it took": DURATION_KPIS,
    "How much there was": COUNT_KPIS,
    "Shares": SHARE_KPIS,
    "How it is now": LEVEL_KPIS,
}
"""Heading -> KPIs, in the order of the page."""
KPIS: Final = {kpi.name: kpi for kpis in SECTIONS.values() for kpi in kpis}

__all__ = ["KPIS", "SECTIONS", "Kpi"]
