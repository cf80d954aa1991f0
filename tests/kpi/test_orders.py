"""Orders become events of the customer's latest ticket, whatever comes in which order."""

import json
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kpi import customers
from app.kpi.customers import Contact, Purchase
from app.kpi.instants import DAY_MS, HOUR_MS, text_of
from app.kpi.orders import Orders, Placed
from app.kpi.stays import APART_MS, TOO_OLD_MS
from schemas.events import TICKET_EVENT

START_MS = 1_772_400_000_000
SETTLE_MS = HOUR_MS
JANE, PHONE, JOE = "a" * 32, "b" * 32, "c" * 32


class Row(NamedTuple):
    offset: int
    timestamp: int
    value: bytes | None
    key: bytes | None = b"k"


class Told(NamedTuple):
    """What a source says: `at` in hours."""

    kind: str
    at: float
    name: str
    who: tuple[str, ...]

    @property
    def at_ms(self) -> int:
        return START_MS + int(self.at * HOUR_MS)

    def value(self) -> bytes:
        if self.kind == "contact":
            return customers.encode(Contact(list(self.who), self.name, "email", text_of(self.at_ms)))
        return customers.encode(Purchase(self.name, list(self.who), self.name, text_of(self.at_ms), "10.50", "EUR"))


def met(at: float, ticket: str, *who: str) -> Told:
    return Told("contact", at, ticket, who or (JANE,))


def bought(at: float, order: str = "o1", *who: str) -> Told:
    return Told("order", at, order, who or (JANE,))


def restarted(orders: Orders, state: dict[bytes, bytes | None]) -> Orders:
    """As the engine does it: the changelog read back, the note given."""
    again = Orders(SETTLE_MS, "log")
    for key, value in state.items():
        again.load(key, value)
    again.start(orders.position())
    return again


def outcome(arrivals: list[tuple[float, Told]], *, restart_every: int = 0, until: float = 24 * 40) -> dict[str, str]:
    """Order -> ticket of all that was placed, when time has come so far; told by (hours of arrival, what)."""
    orders, state, placed = Orders(SETTLE_MS, "log"), dict[bytes, bytes | None](), list[Placed]()
    orders.start(None)
    rows = [Row(n, START_MS + int(at * HOUR_MS), told.value()) for n, (at, told) in enumerate(arrivals)]
    rows.append(Row(len(rows), START_MS + int(until * HOUR_MS), b'{"type":"clock-ticked"}'))
    for number, row in enumerate(rows, start=1):
        assert orders.apply([row]) == 1
        taken = orders.take()
        state.update(taken.changes)
        placed += taken.placed
        assert not taken.dead_letters
        if restart_every and number % restart_every == 0:
            orders = restarted(orders, {key: value for key, value in state.items() if value is not None})
    assert len({one.purchase.id for one in placed}) == len(placed), "an order is placed once"
    return {one.purchase.id: one.ticket_id for one in placed}


def at_once(*told: Told) -> list[tuple[float, Told]]:
    return [(one.at, one) for one in sorted(told, key=lambda one: one.at)]


def test_an_order_is_of_the_latest_ticket_that_began_before_it() -> None:
    # A----B----order--C
    assert outcome(at_once(met(0, "A"), met(10, "B"), bought(20), met(20.5, "C"))) == {"o1": "B"}


def test_a_ticket_that_comes_late_is_found_within_the_settle_time() -> None:
    arrivals = [(20.0, bought(20)), (20.9, met(19.95, "late")), (21.5, met(19.99, "too late"))]
    assert outcome(arrivals) == {"o1": "late"}


def test_an_order_is_decided_when_time_has_passed_its_settle_time_strictly() -> None:
    assert outcome([*at_once(met(0, "A"), bought(20))], until=21) == {}
    assert outcome([*at_once(met(0, "A"), bought(20))], until=21.001) == {"o1": "A"}


@pytest.mark.parametrize(("hours", "found"), [(120, {"o1": "A"}), (120.1, {})])
def test_five_days_after_its_beginning_a_ticket_takes_no_order(hours: float, found: dict[str, str]) -> None:
    assert outcome(at_once(met(0, "A"), met(100, "A"), bought(hours))) == found


def test_a_conversation_that_goes_on_is_not_taken_for_a_new_ticket() -> None:
    assert outcome(at_once(met(0, "chat"), met(160, "chat"), met(150, "mail"), bought(165))) == {"o1": "mail"}
    assert outcome(at_once(met(0, "chat"), met(169, "chat"), met(165, "mail"), bought(170))) == {"o1": "chat"}


def test_a_contact_that_comes_late_joins_what_was_taken_for_two_stays() -> None:
    arrivals = [(0, met(0, "A")), (168.25, met(168.25, "A")), (168.5, met(168, "A")), (169, bought(169))]
    assert outcome(arrivals) == {}
    assert outcome([one for one in arrivals if one[0] != 168.5]) == {"o1": "A"}


def test_an_old_stay_is_forgotten_and_the_one_of_now_is_not() -> None:
    assert outcome(at_once(met(0, "A"), met(168.25, "A"), bought(200))) == {"o1": "A"}


def test_who_shares_one_contact_point_is_the_same_customer() -> None:
    told = at_once(met(0, "mail", JANE), met(5, "phone", PHONE), met(6, "joe", JOE), bought(10, "o1", JANE, PHONE))
    assert outcome(told) == {"o1": "phone"}


def test_who_only_later_came_into_a_ticket_was_not_in_it_before() -> None:
    assert outcome(at_once(met(0, "A", JOE), met(10.5, "A", JANE), bought(10))) == {}


def test_an_order_that_comes_late_is_decided_at_once_and_one_of_days_ago_never() -> None:
    assert outcome([(0, met(0, "A")), (30, bought(10))], until=30) == {"o1": "A"}
    assert outcome([(0, met(0, "A")), (10 + 48, bought(10))], until=100) == {"o1": "A"}
    assert outcome([(0, met(0, "A")), (10 + 48.1, bought(10))], until=100) == {}


def test_an_order_told_again_is_placed_once_also_when_a_ticket_came_since() -> None:
    again = [(0.0, met(0, "A")), (10.0, bought(10)), (12.0, met(9, "B")), (20.0, bought(10)), (58.5, bought(10))]
    assert outcome(again) == {"o1": "A"}


def test_counters_say_what_became_of_orders() -> None:
    orders = Orders(SETTLE_MS, "log")
    other = bought(10, "o1", JOE)
    arrivals = [(0, met(0, "A")), (10, bought(10)), (10, bought(10)), (10, other), (13, bought(10.5, "o2", JOE))]
    orders.apply([Row(n, START_MS + at * HOUR_MS, told.value()) for n, (at, told) in enumerate(arrivals)])
    orders.apply([Row(9, START_MS + 90 * HOUR_MS, bought(10, "o3").value())])
    expected = {"placed": 1, "without_ticket": 1, "late": 1, "too_old": 1, "duplicate": 1, "conflicting": 1}
    assert orders.counters == {**expected, "rejected": 0}


# -- the law ------------------------------------------------------------------------------------------------------------

_POINTS = st.lists(st.sampled_from([JANE, PHONE, JOE]), min_size=1, max_size=2, unique=True).map(tuple)
_AT = st.builds(
    float.__add__, st.sampled_from([0.0, 24.0, 120.0, 168.0, 336.0]), st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.25])
)
_TOLD = st.lists(
    st.builds(met, _AT, st.sampled_from("ABC")).flatmap(lambda one: _POINTS.map(lambda who: one._replace(who=who)))
    | st.builds(bought, _AT, st.sampled_from("xyz")).flatmap(
        lambda one: _POINTS.map(lambda who: one._replace(who=who))
    ),
    max_size=14,
)


def by_definition(told: list[Told]) -> dict[str, str]:
    """The same from the whole set at once."""
    placed = {}
    for order in (one for one in told if one.kind == "order"):
        began: dict[str, int] = {}
        for point in order.who:
            for ticket in "ABC":
                before = sorted(
                    one.at_ms
                    for one in told
                    if (one.kind, one.name) == ("contact", ticket) and point in one.who and one.at <= order.at
                )
                starts = [b for a, b in pairwise([-APART_MS - 1, *before]) if b - a > APART_MS]
                if before and order.at_ms - before[-1] <= APART_MS:
                    began[ticket] = min(starts[-1], began.get(ticket, starts[-1]))
        latest = max(((ms, ticket) for ticket, ms in began.items()), default=None)
        if latest is not None and order.at_ms - latest[0] <= 5 * DAY_MS:
            placed[order.name] = latest[1]
    return placed


@given(data=st.data(), told=_TOLD)
def test_the_outcome_is_a_function_of_the_set(data: st.DataObject, told: list[Told]) -> None:
    """In any order within the settle time, with duplicates, with restarts in the middle."""
    firsts = {one.name: one for one in reversed(told) if one.kind == "order"}
    told = [one for one in told if one.kind == "contact" or firsts[one.name] is one]
    twice = told + [one for one in told if data.draw(st.booleans())]
    late = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    arrivals = sorted(((one.at + data.draw(late), one) for one in twice), key=lambda pair: pair[0])
    assert outcome(arrivals, restart_every=data.draw(st.integers(0, 3))) == by_definition(told)


@given(told=_TOLD)
def test_state_is_bounded_by_time(told: list[Told]) -> None:
    orders = Orders(SETTLE_MS, "log")
    orders.apply([Row(n, one.at_ms, one.value()) for n, one in enumerate(sorted(told, key=lambda one: one.at))])
    last_ms = max((one.at_ms for one in told), default=START_MS)
    orders.take()
    orders.apply([Row(99, last_ms + APART_MS + SETTLE_MS + 1, b'{"type":"clock-ticked"}')])
    assert orders.entries() == 0
    assert not [value for _, value in orders.take().changes if value is not None]
    assert APART_MS > TOO_OLD_MS


# -- records ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "nonsense"}, "unknown-type"),
        ({"contacts": []}, "missing-field"),
        ({"contacts": ["jane@example.com"]}, "bad-value"),
        ({"id": 7}, "wrong-type"),
        ({"occurred_at": "yesterday"}, "bad-instant"),
        ({"occurred_at": "2009-01-01T00:00:00Z"}, "ancient"),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, "future"),
        ({"amount": "ten"}, "bad-value"),
    ],
)
def test_a_bad_record_is_a_dead_letter_with_a_reason(change: dict[str, Any], reason: str) -> None:
    orders = Orders(SETTLE_MS, "log")
    value = json.dumps({**json.loads(bought(1).value()), **change}).encode()
    orders.apply([Row(3, START_MS + HOUR_MS, value)])
    (letter,) = orders.take().dead_letters
    assert (letter.offset, letter.reason, letter.value) == (3, reason, value)
    assert (letter.field or "").partition("[")[0] == next(iter(change))


def test_a_fault_of_ours_in_one_record_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = customers.decode

    def faulty(value: bytes | None) -> object:
        return decode(value) if value != b"{}" else 1 / 0

    monkeypatch.setattr(customers, "decode", faulty)
    orders = Orders(SETTLE_MS, "log")
    assert orders.apply([Row(3, START_MS + HOUR_MS, b"{}"), Row(4, START_MS + HOUR_MS, bought(1).value())]) == 2
    (letter,) = orders.take().dead_letters
    assert (letter.offset, letter.reason, letter.field) == (3, "fault", None)
    assert orders.entries() == 1


@pytest.mark.parametrize(("value", "reason"), [(None, "not-json"), (b"{", "not-json"), (b"\xff", "not-utf8")])
def test_no_json_is_a_dead_letter(value: bytes | None, reason: str) -> None:
    orders = Orders(SETTLE_MS, "log")
    orders.apply([Row(0, START_MS, value)])
    assert [letter.reason for letter in orders.take().dead_letters] == [reason]


def test_an_instant_ahead_of_its_append_time_counts_as_that() -> None:
    orders = Orders(SETTLE_MS, "log")
    rows = [Row(0, START_MS, met(0, "A").value()), Row(1, START_MS, bought(0.05).value())]
    orders.apply([*rows, Row(2, START_MS + 2 * HOUR_MS, b'{"type":"clock-ticked"}')])
    assert [one.at_ms for one in orders.take().placed] == [START_MS]


def test_what_an_order_becomes_keeps_the_contract() -> None:
    purchase = msgspec.json.decode(bought(1).value(), type=Purchase)
    event = TICKET_EVENT.validate_json(customers.event_of(purchase, "t", "email", START_MS))
    assert (event.type, event.id, event.ticket_id) == ("order-placed", "o1", "t")
    assert event.model_dump()["amount"] == "10.50"


def test_under_the_clock_of_events_their_instants_move_time() -> None:
    orders = Orders(SETTLE_MS, "events")
    told = at_once(met(0, "A"), bought(10), met(12, "B"))
    orders.apply([Row(n, 0, one.value()) for n, (_, one) in enumerate(told)])
    assert [one.ticket_id for one in orders.take().placed] == ["A"]
