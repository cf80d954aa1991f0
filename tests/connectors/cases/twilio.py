import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.connectors.connector import Account, Request
from app.connectors.twilio import Twilio
from app.connectors.twilio_signature import BODY_HASH, SIGNATURE, sign
from tests.connectors.cases.case import Body, Case

_SECRET = "8f3b1c0d7e6a59424d3c2b1a0f9e8d7c"
_OTHER = "0f9e8d7c8f3b1c0d7e6a59424d3c2b1a"
URL = "https://gateway.example/in/twilio/shop"
FORM = {b"content-type": b"application/x-www-form-urlencoded; charset=utf-8"}
JSON = {b"content-type": b"application/json"}
OURS, CUSTOMER = "+493012345678", "+4915112345678"
WORKER, CALL, TASK = "WK" + "1" * 32, "CA" + "2" * 32, "WT" + "3" * 32


def signed(body: Body, secret: str, now_ms: int = 0) -> Request:  # noqa: ARG001 - no instant is signed
    if body.headers == FORM:
        pairs = parse_qsl(body.body.decode("latin-1"), keep_blank_values=True)
        return Request("POST", {**FORM, SIGNATURE: sign(URL, pairs, secret.encode())}, {}, body.body)
    digest = hashlib.sha256(body.body).hexdigest()
    signature = sign(f"{URL}?{BODY_HASH}={digest}", (), secret.encode())
    return Request("POST", {**JSON, **body.headers, SIGNATURE: signature}, {BODY_HASH: digest}, body.body)


def form(**fields: str) -> bytes:
    return urlencode({"AccountSid": "AC" + "9" * 32, "ApiVersion": "2010-04-01", **fields}).encode()


def inbound(number: int = 1, **fields: str) -> bytes:
    told = {"SmsStatus": "received", "Body": "Where is my parcel, asks Jane?", "FromCity": "", "ProfileName": "Jane"}
    return form(**{"MessageSid": f"SM{number}", "From": CUSTOMER, "To": OURS, **told, **fields})


def status(word: str, number: int = 2, **fields: str) -> bytes:
    told = {"MessageSid": f"SM{number}", "From": OURS, "To": CUSTOMER, "SmsStatus": word, "MessageStatus": word}
    return form(**{**told, **fields})


def leg(**fields: str) -> bytes:
    told = {"CallStatus": "completed", "Timestamp": "Mon, 02 Mar 2026 10:45:00 +0000", "CallDuration": "120"}
    return form(**{"CallSid": CALL, "Direction": "inbound", "From": CUSTOMER, "To": OURS, **told, **fields})


def agent_leg(**fields: str) -> bytes:
    told = {"CallSid": "CA" + "4" * 32, "ParentCallSid": CALL, "Direction": "outbound-dial", "To": "client:ada"}
    return leg(**{**told, "From": CUSTOMER, "CallDuration": "90", "CalledVia": OURS, **fields})


def event(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """As in Twilio's examples: what should be a media type is an instant."""
    told = {"specversion": "1.0", "source": "AB1", "id": "NO1", "datacontenttype": "2025-10-08T07:17:02.363Z"}
    return {**told, "type": f"com.twilio.{kind}", "data": data}


def message(kind: str, number: int, at: str = "2026-03-02T10:41:00.125Z", **fields: Any) -> dict[str, Any]:
    told = {"messageSid": f"SM{number}", "timestamp": at, "body": "Where is my parcel, asks Jane?", "from": CUSTOMER}
    return event(f"messaging.{kind}", {**told, "to": OURS, **fields})


def task(kind: str, at: str = "2026-03-02T10:41:00.125Z", **fields: Any) -> dict[str, Any]:
    attributes = {"call_sid": CALL, "from": CUSTOMER, "direction": "inbound", "name": "Jane Doe"}
    payload = {
        "timestamp": at,
        "task_sid": TASK,
        "task_attributes": json.dumps(attributes),
        "task_channel_unique_name": "voice",
        "task_queue_sid": "WQ" + "5" * 32,
        "task_queue_name": "Parcels, by Jane",
        "reservation_sid": "WR" + "6" * 32,
        "worker_sid": WORKER,
        "worker_name": "Ada Agent",
        "task_age": 31088,
        **fields,
    }
    return event(f"taskrouter.{kind}", {"payload": payload, "account_friendly_name": "Jane's shop"})


def step(to: str, **fields: Any) -> dict[str, Any]:
    told = {"execution_sid": "FN1", "step_sid": "FT1", "name": "keypress", "transitioned_from": "offer_text"}
    instants = {"date_created": "2026-03-02T10:40:00.000Z", "date_updated": "2026-03-02T10:41:00.000Z"}
    return event("studio.flow.step.ended", {**told, **instants, "transitioned_to": to, **fields})


def streamed(*events: dict[str, Any]) -> bytes:
    return json.dumps(events).encode()


OPTIONS = {
    "url": URL,
    "bot_services": "MG7, MG8",
    "offer_widget": "offer_text",
    "offer_accepted": "send_text",
}
CASE = Case(
    connector=Twilio(),
    account=Account("shop", (_SECRET.encode(),), options=OPTIONS),
    secret=_SECRET,
    other_secret=_OTHER,
    sign=signed,
    signed_headers=(SIGNATURE,),
    bodies=(
        Body(inbound(), ("message-received",), FORM),
        Body(status("sent", MessagingServiceSid="MG7"), ("reply-sent",), FORM),
        Body(status("delivered"), (), FORM),
        Body(
            streamed(message("inbound-message.received", 3), message("message.sent", 4), message("message.read", 4)),
            ("message-received", "reply-sent"),
            JSON,
        ),
        Body(
            streamed(
                task("task.created"),
                task("reservation.accepted"),
                task("reservation.wrapup"),
                task("task.completed"),
                task("worker.activity.update"),
            ),
            ("message-received", "ticket-assigned", "reply-sent", "call-ended", "ticket-closed"),
            JSON,
        ),
        Body(streamed(step("send_text"), step("hang_up", step_sid="FT2")), ("call-offered-messaging",) * 2, JSON),
        Body(leg(), (), FORM),  # told by TaskRouter
    ),
    private=("Jane", "4915112345678", "493012345678", "parcel", "Ada"),
)
