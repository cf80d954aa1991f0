"""Which connectors there are."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.connectors.connector import Connector
from app.connectors.generic import Generic

CONNECTORS: Final[Mapping[str, Connector]] = MappingProxyType({connector.name: connector for connector in (Generic(),)})
