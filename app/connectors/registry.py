"""Which connectors there are, and which of their sources have an API that can be polled."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.connectors.chatwoot import Chatwoot
from app.connectors.chatwoot_poll import ChatwootPoller
from app.connectors.connector import Connector
from app.connectors.generic import Generic
from app.connectors.gorgias import Gorgias
from app.connectors.gorgias_poll import GorgiasPoller
from app.connectors.instagram import Instagram
from app.connectors.intercom import Intercom
from app.connectors.intercom_poll import IntercomPoller
from app.connectors.mailgun import Mailgun
from app.connectors.messenger import Messenger
from app.connectors.poller import Poller
from app.connectors.postmark import Postmark
from app.connectors.sendgrid import SendGrid
from app.connectors.whatsapp import WhatsApp
from app.connectors.zendesk import Zendesk
from app.connectors.zendesk_poll import ZendeskPoller

_ALL: Final[tuple[Connector, ...]] = (
    Generic(),
    Chatwoot(),
    Zendesk(),
    Intercom(),
    Gorgias(),
    WhatsApp(),
    Messenger(),
    Instagram(),
    Postmark(),
    SendGrid(),
    Mailgun(),
)
CONNECTORS: Final[Mapping[str, Connector]] = MappingProxyType({connector.name: connector for connector in _ALL})

_POLLERS: Final[tuple[Poller, ...]] = (ZendeskPoller(), IntercomPoller(), ChatwootPoller(), GorgiasPoller())
POLLERS: Final[Mapping[str, Poller]] = MappingProxyType({poller.name: poller for poller in _POLLERS})
