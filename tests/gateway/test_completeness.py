import json

from app.gateway.completeness import HORIZON_MS, PATIENCE_MS, Completeness
from app.gateway.overhearing import hear

START_MS = 1_772_448_000_000
LATER_MS = START_MS + 120_000
EXACT = frozenset({"reply-sent"})
HERE, ELSEWHERE = "2026-03-02T10:42:00Z", "2026-03-02T10:42:07Z"


def poll(memory: Completeness, id_: str, occurred_ms: int, now_ms: int, type_: str = "reply-sent") -> None:
    if not memory.is_known(id_):
        memory.found(id_, type_, occurred_ms, HERE, now_ms)
        memory.safe(id_, now_ms)


def test_an_event_is_missed_when_no_webhook_brings_it_in_time_and_told_once() -> None:
    memory = Completeness(EXACT, START_MS)
    poll(memory, "a", LATER_MS, LATER_MS)
    assert not memory.missed(LATER_MS + PATIENCE_MS - 1)
    assert memory.missed(LATER_MS + PATIENCE_MS) == {"reply-sent": 1}
    assert not memory.missed(LATER_MS + 2 * PATIENCE_MS)


def test_a_webhook_that_came_before_or_comes_after_is_no_miss() -> None:
    memory = Completeness(EXACT, START_MS)
    memory.told("a", LATER_MS)
    poll(memory, "a", LATER_MS, LATER_MS)
    poll(memory, "b", LATER_MS, LATER_MS)
    memory.told("b", LATER_MS + PATIENCE_MS - 1)
    assert not memory.missed(LATER_MS + PATIENCE_MS)


def test_types_whose_ids_differ_are_not_judged() -> None:
    memory = Completeness(EXACT, START_MS)
    poll(memory, "a", LATER_MS, LATER_MS, "ticket-labelled")
    assert not memory.missed(LATER_MS + PATIENCE_MS)
    assert memory.is_known("a")


def test_what_happened_before_it_listened_is_not_judged() -> None:
    memory = Completeness(EXACT, START_MS)
    poll(memory, "a", START_MS, LATER_MS)
    assert not memory.missed(LATER_MS + PATIENCE_MS)


def test_a_flood_that_it_cannot_remember_raises_no_alarm() -> None:
    memory = Completeness(EXACT, START_MS, most_known=100)
    for number in range(300):
        memory.told(str(number), LATER_MS + number)
    poll(memory, "0", LATER_MS, LATER_MS + 400)
    assert not memory.missed(LATER_MS + 400 + PATIENCE_MS)
    assert len(memory._known) == 100


def test_after_two_hours_it_forgets() -> None:
    memory = Completeness(EXACT, START_MS)
    memory.told("a", LATER_MS)
    memory.told("b", LATER_MS + HORIZON_MS)
    assert [memory.is_known(id_) for id_ in "ab"] == [False, True]
    poll(memory, "a", LATER_MS, LATER_MS + HORIZON_MS)
    assert not memory.missed(LATER_MS + HORIZON_MS + PATIENCE_MS)


def test_what_another_gateway_took_is_no_miss_and_what_was_polled_here_is_no_webhook() -> None:
    memory = Completeness(EXACT, START_MS)
    for id_ in ("a", "b"):
        memory.found(id_, "reply-sent", LATER_MS, HERE, LATER_MS)
        memory.heard(id_, HERE, LATER_MS)  # before its sender hears that it is safe
        memory.safe(id_, LATER_MS)
        memory.heard(id_, HERE, LATER_MS)
    memory.heard("b", ELSEWHERE, LATER_MS)
    memory.heard("c", ELSEWHERE, LATER_MS)
    assert memory.is_known("c")
    assert memory.missed(LATER_MS + PATIENCE_MS) == {"reply-sent": 1}


def test_what_happened_before_the_others_were_heard_is_not_judged() -> None:
    memory = Completeness(EXACT, START_MS)
    memory.begin(LATER_MS)
    poll(memory, "a", LATER_MS, LATER_MS)
    assert not memory.missed(LATER_MS + PATIENCE_MS)


def test_only_events_of_accounts_that_are_polled_are_heard() -> None:
    memory = Completeness(EXACT, START_MS)
    memories = {("zendesk", "support"): memory}
    told = {"id": "a", "source": "zendesk", "account": "support", "received_at": HERE, "ticket_id": "1"}
    for value in (None, b"", b"[1]", b"{", json.dumps({**told, "account": "other", "id": "b"}).encode()):
        hear(value, memories, LATER_MS)
    hear(json.dumps(told).encode(), memories, LATER_MS)
    assert [memory.is_known(id_) for id_ in "ab"] == [True, False]
