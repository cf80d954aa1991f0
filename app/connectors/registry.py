"""Which connectors there are, and which of their sources have an API that can be polled."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.connectors.amazon_connect import AmazonConnect
from app.connectors.chatwoot import Chatwoot
from app.connectors.chatwoot_poll import ChatwootPoller
from app.connectors.connector import Connector
from app.connectors.generic import Generic
from app.connectors.gorgias import Gorgias
from app.connectors.gorgias_poll import GorgiasPoller
from app.connectors.instagram import Instagram
from app.connectors.intercom import Intercom
from app.connectors.intercom_poll import IntercomPoller
from app.connectors.line import Line
from app.connectors.mailgun import Mailgun
from app.connectors.messenger import Messenger
from app.connectors.poller import Poller
from app.connectors.postmark import Postmark
from app.connectors.sendgrid import SendGrid
from app.connectors.shopify import Shopify
from app.connectors.slack import Slack
from app.connectors.sparkcentral import Sparkcentral
from app.connectors.sprout import Sprout
from app.connectors.sprout_poll import SproutPoller
from app.connectors.telegram import Telegram
from app.connectors.twilio import Twilio
from app.connectors.wechat import WeChat
from app.connectors.whatsapp import WhatsApp
from app.connectors.x import X
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
    Telegram(),
    Slack(),
    Line(),
    X(),
    Twilio(),
    WeChat(),
    Sparkcentral(),
    Sprout(),
    Shopify(),
)
CONNECTORS: Final[Mapping[str, Connector]] = MappingProxyType({connector.name: connector for connector in _ALL})

_OF_FILES: Final = (AmazonConnect(),)
FILE_SOURCES: Final[Mapping[str, AmazonConnect]] = MappingProxyType({source.name: source for source in _OF_FILES})
"""Sources whose records come in files (`carebeat import-file`)."""

_POLLERS: Final[tuple[Poller, ...]] = (
    ZendeskPoller(),
    IntercomPoller(),
    ChatwootPoller(),
    GorgiasPoller(),
    SproutPoller(),
)
POLLERS: Final[Mapping[str, Poller]] = MappingProxyType({poller.name: poller for poller in _POLLERS})
