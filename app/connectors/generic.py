"""The generic signed channel: Standard Webhooks around CloudEvents 1.0 JSON, for website chat, apps, and all without a connector.

The last part of a CloudEvent's `type` (`message-received`, `com.example.message-received`) is the type of the event;
types that are none are of no use and are answered like the others. `data` holds the fields of the contract
(`schemas/events.py`); other fields are dropped. `time` is the instant, `subject` the ticket unless `data` names it.
Where orders are joined to tickets, `data` may also hold
`customer_email` and `customer_phone`, which leave the gateway as keyed hashes; an `order-placed` with one of them needs no
ticket.

`source` and `id` together say which event it is (CloudEvents 1.0.2, 3.1.1). Where a sender makes ticket ids of phone
numbers or addresses, its account has the option `ticket_ids: personal`.

Handshake and back-pressure are those of CloudEvents' "HTTP 1.1 Web Hooks for Event Delivery" 1.0.2.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

from app.connectors import contacts, standard_webhooks
from app.connectors.connector import Account, Answer, Capabilities, Draft, Malformed, Request, Verdict, WrongTypeError
from app.connectors.json_body import read_json
from app.connectors.members import text
from schemas.events import TicketEvent

_STRUCTURED: Final = b"application/cloudevents+json"
_BATCH: Final = b"application/cloudevents-batch+json"
_ORIGIN: Final = re.compile(rb"[A-Za-z0-9._:-]{1,253}")
_OURS: Final = frozenset({"id", "type", "occurred_at", "account", "source", "received_at"})
"""Fields that `data` cannot set: the envelope or the gateway says them."""


def _own_fields() -> dict[str, tuple[str, ...]]:
    """Event type -> the fields that `data` may set."""
    models = get_args(get_args(TicketEvent)[0])
    return {
        get_args(model.model_fields["type"].annotation)[0]: tuple(
            name for name, info in model.model_fields.items() if not info.exclude and name not in _OURS
        )
        for model in models
    }


_FIELDS: Final = _own_fields()
_TICKETS: Final = frozenset({"ticket_id", "into"})
_ACCEPTED: Final = Answer(204)


class Generic:
    """See the top of the file."""

    name = "generic"
    capabilities = Capabilities(
        emits=frozenset(_FIELDS),
        tickets="any",
        options=frozenset({"ticket_ids"}),
        choices={"ticket_ids": frozenset({"clear", "personal"})},
    )

    def key(self, secret: str) -> bytes:
        """The key of a Standard Webhooks secret."""
        return standard_webhooks.key(secret)

    def handshake(self, request: Request, account: Account) -> Answer | None:  # noqa: ARG002 - all accounts alike
        """OPTIONS, by which a sender asks for permission."""
        if request.method != "OPTIONS":
            return None
        origin = request.headers.get(b"webhook-request-origin")
        allow = (("allow", "POST, OPTIONS"),)
        if origin is None:
            return Answer(204, headers=allow)
        if not _ORIGIN.fullmatch(origin):
            return Answer(400, headers=allow)
        granted = (("webhook-allowed-origin", origin.decode()), ("webhook-allowed-rate", "*"))
        return Answer(200, headers=(*allow, *granted))

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:
        """The Standard Webhooks signature."""
        return standard_webhooks.verify(request.headers, request.body, account.secrets, now_ms)

    def parse(self, request: Request, account: Account) -> Sequence[Any]:  # noqa: ARG002 - all accounts alike
        """The CloudEvents."""
        kind = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind not in (_STRUCTURED, _BATCH):
            raise WrongTypeError(f"content-type must be {_STRUCTURED.decode()} or {_BATCH.decode()}")
        value = read_json(request.body)
        if kind == _STRUCTURED:
            return (value,)
        if not isinstance(value, list):
            raise Malformed("a batch is a JSON array")
        return value

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """The one event that a CloudEvent is, if it is one of ours."""
        if not isinstance(item, dict) or item.get("specversion") != "1.0":
            raise Malformed("no CloudEvent of specversion 1.0")
        kind = text(item, "type").rpartition(".")[2]
        native_id = text(item, "id"), text(item, "source")
        if kind == "clock-ticked":
            raise Malformed("type clock-ticked is Carebeat's own")
        if kind not in _FIELDS:
            return ()
        fields = _fields(kind, item, account)
        personal = _TICKETS if account.options.get("ticket_ids") == "personal" else frozenset()
        known_as = f"{len(native_id[0])}:{native_id[0]}{native_id[1]}"
        return (Draft(known_as, fields, personal, _contacts(item["data"])),)

    def accepted(self, request: Request) -> Answer:  # noqa: ARG002 - all requests alike
        """No content."""
        return _ACCEPTED


def _fields(kind: str, item: Mapping[str, Any], account: Account) -> dict[str, Any]:
    data = item.get("data")
    if not isinstance(data, dict):
        raise Malformed("data must be a JSON object")
    fields = {name: data[name] for name in _FIELDS[kind] if name in data}
    fields["type"] = kind
    fields["occurred_at"] = item.get("time")
    if "ticket_id" not in fields and "subject" in item:
        fields["ticket_id"] = item["subject"]
    if "channel" not in fields and account.channel is not None:
        fields["channel"] = account.channel
    return fields


def _contacts(data: Mapping[str, Any]) -> tuple[str, ...]:
    return contacts.known(contacts.mail(data.get("customer_email")), contacts.phone(data.get("customer_phone")))
