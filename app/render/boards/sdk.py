"""The SDK, imported in one place.

It warns of the classic schema at import; classic it is on purpose, since all Grafana in use reads it (11 and 12 only that, 13 converts it).
"""

import warnings

from app.render.boards.errors import BoardsExtraMissingError

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from grafana_foundation_sdk.builders import (
            bargauge,
            common,
            dashboard,
            prometheus,
            stat,
            table,
            text,
            timeseries,
        )
        from grafana_foundation_sdk.cog.encoder import JSONEncoder
        from grafana_foundation_sdk.models import common as common_models
        from grafana_foundation_sdk.models import dashboard as models
        from grafana_foundation_sdk.models import prometheus as prometheus_models
        from grafana_foundation_sdk.models import text as text_models
except ModuleNotFoundError as error:
    if error.name is None or not error.name.startswith("grafana_foundation_sdk"):
        raise
    raise BoardsExtraMissingError from None

__all__ = [
    "JSONEncoder",
    "bargauge",
    "common",
    "common_models",
    "dashboard",
    "models",
    "prometheus",
    "prometheus_models",
    "stat",
    "table",
    "text",
    "text_models",
    "timeseries",
]
