"""Every metric: name, unit, labels, meaning; and the one collector that exports them.

`Metrics` is all that a worker needs, `gateway.py` has what a gateway does; `catalogue.py` and `gateway_catalogue.py` are
the tables that boards and alert rules are checked against.
"""

from app.metrics.catalogue import METRICS
from app.metrics.exporter import Metrics
from app.metrics.gateway_catalogue import GATEWAY_METRICS
from app.metrics.metric import Metric
from app.metrics.snapshot import GoalsOf

__all__ = ["GATEWAY_METRICS", "METRICS", "GoalsOf", "Metric", "Metrics"]
