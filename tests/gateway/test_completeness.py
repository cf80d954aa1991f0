from app.gateway.completeness import HORIZON_MS, PATIENCE_MS, Completeness

START_MS = 1_772_448_000_000
LATER_MS = START_MS + 120_000
EXACT = frozenset({"reply-sent"})


def test_an_event_is_missed_when_no_webhook_brings_it_in_time_and_told_once() -> None:
    memory = Completeness(EXACT, START_MS)
    memory.found("a", "reply-sent", LATER_MS, LATER_MS)
    assert not memory.missed(LATER_MS + PATIENCE_MS - 1)
    assert memory.missed(LATER_MS + PATIENCE_MS) == {"reply-sent": 1}
    assert not memory.missed(LATER_MS + 2 * PATIENCE_MS)


def test_a_webhook_that_came_before_or_comes_after_is_no_miss() -> None:
    memory = Completeness(EXACT, START_MS)
    memory.told("a", LATER_MS)
    memory.found("a", "reply-sent", LATER_MS, LATER_MS)
    memory.found("b", "reply-sent", LATER_MS, LATER_MS)
    memory.told("b", LATER_MS + PATIENCE_MS - 1)
    assert not memory.missed(LATER_MS + PATIENCE_MS)


def test_types_whose_ids_differ_are_not_judged() -> None:
    memory = Completeness(EXACT, START_MS)
    memory.found("a", "ticket-labelled", LATER_MS, LATER_MS)
    assert not memory.missed(LATER_MS + PATIENCE_MS)
    assert memory.is_known("a")


def test_what_happened_before_it_listened_is_not_judged() -> None:
    memory = Completeness(EXACT, START_MS)
    memory.found("a", "reply-sent", START_MS, LATER_MS)
    assert not memory.missed(LATER_MS + PATIENCE_MS)


def test_a_flood_that_it_cannot_remember_raises_no_alarm() -> None:
    memory = Completeness(EXACT, START_MS, most_known=100)
    for number in range(300):
        memory.told(str(number), LATER_MS + number)
    memory.found("0", "reply-sent", LATER_MS, LATER_MS + 400)
    assert not memory.missed(LATER_MS + 400 + PATIENCE_MS)
    assert len(memory._known) == 100


def test_after_two_hours_it_forgets() -> None:
    memory = Completeness(EXACT, START_MS)
    memory.told("a", LATER_MS)
    memory.told("b", LATER_MS + HORIZON_MS)
    assert [memory.is_known(id_) for id_ in "ab"] == [False, True]
    memory.found("a", "reply-sent", LATER_MS, LATER_MS + HORIZON_MS)
    assert not memory.missed(LATER_MS + HORIZON_MS + PATIENCE_MS)
