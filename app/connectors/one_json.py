"""What most sources have in common: one JSON object a post, signed with a secret as it is written, glad of any success."""

from collections.abc import Sequence
from typing import Any, Final

from app.connectors.connector import Account, Answer, Request
from app.connectors.json_body import read_json
from app.connectors.signatures import verbatim

DESK_EVENTS: Final = frozenset(
    {
        "ticket-opened",
        "message-received",
        "reply-sent",
        "ticket-closed",
        "ticket-reopened",
        "ticket-assigned",
        "ticket-labelled",
        "ticket-paused",
        "ticket-resumed",
        "survey-answered",
    }
)
"""What every help desk tells."""
_ACCEPTED: Final = Answer(200)


class OneJson:
    """The part of a connector that is the same for all that do so; one that differs in a point has its own for it."""

    def key(self, secret: str) -> bytes:
        """The secret as the source shows it. Raises SecretError."""
        return verbatim(secret)

    def handshake(self, request: Request, account: Account) -> Answer | None:  # noqa: ARG002 - all accounts alike
        """None: they only post."""
        return None

    def parse(self, request: Request, account: Account) -> Sequence[Any]:  # noqa: ARG002 - all accounts alike
        """The one thing that a post tells. Raises Malformed."""
        return (read_json(request.body),)

    def accepted(self, request: Request) -> Answer:  # noqa: ARG002 - all requests alike
        """200; nobody reads a body."""
        return _ACCEPTED
