"""WeChat official accounts, in safe mode: posts are encrypted (wechat_aes.py). A follower and the account are a ticket.

developers.weixin.qq.com/doc/offiaccount, "Message management", "Customer service", and wechatpy, EasyWeChat, WxJava, checked 2026-11:
* In plain mode the signature does not cover the post: whoever has seen one URL can post anything with it. So only posts with a
  `msg_signature` and nothing in the clear but the account's name are taken; the compatible mode is refused as well.
* The app id inside the ciphertext must be the account's, and who it is to must be the same inside and outside.
* The timestamp in the query is signed; WeChat documents no window, ours is five minutes.
* When EncodingAESKey is changed, posts may still come with the one before: name both as `secrets`.
* The check of the URL signs timestamp and nonce and wants `echostr` back; with a `msg_signature` (WeCom) it wants it decrypted.
* An answer but `success` or nothing, or none within 5 seconds, makes WeChat try three times and then tell the follower that the
  service is down. What is signed and wrong is refused all the same: it would not be understood in silence either.
* `CreateTime` is whole seconds as text. `MsgId` names a message; events have none: follower, instant and kind name them.
* A click in the menu is a turn: who asks so waits. Subscribing, scans, locations, receipts and links are none.
* The desk of the platform tells who took a conversation (`kf_create_session`), to whom it went (`kf_switch_session`) and
  its end (`kf_close_session`). What agents write is not posted: it must come from where they write.
* In recorded events of the desk the follower is the sender; who begins with `gh_` is the account, on whichever side.
"""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.connectors import wechat_aes
from app.connectors.connector import Account, Answer, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.instants import from_seconds_text, written
from app.connectors.members import text
from app.connectors.signatures import stale_seconds
from app.connectors.xml_body import read_xml

TOKEN: Final = "token"
APP_ID: Final = "app_id"
_ROOT: Final = "xml"
_IN_THE_CLEAR: Final = frozenset({"ToUserName", "Encrypt"})
_LENGTH: Final = 40
_NONCE: Final = re.compile(rb"[A-Za-z0-9_-]{1,64}")
_ECHO: Final = re.compile(rb"[A-Za-z0-9+/=_-]{1,200}")
_ACCOUNT: Final = "gh_"
_TURNS: Final = frozenset({"text", "image", "voice", "video", "shortvideo", "location", "link", "file"})
_MENU: Final = "CLICK"
_ACCEPTED: Final = Answer(200, b"success", "text/plain")


class WeChat:
    """See the top of the file."""

    name = "wechat"
    capabilities = Capabilities(
        emits=frozenset({"message-received", "ticket-assigned", "ticket-closed"}),
        channel="wechat",
        options=frozenset({APP_ID}),
        keys=frozenset({TOKEN}),
        needs=frozenset({APP_ID, TOKEN}),
    )

    def key(self, secret: str) -> bytes:
        """The key in an EncodingAESKey."""
        return wechat_aes.key(secret)

    def handshake(self, request: Request, account: Account) -> Answer | None:
        """GET: `echostr` back, in the clear, if the token is ours."""
        if request.method != "GET" or "echostr" not in request.query:
            return None
        echo = _query(request, "echostr")
        encrypted = "msg_signature" in request.query
        if not _is_signed(request, account, "msg_signature", echo) if encrypted else not _is_signed(request, account):
            return Answer(403)
        answer = _decrypted(account, echo)[1] if encrypted else echo
        if answer is None or not _ECHO.fullmatch(answer):
            return Answer(403)
        return Answer(200, answer, "text/plain")

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:
        """The signature over the ciphertext, and which key decrypts it."""
        timestamp, nonce, given = (_query(request, name) for name in ("timestamp", "nonce", "msg_signature"))
        if not timestamp or not nonce or not given:
            return Verdict(None, "missing-header")
        if len(given) != _LENGTH or not _NONCE.fullmatch(nonce):
            return Verdict(None, "malformed-header")
        if (fault := stale_seconds(timestamp, now_ms)) is not None:
            return Verdict(None, fault)
        return _verify_body(request, account)

    def parse(self, request: Request, account: Account) -> Sequence[Any]:
        """The one message or event."""
        message = _decrypted(account, _envelope(request)["Encrypt"].encode())[1]
        if message is None:
            raise Malformed("Encrypt is of another key or app id")
        return (read_xml(message, _ROOT),)

    def normalise(self, item: Mapping[str, str], account: Account) -> Sequence[Draft]:
        """A message, or what the desk did; nothing for other events."""
        kind = text(item, "MsgType")
        if kind in _TURNS:
            return _message(item, account, text(item, "MsgId"))
        event = text(item, "Event") if kind == "event" else ""
        teller = _TELLERS.get(event)
        return teller(item, account, _event_id(item, event)) if teller else ()

    def accepted(self, request: Request) -> Answer:  # noqa: ARG002 - all requests alike
        """`success`, which sends the follower nothing."""
        return _ACCEPTED


def _verify_body(request: Request, account: Account) -> Verdict:
    try:
        envelope = _envelope(request)
        if not _is_signed(request, account, "msg_signature", envelope["Encrypt"].encode()):
            return Verdict(None, "mismatch")
        index, message = _decrypted(account, envelope["Encrypt"].encode())
        is_to_us = message is None or read_xml(message, _ROOT).get("ToUserName") == envelope["ToUserName"]
    except Malformed:
        return Verdict(None, "mismatch")
    return Verdict(index) if index is not None and is_to_us else Verdict(None, "mismatch")


def _query(request: Request, name: str) -> bytes:
    return request.query.get(name, "").encode("utf-8", "replace")


def _is_signed(request: Request, account: Account, by: str = "signature", *signed: bytes) -> bool:
    expected = wechat_aes.sign(account.keys[TOKEN], _query(request, "timestamp"), _query(request, "nonce"), *signed)
    return hmac.compare_digest(_query(request, by), expected)


def _envelope(request: Request) -> dict[str, str]:
    """What is outside. Raises Malformed."""
    envelope = read_xml(request.body, _ROOT)
    if envelope.keys() != _IN_THE_CLEAR:
        raise Malformed("a post in safe mode has ToUserName and Encrypt and nothing else")
    return envelope


def _decrypted(account: Account, ciphertext: bytes) -> tuple[int | None, bytes | None]:
    """Which of the account's keys decrypts it, and to what."""
    app_id = account.options[APP_ID].encode()
    for index, aes_key in enumerate(account.secrets):
        message = wechat_aes.decrypt(aes_key, app_id, ciphertext)
        if message is not None:
            return index, message
    return None, None


def _event_id(item: Mapping[str, str], event: str) -> str:
    return f"{text(item, 'FromUserName')}:{text(item, 'ToUserName')}:{text(item, 'CreateTime')}:{event}"


def _message(item: Mapping[str, str], account: Account, native_id: str) -> Sequence[Draft]:
    return (_draft("message-received", item, account, native_id, author_id=_parties(item)[1]),)


def _assigned(agent: str) -> Callable[[Mapping[str, str], Account, str], Sequence[Draft]]:
    def tell(item: Mapping[str, str], account: Account, native_id: str) -> Sequence[Draft]:
        return (_draft("ticket-assigned", item, account, native_id, agent_id=text(item, agent)),)

    return tell


def _closed(item: Mapping[str, str], account: Account, native_id: str) -> Sequence[Draft]:
    fields = {"reason": "resolved", "author_kind": "agent", "author_id": text(item, "KfAccount")}
    return (_draft("ticket-closed", item, account, native_id, **fields),)


def _parties(item: Mapping[str, str]) -> tuple[str, str]:
    """The account and its follower."""
    sender, recipient = text(item, "FromUserName"), text(item, "ToUserName")
    if sender.startswith(_ACCOUNT) and not recipient.startswith(_ACCOUNT):
        return sender, recipient
    return recipient, sender


def _draft(kind: str, item: Mapping[str, str], account: Account, native_id: str, **fields: str) -> Draft:
    ours, follower = _parties(item)
    common = {
        "type": kind,
        "ticket_id": f"{ours}:{follower}",
        "channel": account.channel or WeChat.name,
        "occurred_at": written(from_seconds_text(item.get("CreateTime"), "CreateTime")),
        "customer_id": follower,
    }
    return Draft(native_id, {**common, **fields}, frozenset({"ticket_id"}))


_TELLERS: Final[Mapping[str, Callable[[Mapping[str, str], Account, str], Sequence[Draft]]]] = {
    _MENU: _message,
    "kf_create_session": _assigned("KfAccount"),
    "kf_switch_session": _assigned("ToKfAccount"),
    "kf_close_session": _closed,
}
