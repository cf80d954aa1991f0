"""Polling against servers that speak the vendors' paging: nothing lost, nothing twice, whatever happens meanwhile."""

import dataclasses
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.responses import Response

from app.gateway import poll
from app.gateway.poll import Cursor
from tests.gateway.vendors.server import TOKEN, Vendor
from tests.gateway.vendors.stage import ASKED_EACH, KNOWING, POSTING, VENDORS, Power, Stage, content
from tests.gateway.vendors.world import START_MS
from tests.gateway.vendors.zendesk import HELD_BACK_MS

vendors = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
posting = pytest.mark.parametrize("vendor", POSTING, ids=lambda vendor: vendor.name)
knowing = pytest.mark.parametrize("vendor", KNOWING, ids=lambda vendor: vendor.name)
asked_each = pytest.mark.parametrize("vendor", ASKED_EACH, ids=lambda vendor: vendor.name)


def stage_of(vendor: Vendor) -> Stage:
    stage = Stage(vendor)
    stage.kept.cursors[vendor.name, "support"] = Cursor.at(START_MS)
    return stage


def gaps(stage: Stage) -> list[float]:
    """Between one request and the next."""
    return [b.at_seconds - a.at_seconds for a, b in pairwise(stage.server.log)]


def busy(stage: Stage, tickets: int = 8, gap_seconds: int = 1) -> None:
    """Several pages of tickets, one with several pages of messages, some closed, one opened again."""
    for ticket in range(1, tickets + 1):
        stage.happen(ticket, "in", after_seconds=gap_seconds)
        stage.happen(ticket, "out")
    for _ in range(24):
        stage.happen(2, "out")
    for ticket in range(1, tickets, 2):
        stage.happen(ticket, "close")
    stage.happen(3, "reopen")
    stage.happen(3, "out")
    stage.wait(120)


@vendors
async def test_polling_finds_what_webhooks_would_have_brought_with_the_same_ids(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage)
    await stage.poll()
    assert stage.exact(stage.kafka.sent) == stage.exact(stage.webhooks)
    assert {"message-received", "reply-sent", "ticket-closed", "ticket-opened"} <= {e.type for e in stage.kafka.sent}


@vendors
async def test_what_another_account_is_the_authority_for_is_not_polled_back(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    stage.desk = dataclasses.replace(stage.desk, drops={"message-received": frozenset()})
    busy(stage)
    await stage.poll()
    types = {event.type for event in stage.kafka.sent}
    assert "reply-sent" in types
    assert "message-received" not in types


@vendors
async def test_an_event_says_the_same_both_ways(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage)
    await stage.poll()
    exact = stage.exact(stage.webhooks)
    polled = {event.id: content(event) for event in stage.kafka.sent}
    for event in stage.webhooks:
        if event.id in exact:
            told = content(event)
            if vendor.name == "chatwoot" or (vendor.name == "gorgias" and event.type == "ticket-opened"):
                told["occurred_at"] = polled[event.id]["occurred_at"]  # whole seconds in its API
            assert polled[event.id] == told


@knowing
async def test_whose_ticket_it_is_is_told_the_same_both_ways(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage)
    await stage.poll()
    told, polled = stage.contacts(stage.webhooks), stage.contacts(stage.kafka.sent)
    assert len(told) >= 8
    # Of some an opening tells it by webhook alone; whose it is, is known from the customer's message as well.
    assert {_whose(one) for one in told.values()} == {_whose(one) for one in polled.values()}
    if vendor.name == "intercom":
        assert polled == told


def _whose(contact: dict[str, Any]) -> tuple[str, ...]:
    return contact["ticket_id"], *contact["contacts"]


@vendors
async def test_a_second_round_sends_nothing_again(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage)
    await stage.poll()
    sent = stage.kafka.ids
    assert len(sent) == len(set(sent))
    await stage.poll()
    assert stage.kafka.ids == sent


def slow(stage: Stage) -> None:
    """So that the cursor is kept from ticket to ticket."""
    stage.server.after = lambda _, answer: (stage.wait(6), answer)[1]


@vendors
async def test_a_round_asks_for_no_more_than_what_changed(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    for ticket in range(1, 31):
        stage.happen(ticket, "in")
    for _ in range(100):
        stage.happen(7, "out")
    stage.wait(3600)
    await stage.poll()
    stage.happen(31, "in")
    stage.wait(120)
    asked = len(stage.server.log)
    await stage.poll()
    assert not stage.missing()
    assert len(stage.server.log) - asked <= 5


@vendors
async def test_a_process_that_is_killed_at_any_request_goes_on_after_it(vendor: Vendor) -> None:
    """Tickets are further apart than the overlap: what a wrong cursor passes over is lost."""
    whole = stage_of(vendor)
    busy(whole, gap_seconds=1500)
    await whole.poll()
    assert not whole.missing()
    expected = {event.id: content(event) for event in whole.kafka.sent}
    for killed_at in range(1, len(whole.server.log), 7):
        stage = stage_of(vendor)
        busy(stage, gap_seconds=1500)
        slow(stage)
        stage.server.before = lambda number, at=killed_at: _die(number == at)  # type: ignore[misc]
        with pytest.raises(Power):
            await stage.poll()
        stage.server.before = lambda _: None
        stage.start()
        await stage.poll()
        assert {event.id: content(event) for event in stage.kafka.sent} == expected


@asked_each
async def test_a_round_that_was_broken_off_does_not_begin_from_the_start(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage, tickets=30)
    slow(stage)
    stage.server.before = lambda number: _die(number == 40)
    with pytest.raises(Power):
        await stage.poll()
    assert stage.kept.cursors[vendor.name, "support"].reached_ms > START_MS


@vendors
async def test_after_an_outage_of_hours_all_that_happened_is_found(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    stage.happen(1, "in")
    stage.wait(3600)
    await stage.poll()
    stage.happen(2, "in", after_seconds=5)
    stage.happen(1, "out")
    stage.wait(4 * 3600)
    stage.start()
    await stage.poll()
    assert not stage.missing()


@vendors
async def test_a_first_round_that_fails_for_hours_loses_nothing(vendor: Vendor) -> None:
    stage = Stage(vendor)
    stage.server.faults = [Response(status_code=500)] * 6
    await stage.poll()
    stage.happen(1, "in")
    stage.wait(4 * 3600)
    stage.start()
    await stage.poll()
    assert not stage.missing()


@vendors
async def test_what_a_source_holds_back_is_not_taken_as_read(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    stage.wait(3600)
    began_ms = stage.world.now_ms
    await stage.poll()
    held_back_ms = HELD_BACK_MS if vendor.name == "zendesk" else 0
    assert stage.kept.cursors[vendor.name, "support"] == Cursor.at(began_ms - held_back_ms)


def _die(now: bool) -> None:
    if now:
        raise Power


@vendors
async def test_what_moves_between_pages_while_they_are_read_is_not_lost(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage, tickets=14)
    changing = iter([5, 9, 14, 1, 20, 7, 21, 2, 8, 22])

    def change(_: int) -> None:
        if (ticket := next(changing, None)) is not None:
            stage.happen(ticket, "out")

    stage.server.before = change
    await stage.poll()
    stage.server.before = lambda _: None
    stage.wait(120)
    await stage.poll()
    assert not stage.missing()


async def test_a_deleted_conversation_that_pulls_the_others_forward_hides_none() -> None:
    """Pages by number: with the first page read, its deletion moves the fourth conversation to where it was read."""
    stage = stage_of(next(vendor for vendor in VENDORS if vendor.name == "chatwoot"))
    for ticket in range(1, 8):
        stage.happen(ticket, "in")

    def delete(number: int) -> None:
        if number == 1:
            del stage.world.tickets[7]

    stage.server.before = delete
    await stage.poll()
    others = {event.id for event in stage.webhooks if content(event)["ticket_id"] != "7"}
    assert not stage.missing() & others


steps = st.lists(
    st.one_of(
        st.tuples(st.just("happen"), st.integers(1, 7), st.sampled_from(["in", "out", "close", "reopen"])),
        st.tuples(st.just("poll"), st.integers(0, 12), st.booleans()),
        st.tuples(st.just("restart"), st.booleans(), st.none()),
    ),
    max_size=14,
)


@vendors
@given(steps)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_of_news_rounds_deaths_and_restarts_loses_nothing(
    vendor: Vendor, taken: list[tuple[str, object, object]]
) -> None:
    """A round may be broken off at a request, and news may come at each; a lost cursor means an overlap more."""
    stage = stage_of(vendor)
    for what, first, second in taken:
        if what == "happen":
            stage.happen(first, second)  # type: ignore[arg-type] # as drawn above
        elif what == "restart":
            stage.start()
            if first and stage.world.now_ms - START_MS < 500_000:  # as long as an overlap covers it
                stage.kept.cursors.clear()
        else:
            count = len(stage.server.log)

            def turn(number: int, at: object = first, news: object = second, before: int = count) -> None:
                _die(number - before == at)
                if news and (number - before) % 2:
                    stage.happen(1 + number % 9, "out")

            stage.server.before = turn
            try:
                await stage.poll()
            except Power:
                stage.start()
    stage.server.before = lambda _: None
    stage.wait(120)
    await stage.poll()
    assert not stage.missing()
    by_id: dict[str, object] = {}
    for event in stage.kafka.sent:
        if event.id in stage.exact([event]):
            assert by_id.setdefault(event.id, content(event)) == content(event)


@asked_each
async def test_a_ticket_that_is_gone_stops_nobody(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage)
    listed = len(stage.world.tickets)

    def delete(_: int) -> None:
        if len(stage.server.log) > listed and 4 in stage.world.tickets:
            del stage.world.tickets[4]

    stage.server.before = delete
    await stage.poll()
    others = {event.id for event in stage.webhooks if content(event)["ticket_id"] != "4"}
    assert not stage.missing() & others


@asked_each
async def test_what_cannot_be_read_is_counted_and_left_out(vendor: Vendor) -> None:
    """An entry of a listing, an answer about a ticket, and one that is no JSON."""
    stage = stage_of(vendor)
    busy(stage)
    spoilt: list[str] = []

    def spoil(path: str, answer: object) -> object:
        is_listing = any(isinstance(v, list) and v for v in _lists(answer)) and len(stage.server.log) == 0
        if is_listing:
            next(v for v in _lists(answer) if isinstance(v, list)).append({"id": {"a": "b"}})
            return answer
        if path in spoilt or (len(spoilt) < 2 and len(stage.server.log) > 6):
            if path not in spoilt:
                spoilt.append(path)
            return [] if path == spoilt[0] else b"<html>"
        return answer

    stage.server.after = spoil
    await stage.poll()
    assert stage.figure("carebeat_poll_malformed_total") >= 3
    assert stage.figure("carebeat_poll_rounds_total", outcome="done") == 1
    stage.server.after = lambda _, answer: answer
    before = len(stage.webhooks)
    stage.happen(5, "in")
    stage.wait(120)
    await stage.poll()
    new = stage.exact(stage.webhooks[before:])
    assert new
    assert new <= set(stage.kafka.ids)


def _lists(answer: object) -> list[object]:
    inner = answer.get("data") if isinstance(answer, dict) else None
    held = inner if isinstance(inner, dict) else answer
    return list(held.values()) if isinstance(held, dict) else []


@vendors
async def test_a_listing_that_nobody_can_follow_ends_the_round_and_the_next_finds_all(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage)
    stage.server.after = lambda _, __: {"error": "sorry"}
    await stage.poll()
    assert stage.figure("carebeat_poll_rounds_total", outcome="malformed") == 1
    assert stage.kept.cursors[vendor.name, "support"] == Cursor.at(START_MS)
    stage.server.after = lambda _, answer: answer
    await stage.poll()
    assert not stage.missing()


async def test_pages_that_never_end_are_not_followed_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "_MOST_PAGES", 20)
    monkeypatch.setattr(poll, "_MOST_ASKS", 20)
    stage = stage_of(next(vendor for vendor in VENDORS if vendor.name == "gorgias"))
    stage.happen(1, "in")
    endless = {"next_cursor": f"{10**13}|0"}
    stage.server.after = lambda path, answer: {**answer, "meta": endless} if "surveys" in path else answer
    await stage.poll()
    assert stage.figure("carebeat_poll_rounds_total", outcome="done") == 1
    assert stage.figure("carebeat_poll_malformed_total") == 1
    assert not stage.missing()
    stage.server.after = lambda _, answer: {**answer, "meta": endless}
    await stage.poll()
    assert stage.figure("carebeat_poll_rounds_total", outcome="malformed") == 1


@vendors
async def test_a_429_is_obeyed_to_the_second(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage)
    limited = Response(status_code=429, headers={"retry-after": "37"})
    stage.server.faults = [None, limited, None, limited, limited]
    await stage.poll()
    pauses = [b.at_seconds - a.at_seconds for a, b in pairwise(stage.server.log) if a.status == 429]
    assert pauses == [37.0, 37.0, 37.0]
    assert stage.figure("carebeat_poll_requests_total", outcome="limited") == 3
    assert not stage.missing()


@vendors
async def test_what_a_source_asked_for_in_one_round_is_obeyed_in_the_next(vendor: Vendor) -> None:
    """A round that was told to wait at its last attempt is over at once, and the next one is due."""
    stage = stage_of(vendor)
    stage.server.faults = [Response(status_code=429, headers={"retry-after": "600"})] * 6
    stage.server.before = lambda number: _die(number == 7)
    with pytest.raises(Power):
        await stage.run()
    assert gaps(stage)[:6] == [600.0] * 6
    assert stage.figure("carebeat_poll_rounds_total", outcome="limited") == 1


async def test_an_account_that_is_not_polled_any_more_shows_how_far_it_was() -> None:
    """So that the alarm for it does not end with a restart."""
    stage = stage_of(VENDORS[0])
    stage.wait(7200)
    stage.server.vendor = VENDORS[1]  # which refuses the token
    await stage.poll()
    assert stage.figure("carebeat_poll_rounds_total", outcome="denied") == 1
    assert stage.figure("carebeat_poll_cursor_timestamp_seconds") == START_MS / 1000


@vendors
async def test_there_is_never_more_than_one_request_at_a_time(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage)
    await stage.poll()
    assert stage.server.most_at_once == 1


@vendors
async def test_faults_of_the_source_are_tried_again_later_and_later(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage)
    stage.server.faults = [Response(status_code=503)] * 5
    await stage.poll()
    pauses = gaps(stage)[:5]
    assert [max(pause, 6.0) for pause in pauses] == [6.0, 6.0, 6.0, 8.0, 16.0]  # 6 is the least for one vendor's export
    assert not stage.missing()


@vendors
async def test_a_source_that_stays_away_costs_a_round_and_no_event(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage)

    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    await stage.poll(httpx.MockTransport(away))
    assert stage.figure("carebeat_poll_rounds_total", outcome="silent") == 1
    assert stage.figure("carebeat_poll_requests_total", outcome="silent") == 6
    await stage.poll()
    assert not stage.missing()


async def test_a_token_that_is_refused_is_not_tried_again_and_told() -> None:
    stage = stage_of(VENDORS[0])
    stage.server.vendor = VENDORS[1]
    await stage.poll()
    assert len(stage.server.log) == 1
    assert stage.figure("carebeat_poll_rounds_total", outcome="denied") == 1


@vendors
async def test_no_token_text_or_address_gets_out(vendor: Vendor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    stage = stage_of(vendor)
    busy(stage)
    stage.server.faults = [Response(status_code=500), Response(b"<", status_code=200)]
    stage.server.after = lambda path, answer: answer if len(stage.server.log) % 5 else [path]
    await stage.poll()
    shown = [event.value.decode() for event in stage.kafka.sent]
    shown += [caplog.text, stage.metrics.exposition("")[0].decode(), repr(stage.desk), str(stage.kept.cursors)]
    for secret in (TOKEN, "Hello", "bo@example.com", "Somebody"):
        assert not [text for text in shown if secret in text]


@vendors
async def test_while_events_cannot_be_kept_the_cursor_stays(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    busy(stage)
    stage.kafka.is_up = False
    await stage.poll()
    assert stage.kept.cursors[vendor.name, "support"] == Cursor.at(START_MS)
    assert stage.figure("carebeat_poll_rounds_total", outcome="kafka") == 1
    stage.kafka.is_up = True
    await stage.poll()
    assert not stage.missing()


@posting
async def test_what_no_webhook_brought_is_counted_once_it_is_sure(vendor: Vendor) -> None:
    stage = Stage(vendor)
    stage.happen(1, "in")  # before the process listened long enough: nobody can say
    stage.wait(120)
    stage.happen(2, "in", arrives=True)
    stage.happen(3, "in")
    late = stage.world.tickets[3][0]
    stage.happen(4, "in")
    stage.wait(70)
    await stage.poll()
    assert stage.figure("carebeat_missed_webhooks_total") == 0
    stage.told(late, arrives=True)
    stage.wait(601)
    await stage.poll()
    assert stage.figure("carebeat_missed_webhooks_total", type="message-received") == 1
    stage.wait(601)
    await stage.poll()
    assert stage.figure("carebeat_missed_webhooks_total", type="message-received") == 1


@posting
async def test_the_first_rounds_after_a_start_raise_no_alarm(vendor: Vendor) -> None:
    stage = stage_of(vendor)
    for ticket in range(5):
        stage.happen(ticket + 1, "in", arrives=True)
    stage.wait(30)
    stage.start()
    for _ in range(4):
        await stage.poll()
        stage.wait(400)
    assert stage.kafka.sent  # it has forgotten that they came
    assert stage.figure("carebeat_missed_webhooks_total") == 0


async def test_where_there_are_no_webhooks_none_is_missed() -> None:
    (vendor,) = set(VENDORS) - set(POSTING)
    stage = stage_of(vendor)
    stage.wait(120)
    busy(stage)
    for _ in range(2):
        await stage.poll()
        stage.wait(601)
    assert stage.kafka.sent
    assert "carebeat_missed_webhooks_total{" not in stage.metrics.exposition("")[0].decode()


def test_what_is_left_of_our_share_is_kept() -> None:
    poller = {vendor.name: Stage(vendor).desk.polling.poller for vendor in VENDORS}  # type: ignore[union-attr]
    now = START_MS
    assert poller["zendesk"].pause_seconds({"x-rate-limit-remaining": "3", "ratelimit-reset": "41"}, now) == 41
    assert poller["zendesk"].pause_seconds({"x-rate-limit-remaining": "300", "ratelimit-reset": "41"}, now) == 0
    reset = str(now // 1000 + 9)
    assert poller["intercom"].pause_seconds({"x-ratelimit-remaining": "2", "x-ratelimit-reset": reset}, now) == 9
    assert poller["intercom"].pause_seconds({"x-ratelimit-remaining": "x", "x-ratelimit-reset": reset}, now) == 0
    assert poller["gorgias"].pause_seconds({"x-gorgias-account-api-call-limit": "36/40"}, now) == 8
    assert poller["gorgias"].pause_seconds({"x-gorgias-account-api-call-limit": "20/40"}, now) == 0
    assert poller["chatwoot"].pause_seconds({"x-ratelimit-remaining": "0"}, now) == 0


async def test_the_share_that_is_told_slows_the_next_request() -> None:
    stage = stage_of(next(vendor for vendor in VENDORS if vendor.name == "gorgias"))
    stage.happen(1, "in")
    stage.server.headers = {"x-gorgias-account-api-call-limit": "40/40"}
    await stage.poll()
    assert set(gaps(stage)) == {10.0}
