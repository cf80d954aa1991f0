"""What only one kind of event tells, in the shape that the core keeps (`Event.more`)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from app.kpi.event import CALL_ENDED, CALL_OFFERED, MESSAGE, ORDER, SURVEY_ANSWERED
from app.kpi.wire import Wire

Own = dict[str, str | int | bool]
_LONGEST_CALL_SECONDS: Final = 7 * 86_400.0
"""Longer ones count as this long."""


def _message(wire: Wire) -> Own:
    return _known(sentiment=wire.sentiment, quick_reply=wire.quick_reply)


def _survey(wire: Wire) -> Own | None:
    return {"score": wire.score} if isinstance(wire.score, int) else None


def _call(wire: Wire) -> Own:
    told = [seconds for seconds in (wire.talk_seconds, wire.hold_seconds, wire.wrap_seconds) if seconds is not None]
    handle_ms = sum(round(min(seconds, _LONGEST_CALL_SECONDS) * 1000) for seconds in told) if told else None
    return _known(handle_ms=handle_ms, agent=wire.agent_id if isinstance(wire.agent_id, str) else None)


def _offer(wire: Wire) -> Own:
    return {"accepted": wire.accepted is True}


def _order(wire: Wire) -> Own:
    amount = None if wire.amount is None else int(Decimal(wire.amount) * 1_000_000)
    return _known(order=str(wire.order_id), amount=amount, currency=wire.currency)


def _known(**fields: str | int | None) -> Own:
    return {name: value for name, value in fields.items() if value is not None}


OWN: Final[dict[int, Callable[[Wire], Own | None]]] = {
    MESSAGE: _message,
    SURVEY_ANSWERED: _survey,
    CALL_ENDED: _call,
    CALL_OFFERED: _offer,
    ORDER: _order,
}
