"""Which connectors there are."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from app.connectors.chatwoot import Chatwoot
from app.connectors.connector import Connector
from app.connectors.generic import Generic
from app.connectors.gorgias import Gorgias
from app.connectors.instagram import Instagram
from app.connectors.intercom import Intercom
from app.connectors.line import Line
from app.connectors.mailgun import Mailgun
from app.connectors.messenger import Messenger
from app.connectors.postmark import Postmark
from app.connectors.sendgrid import SendGrid
from app.connectors.slack import Slack
from app.connectors.sparkcentral import Sparkcentral
from app.connectors.telegram import Telegram
from app.connectors.twilio import Twilio
from app.connectors.wechat import WeChat
from app.connectors.whatsapp import WhatsApp
from app.connectors.x import X
from app.connectors.zendesk import Zendesk

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
)
CONNECTORS: Final[Mapping[str, Connector]] = MappingProxyType({connector.name: connector for connector in _ALL})
