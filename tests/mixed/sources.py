"""How each source tells a story: one function a source, from a step to what it posts, or nothing of what it never tells.

A new source needs its function and a line in SOURCES.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlencode

from tests.connectors.cases import (
    chatwoot,
    generic,
    gorgias,
    instagram,
    intercom,
    line,
    mailgun,
    messenger,
    postmark,
    sendgrid,
    slack,
    telegram,
    twilio,
    wechat,
    whatsapp,
    x,
    zendesk,
)
from tests.connectors.cases.case import Body, Case
from tests.mixed.story import Kind, Step, Story, calls, mail_of, phone_of, stories

Tell = Callable[[Story, Step], Body | None]
_MESSAGES: Final[frozenset[Kind]] = frozenset({"asks", "answers"})
_INBOX_APP: Final = 263902037430900


class Source(NamedTuple):
    """An account of a connector, and how it tells a step."""

    case: Case
    tell: Tell
    channel: str
    """Of what it tells."""
    tells: frozenset[Kind] = _MESSAGES
    posts: frozenset[Kind] | None = None
    """When it posts, if not at each step that it tells."""
    knows: Literal["mail", "phone"] | None = None
    """By which a shop's customer is known again."""
    stories: Callable[[int, int, int], list[Story]] = stories


def _json(value: Any, headers: Mapping[bytes, bytes] | None = None) -> Body:
    return Body(json.dumps(value).encode(), (), dict(headers or {}))


def _whatsapp(story: Story, step: Step) -> Body | None:
    customer = phone_of(story.customer)
    contacts = [{"wa_id": customer}]
    if step.kind == "asks":
        asked = whatsapp.message(step.number, timestamp=str(step.seconds), **{"from": customer})
        return Body(whatsapp.post(("messages", whatsapp.value(messages=[asked], contacts=contacts))), ())
    echo = whatsapp.message(step.number, timestamp=str(step.seconds), to=customer)
    value = whatsapp.value(message_echoes=[echo], contacts=contacts)
    return Body(whatsapp.post(("smb_message_echoes", value)), ()) if step.kind == "answers" else None


def _chatwoot(channel: str) -> Tell:
    def tell(story: Story, step: Step) -> Body:
        conversation = {**chatwoot.CONVERSATION, "id": story.number, "channel": channel}
        if step.kind == "closes":
            changes = {"status": ("open", "resolved"), "updated_at": (None, step.iso)}
            told = chatwoot.changed("conversation_status_changed", **changes)
            return _json({**told, "id": story.number, "channel": channel})
        kind = "incoming" if step.kind == "asks" else "outgoing"
        return _json(chatwoot.message(step.number, kind, conversation=conversation, created_at=step.iso))

    return tell


def _zendesk(story: Story, step: Step) -> Body:
    detail = {"id": str(story.number), "updated_at": step.iso}
    if step.kind == "closes":
        states = {"previous": "OPEN", "current": "SOLVED"}
        return _json({**zendesk.told("ticket.status_changed", states, **detail), "time": step.iso})
    requester, agent = zendesk.DETAIL["requester_id"], zendesk.DETAIL["assignee_id"]
    author = {"id": requester if step.kind == "asks" else agent, "is_staff": step.kind == "answers"}
    comment = {"id": str(step.number), "body": "My parcel", "is_public": True, "author": author}
    return _json({**zendesk.told("ticket.comment_added", {"comment": comment}, **detail), "time": step.iso})


_INTERCOM: Final[Mapping[Kind, tuple[str, str, dict[str, Any], str | None]]] = {
    "asks": ("conversation.user.replied", "comment", intercom.CUSTOMER, "<p>parcel</p>"),
    "answers": ("conversation.admin.replied", "comment", intercom.ADMIN, "<p>parcel</p>"),
    "closes": ("conversation.admin.closed", "close", intercom.ADMIN, None),
}


def _intercom(story: Story, step: Step) -> Body:
    topic, kind, author, text = _INTERCOM[step.kind]
    part = intercom.part(kind, author, text, id=str(step.number), created_at=step.seconds)
    return _json(intercom.notification(topic, part, id=str(story.number)))


def _gorgias(story: Story, step: Step) -> Body:
    at = step.iso.removesuffix("Z")
    if step.kind == "closes":
        ended = {**gorgias.TICKET, "status": "closed", "closed_datetime": at, "updated_datetime": at}
        return _json(gorgias.post("ticket-status-updated", None, ended, id=str(story.number)))
    written = {"id": str(step.number), "created_datetime": at, "from_agent": str(step.kind == "answers")}
    message = {**gorgias.MESSAGE, **written, "sender_id": "4" if step.kind == "answers" else "3924"}
    return _json(gorgias.post("ticket-message-created", message, id=str(story.number)))


def _meta(object_name: str) -> Tell:
    def tell(story: Story, step: Step) -> Body | None:
        customer, said = f"14126113{story.number:07}", messenger.said(step.number)
        update = {
            "asks": messenger.update(customer, messenger.PAGE, message=said),
            "answers": messenger.update(
                messenger.PAGE, customer, message={**said, "is_echo": True, "app_id": _INBOX_APP}
            ),
        }.get(step.kind)
        if update is None:
            return None
        update["timestamp"] = step.seconds * 1000
        return Body(messenger.post(object_name, messenger.entry(update)), ())

    return tell


def _headers(story: Story, step: Step) -> dict[str, str]:
    """Of a mail of the customer or, `answers`, of the team."""
    customer, team = f"Jane Doe <{mail_of(story.customer)}>", "Shop <support@shop.example>"
    sender, to = (customer, team) if step.kind == "asks" else (team, customer)
    first = {} if story.is_first(step) else {"References": f"<{story.steps[0].number}@doe.example>"}
    return {
        "Received": f"from mx.example by mail.example id 1; {step.mail_date}",
        "From": sender,
        "To": to,
        "Message-ID": f"<{step.number}@doe.example>",
        **first,
    }


def _postmark(story: Story, step: Step) -> Body | None:
    if step.kind == "closes":
        return None
    headers = _headers(story, step)
    listed = [{"Name": name, "Value": value} for name, value in headers.items()]
    address = mail_of(story.customer) if step.kind == "asks" else "support@shop.example"
    people = {"FromFull": {"Email": address, "Name": "x"}, "To": headers["To"], "OriginalRecipient": "in@shop.example"}
    return Body(postmark.mail({}, Headers=listed, **people), ())


def _sendgrid(story: Story, step: Step) -> Body | None:
    if step.kind == "closes":
        return None
    head = "".join(f"{name}: {value}\r\n" for name, value in _headers(story, step).items())
    envelope = '{"to": ["in@shop.example"], "from": "x@doe.example"}'
    return Body(sendgrid.multipart({"headers": head, "text": "My parcel", "envelope": envelope}), ())


def _mailgun(story: Story, step: Step) -> Body | None:
    if step.kind == "closes":
        return None
    listed = json.dumps([[name, value] for name, value in _headers(story, step).items()])
    return Body(urlencode({"sender": "x@doe.example", "body-plain": "parcel", "message-headers": listed}).encode(), ())


_GENERIC: Final[Mapping[Kind, str]] = {
    "asks": "message-received",
    "answers": "com.example.reply-sent",
    "closes": "ticket-closed",
}


def _generic(story: Story, step: Step) -> Body:
    event = {"specversion": "1.0", "id": str(step.number), "source": "https://shop.example", "time": step.iso}
    data = {"ticket_id": f"forum-{story.number}", "channel": "forum", "author_id": "jane", "text": "My parcel"}
    customer = {"customer_email": mail_of(story.customer)} if step.kind == "asks" else {}
    told = {**event, "type": _GENERIC[step.kind], "data": {**data, **customer}}
    return _json(told, {b"content-type": b"application/cloudevents+json"})


def _telegram(story: Story, step: Step) -> Body | None:
    """A chat of the account's owner, who answers there."""
    customer = 5512000000 + story.number
    author = telegram.person(customer if step.kind == "asks" else telegram.OWNER)
    chat = {"from": author, "chat": telegram.private(customer), "date": step.seconds}
    value = {"update_id": step.number, "business_message": telegram.business(**chat)}
    return None if step.kind == "closes" else _json(value)


def _line(story: Story, step: Step) -> Body | None:
    who = {"type": "user", "userId": f"U{story.number:032x}"}
    told = {"timestamp": step.seconds * 1000, "source": who, "webhookEventId": f"01HQ{step.number:022}"}
    return Body(line.post({**line.message(), **told}), ()) if step.kind == "asks" else None


def _slack(story: Story, step: Step) -> Body | None:
    """A thread, which the first message begins."""
    began, ts = (f"{one.seconds}.{one.number:06}" for one in (story.steps[0], step))
    thread = {} if story.is_first(step) else {"thread_ts": began, "parent_user_id": slack.CUSTOMER}
    author = slack.CUSTOMER if step.kind == "asks" else slack.AGENT
    return None if step.kind == "closes" else Body(slack.post(slack.message(author, ts, **thread)), ())


def _x(story: Story, step: Step) -> Body | None:
    customer = str(2244994135781900000 + story.number)
    received = step.kind == "asks"
    payload = x.direct(*((customer, x.BRAND) if received else (x.BRAND, customer)))
    payload["direct_message_events"][0] |= {"id": str(step.number), "created_timestamp": f"{step.seconds}000"}
    return None if step.kind == "closes" else Body(x.told("dm.received" if received else "dm.sent", payload), ())


def _wechat(story: Story, step: Step) -> Body | None:
    who = {"FromUserName": f"oia2Tj{story.number:013}", "CreateTime": str(step.seconds)}
    if step.kind == "closes":
        return Body(wechat.event("kf_close_session", KfAccount="ada@shop", **who), ())
    return Body(wechat.message(number=step.number, **who), ()) if step.kind == "asks" else None


def _twilio(story: Story, step: Step) -> Body | None:
    """Each leg of a call when it is over: the agent's, then the customer's."""
    call = f"CA{story.number:032}"
    if step.kind == "hangs-up":
        told = {"CallSid": f"CA{step.number:032}", "ParentCallSid": call, "CallDuration": str(story.talked_seconds)}
        return Body(twilio.agent_leg(Timestamp=step.mail_date, **told), (), twilio.FORM)
    if step.kind != "closes":
        return None
    lasted = {"CallStatus": "completed", "CallDuration": str(step.seconds - story.seconds)}
    ended = lasted if story.talked_seconds else {"CallStatus": "canceled", "CallDuration": "0"}
    return Body(twilio.leg(CallSid=call, Timestamp=step.mail_date, **ended), (), twilio.FORM)


_ALL: Final[frozenset[Kind]] = _MESSAGES | {"closes"}
_CALLS: Final[frozenset[Kind]] = _ALL | {"hangs-up"}
_LEGS: Final[frozenset[Kind]] = frozenset({"hangs-up", "closes"})


def _of_channel(case: Case, channel: str) -> Case:
    return replace(case, account=replace(case.account, channel=channel))


def _by_legs(case: Case) -> Case:
    return replace(case, account=replace(case.account, options={**case.account.options, "calls": "legs"}))


SOURCES: Final[Mapping[str, Source]] = {
    "chatwoot/desk": Source(chatwoot.CASE, _chatwoot("Channel::WebWidget"), "web-chat", _ALL),
    "zendesk/support": Source(zendesk.CASE, _zendesk, "email", _ALL),
    "intercom/shop": Source(intercom.CASE, _intercom, "web-chat", _ALL),
    "gorgias/shop": Source(gorgias.CASE, _gorgias, "email", _ALL),
    "whatsapp/direct": Source(
        _of_channel(whatsapp.CASE, "whatsapp-direct"), _whatsapp, "whatsapp-direct", knows="phone"
    ),
    "messenger/page": Source(messenger.CASE, _meta("page"), "messenger"),
    "instagram/profile": Source(instagram.CASE, _meta("instagram"), "instagram"),
    "postmark/support": Source(postmark.CASE, _postmark, "email", knows="mail"),
    "sendgrid/support": Source(sendgrid.CASE, _sendgrid, "email", knows="mail"),
    "mailgun/support": Source(mailgun.CASE, _mailgun, "email", knows="mail"),
    "telegram/bot": Source(telegram.CASE, _telegram, "telegram"),
    "line/shop": Source(line.CASE, _line, "line", frozenset({"asks"})),
    "generic/forum": Source(generic.CASE, _generic, "forum", _ALL, knows="mail"),
    "slack/help": Source(slack.CASE, _slack, "slack"),
    "x/brand": Source(x.CASE, _x, "x"),
    "wechat/shop": Source(wechat.CASE, _wechat, "wechat", frozenset({"asks", "closes"})),
    "twilio/phone": Source(_by_legs(twilio.CASE), _twilio, "phone", _CALLS, _LEGS, stories=calls),
}
"""`connector/account` -> who tells stories of its own."""

DESK: Final = "chatwoot/desk"
UNDER_IT: Final = "whatsapp/shop"
DESK_ON_WHATSAPP: Final = Source(chatwoot.CASE, _chatwoot("Channel::Whatsapp"), "whatsapp", _ALL)
WHATSAPP_UNDER_IT: Final = Source(whatsapp.CASE, _whatsapp, "whatsapp")
"""Both tell the same stories: the desk on its tickets, the channel on its own."""
