"""Slack: messages of channels and direct conversations, by the Events API.

docs.slack.dev: "Events API", "Verifying requests from Slack", "message" and its subtypes, "Slack Connect", checked 2026-11:
* When a URL is saved Slack posts `url_verification`, signed as all else, and wants its `challenge` back in the answer.
* It waits 3 seconds and sends again at once, after one minute and after five; when 95 % of an hour's posts fail, it stops
  sending. Hence 200 for what is signed and wrong: it is counted, and would be as wrong the next time.
* `event_id` is one of a delivery to a workspace: a channel that two workspaces share tells a message twice. `channel` and
  `ts` together name a message everywhere; `ts` is seconds with six decimals, as a text.
* Edits, deletions, joins, topics and the like are messages with a `subtype`; so are a few that somebody wrote (`_TURNS`).
  What is not known yet is no turn.
* What an app posts has a `bot_id`, with the subtype `bot_message` (old apps) or without. It has one too when the app
  posts in the name of a person, as help desks do: `agent_app_ids` names those.
* A reply in a thread says who began it (`parent_user_id`; in the types of Slack's own SDK, not on the page of the event).

A thread is a ticket, and a direct conversation is; with `tickets: channel` a channel is one, as where each customer has a
channel. Slack knows no customers and agents. `agent_ids` and `agent_teams` (workspaces; for Slack Connect) say who answers,
and everybody else asks. Without them, in a thread of a channel, who began it asks and others answer: `unknown`.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from app.connectors import native
from app.connectors.connector import Account, Answer, Capabilities, Draft, Malformed, Request, Verdict
from app.connectors.instants import from_decimal_text
from app.connectors.json_body import read_json
from app.connectors.native import Occasion
from app.connectors.one_json import OneJson
from app.connectors.signatures import stale_seconds, which_signed

TIMESTAMP: Final = b"x-slack-request-timestamp"
SIGNATURE: Final = b"x-slack-signature"
_PREFIX: Final = b"v0="
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9._-]{1,200}")
_VERIFICATION: Final = "url_verification"

_TURNS: Final = frozenset({"", "bot_message", "file_share", "me_message", "thread_broadcast"})
_DIRECT: Final = frozenset({"im", "mpim", "app_home"})
_SLACKBOT: Final = "USLACKBOT"
"""Slack's own: reminders and answers to set words. It has no `bot_id`."""
_TEAM_OF_AUTHOR: Final = ("user_team", "source_team", "team")
"""In shared channels the first two are there, and `team` may be the workspace that is told."""


class Slack(OneJson):
    """See the top of the file."""

    name = "slack"
    capabilities = Capabilities(
        emits=frozenset({"message-received", "reply-sent"}),
        channel="slack",
        invalid_status=200,
        options=frozenset({"agent_ids", "agent_teams", "agent_app_ids", "customer_app_ids", "tickets"}),
        choices={"tickets": frozenset({"thread", "channel"})},
    )

    def verify(self, request: Request, account: Account, now_ms: int) -> Verdict:
        """The signature over timestamp and body, five minutes old at most as Slack says."""
        timestamp, given = request.headers.get(TIMESTAMP), request.headers.get(SIGNATURE)
        if not timestamp or not given:
            return Verdict(None, "missing-header")
        if (fault := stale_seconds(timestamp, now_ms)) is not None:
            return Verdict(None, fault)
        if not given.startswith(_PREFIX):
            return Verdict(None, "malformed-header")
        return which_signed(account.secrets, given, lambda key: sign(timestamp, request.body, key))

    def normalise(self, item: Any, account: Account) -> Sequence[Draft]:
        """One message or reply, or nothing."""
        if not isinstance(item, dict):
            raise Malformed("a post is an object")
        event = native.part(item, "event")
        if item.get("type") != "event_callback" or event.get("type") != "message":
            return ()
        if native.word(event.get("subtype")) not in _TURNS:
            return ()
        place = _place(event, account)
        return (_of_app(event, place, account) if _is_of_app(event) else _of_person(event, place, account),)

    def accepted(self, request: Request) -> Answer:
        """200; to `url_verification` with its challenge."""
        if _VERIFICATION.encode() not in request.body:
            return Answer(200)
        item = read_json(request.body)
        if not isinstance(item, dict) or item.get("type") != _VERIFICATION:
            return Answer(200)
        challenge = item.get("challenge")
        if not isinstance(challenge, str) or not _CHALLENGE.fullmatch(challenge):
            return Answer(200)  # said back to whoever asks, so only what is nobody's text
        return Answer(200, challenge.encode(), "text/plain")


def sign(timestamp: bytes, body: bytes, key: bytes) -> bytes:
    """The value of the signature header."""
    return _PREFIX + hmac.digest(key, b"v0:%b:%b" % (timestamp, body), "sha256").hex().encode()


class _Place(NamedTuple):
    """Where a message stands."""

    occasion: Occasion
    message: str
    """Which it is, in all workspaces."""
    is_direct: bool
    is_root: bool
    """In no thread, or at the top of one."""

    def draft(self, kind: str, **fields: Any) -> Draft:
        draft = self.occasion.draft(kind, self.message, **native.given(**fields))
        # A direct conversation is its people; a channel is what operators open.
        return draft._replace(personal=frozenset({"ticket_id"})) if self.is_direct else draft


def _place(event: Mapping[str, Any], account: Account) -> _Place:
    channel, ts = native.identifier(event.get("channel"), "channel"), event.get("ts")
    at_ms = from_decimal_text(ts, "ts")
    thread = event.get("thread_ts") or ts
    from_decimal_text(thread, "thread_ts")  # it goes into an id
    is_direct = native.word(event.get("channel_type")) in _DIRECT or channel.startswith("D")
    is_channel = is_direct or account.options.get("tickets") == "channel"
    ticket = channel if is_channel else f"{channel}:{thread}"
    return _Place(Occasion(ticket, account.channel or Slack.name, at_ms), f"{channel}:{ts}", is_direct, thread == ts)


def _is_of_app(event: Mapping[str, Any]) -> bool:
    return bool(event.get("bot_id")) or event.get("subtype") == "bot_message" or event.get("user") == _SLACKBOT


def _of_app(event: Mapping[str, Any], place: _Place, account: Account) -> Draft:
    names = {str(event.get(name)) for name in ("app_id", "bot_id", "user")}
    author_id = native.identifier_or_none(event.get("user") or event.get("bot_id"), "user or bot_id")
    if names & native.listed(account.options.get("customer_app_ids")):
        return place.draft("message-received")  # a form: whose request it is stands in the text
    if names & native.listed(account.options.get("agent_app_ids")):
        return place.draft("reply-sent", author_kind="agent", author_id=author_id)
    is_announced = place.is_root and not place.is_direct and account.options.get("tickets") != "channel"
    kind = "automation" if is_announced or _SLACKBOT in names else "bot"
    return place.draft("reply-sent", author_kind=kind, author_id=author_id)


def _of_person(event: Mapping[str, Any], place: _Place, account: Account) -> Draft:
    user = native.identifier(event.get("user"), "user")
    kind = _answers(user, event, place, account)
    if kind is None:
        return place.draft("message-received", author_id=user, customer_id=user)
    return place.draft("reply-sent", author_kind=kind, author_id=user)


def _answers(user: str, event: Mapping[str, Any], place: _Place, account: Account) -> str | None:
    """The author kind of somebody who answers; None for who asks."""
    people = native.listed(account.options.get("agent_ids"))
    teams = native.listed(account.options.get("agent_teams"))
    if people or teams:
        team = native.first(event.get(name) for name in _TEAM_OF_AUTHOR)
        return "agent" if user in people or (isinstance(team, str) and team in teams) else None
    parent = event.get("parent_user_id")
    is_other = isinstance(parent, str) and parent != user
    return "unknown" if is_other and not place.is_direct else None
