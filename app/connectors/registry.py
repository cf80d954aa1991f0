"""Which connectors there are."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.connectors.connector import Connector
from app.connectors.generic import Generic
from app.connectors.instagram import Instagram
from app.connectors.messenger import Messenger
from app.connectors.whatsapp import WhatsApp

_ALL: Final[tuple[Connector, ...]] = (
    Generic(),
    WhatsApp(),
    Messenger(),
    Instagram(),
)
CONNECTORS: Final[Mapping[str, Connector]] = MappingProxyType({connector.name: connector for connector in _ALL})
