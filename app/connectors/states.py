"""From one state of a ticket to the next, as events: what leaving the one means, then what entering the other means."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.connectors.connector import Draft
from app.connectors.native import Occasion

Step = tuple[str, Mapping[str, str]]
"""An event's type and its own fields."""
_CLOSED: Final = "ticket-closed"


def steps(
    occasion: Occasion, previous: str, current: str, leaving: Mapping[str, Step], entering: Mapping[str, Step]
) -> Sequence[Draft]:
    """The events of a change, a millisecond apart. A close alone says all: it ends pauses and a bot's turn by itself."""
    told = [step for step in (leaving.get(previous), entering.get(current)) if step is not None]
    if told and told[-1][0] == _CLOSED:
        told = told[-1:]
    native_id = f"{occasion.ticket_id}:{current}:{occasion.at_ms}"
    return [occasion.later(n).draft(kind, native_id, **fields) for n, (kind, fields) in enumerate(told)]
