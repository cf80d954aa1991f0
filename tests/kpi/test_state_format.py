"""Figures of fixed traffic: when they change, `STATE_FORMAT` is raised, or stored tickets would run again by other rules than they ran by.

Whoever changes a figure on purpose raises `STATE_FORMAT` and puts the new digest here; a digest alone is never changed.
"""

import hashlib
import json
from random import Random
from typing import Any, Final

import msgspec

from app.kpi.rules import STATE_FORMAT
from tests.kpi.law import RULES
from tests.kpi.office import Office
from tests.kpi.story import HOUR, MINUTE, SECOND, Record, event, ms, record

DIGEST: Final = (5, "2bc7f8ed8fe6d6e6")
_KINDS: Final = (
    "open", "message", "message", "message", "reply", "reply", "reply", "close", "reopen", "assign", "handover", "label", "pause",
    "resume", "survey", "answer", "call", "offer", "order", "note",
)  # fmt: skip
_FIELDS: Final[dict[str, list[dict[str, Any]]]] = {
    "message": [{}, {"quick_reply": "yes"}, {"sentiment": "negative"}, {"tags": ["vip"]}],
    "reply": [
        {"author_kind": kind, "author_id": who} for kind in ("agent", "bot", "unknown") for who in ("anna", "bob")
    ],
    "close": [{"reason": reason} for reason in ("resolved", "idle", "spam")],
    "assign": [{"agent_id": "anna"}, {"agent_id": None}],
    "handover": [{"to": "human"}, {"to": "bot"}],
    "label": [{"team": "a"}, {"priority": "high"}, {"topic": "billing/refund"}, {"tags": []}],
    "pause": [{"reason": "customer"}, {"reason": "on_hold"}],
    "answer": [{"score": score} for score in (1, 5)],
    "call": [{}, {"talk_seconds": 61.5, "wrap_seconds": 10}],
    "order": [{"order_id": f"o{number}", "amount": "19.95", "currency": "EUR"} for number in range(3)],
}


def traffic() -> list[Record]:
    """Three days of twenty tickets, every kind of event, one in ten late."""
    random, at_ms, told = Random(7), ms("10:00"), []
    for number in range(600):
        at_ms += random.choice((0, 1, SECOND, MINUTE, 10 * MINUTE, 20 * MINUTE))
        word = random.choice(_KINDS)
        late_ms = random.choice((0,) * 9 + (3 * HOUR,))
        of = {"ticket_id": f"t{random.randrange(20)}", "channel": random.choice(("web", "email"))}
        fields = random.choice(_FIELDS.get(word, [{}]))
        told.append(record(number, event(number, at_ms - late_ms, word, **of, **fields)))
    return [*told, record(600, event(600, ms("d31 00:00"), "now"))]


def digest() -> str:
    """Of all windows, transitions and samples, under the plain rules and under those that ask for everything."""
    found = []
    for name in ("defaults", "everything"):
        office = Office(RULES[name])
        office.read(traffic())
        office.flush()
        assert not office.dead_letters
        windows = sorted((*key, msgspec.to_builtins(window.cell)) for key, window in office.windows.items())
        said = [(ticket, msgspec.to_builtins(transition)) for ticket, transition in office.said]
        found.append([windows, sorted(said, key=str), sorted(office.samples.items())])
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]


def test_other_figures_are_another_state_format() -> None:
    assert (STATE_FORMAT, digest()) == DIGEST
