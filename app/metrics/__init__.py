"""Every metric: name, unit, labels, meaning; and the one collector that exports them.

`Metrics` is all that a worker needs; `catalogue.py` is the table that boards and alert rules are checked against.
"""

from app.metrics.catalogue import METRICS, Metric
from app.metrics.exporter import Metrics
from app.metrics.snapshot import Goal

__all__ = ["METRICS", "Goal", "Metric", "Metrics"]
