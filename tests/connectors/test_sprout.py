"""Sprout: cases as its listing tells them, and how that is asked for."""

from typing import Any

import pytest

from app.connectors.connector import Draft, Malformed
from app.connectors.poller import Ask, Listed
from app.connectors.sprout import Sprout
from app.connectors.sprout_poll import SproutPoller
from tests.connectors.cases.sprout import CASE, CASE_CLOSED, CASE_OPEN, CASE_REOPENED, COMING
from tests.gateway.vendors.server import instant
from tests.gateway.vendors.sprout import SproutServer
from tests.gateway.vendors.stage import Stage, content
from tests.gateway.vendors.world import START_MS

POLLER = SproutPoller()
DAY_MS = 86_400_000


def drafts(case: dict[str, Any]) -> dict[str, Draft]:
    return {draft.fields["type"]: draft for draft in Sprout().normalise({"case": case}, CASE.account)}


def test_an_owner_and_a_priority_are_of_the_last_change() -> None:
    told = drafts(CASE_OPEN)
    assert told["ticket-assigned"].fields["team"] == "756"
    assert told["ticket-labelled"].fields["priority"] == "high"
    assert {told[kind].fields["occurred_at"] for kind in ("ticket-assigned", "ticket-labelled")} == {
        CASE_OPEN["updated_time"]
    }


def test_a_reopening_is_one_however_often_the_case_changes_afterwards() -> None:
    first, second = (drafts({**CASE_REOPENED, "updated_time": f"2026-03-02T1{n}:00:00Z"}) for n in (1, 2))
    assert first["ticket-reopened"].native_id == second["ticket-reopened"].native_id
    assert first["ticket-closed"] == second["ticket-closed"] == drafts(CASE_CLOSED)["ticket-closed"]


def test_a_reopening_is_after_its_close() -> None:
    told = drafts({**CASE_REOPENED, "updated_time": CASE_REOPENED["last_closed_time"]})
    assert told["ticket-reopened"].fields["occurred_at"] == "2026-03-02T10:45:00.001Z"


def test_a_closed_case_that_names_no_close_was_closed_by_its_last_change() -> None:
    told = drafts({**CASE_CLOSED, "last_closed_time": None})
    assert told["ticket-closed"].fields["occurred_at"] == CASE_CLOSED["updated_time"]


def test_who_answered_is_unknown() -> None:
    sent = {"case": CASE_OPEN, "message": {**COMING, "case_message_direction": "SENT"}}
    (draft,) = Sprout().normalise(sent, CASE.account)
    assert (draft.fields["type"], draft.fields["author_kind"]) == ("reply-sent", "unknown")


def listed(ask: Ask, *cases: Any, **more: Any) -> Listed:
    return POLLER.listed(ask, {"data": list(cases), **more}, 0)


def test_days_are_asked_one_after_the_other_to_an_hour_ahead() -> None:
    ask: Ask | None = POLLER.listing(START_MS, START_MS + 2 * DAY_MS)
    filters = []
    while ask is not None:
        assert ask.body is not None
        filters += ask.body["filters"]
        ask = listed(ask).next
    assert filters == [
        "latest_activity_time.in(2026-03-02T10:40:00..2026-03-03T10:40:00)",
        "latest_activity_time.in(2026-03-03T10:40:00..2026-03-04T10:40:00)",
        "latest_activity_time.in(2026-03-04T10:40:00..2026-03-04T11:40:00)",
    ]


def test_a_page_names_the_next_of_the_same_day() -> None:
    ask = POLLER.listing(START_MS, START_MS)
    following = listed(ask, CASE_OPEN, paging={"next_cursor": "456def=="}).next
    assert following is not None
    assert following.body == {**(ask.body or {}), "page_cursor": "456def=="}
    with pytest.raises(Malformed, match="next_cursor"):
        listed(ask, CASE_OPEN, paging={})


def test_an_entry_that_cannot_be_read_is_counted_and_hides_no_other() -> None:
    page = listed(POLLER.listing(START_MS, START_MS), {**CASE_OPEN, "created_time": "today"}, 7, CASE_OPEN)
    assert (page.malformed, [one.ticket for one in page.found]) == (2, ["19508937"])


def test_a_case_changed_when_its_last_message_came() -> None:
    (found,) = listed(POLLER.listing(START_MS, START_MS), CASE_OPEN).found
    assert found.changed_ms == START_MS + 60_000
    assert found.is_open
    assert len(found.items) == 3
    assert "is_anchor" not in str(found)


async def test_a_message_that_is_older_than_its_case_comes_with_it() -> None:
    stage = Stage(SproutServer())
    stage.wait(10_800)
    await stage.poll()
    first, made_ms = stage.happen(1, "in"), stage.world.now_ms
    stage.happen(1, "out")
    stage.world.tickets[1][0] = first._replace(at_ms=made_ms - 7_200_000)

    def made_late(_: str, answer: Any) -> Any:
        return {"data": [{**case, "created_time": instant(made_ms)} for case in answer["data"]]}

    stage.server.after = made_late
    await stage.poll()
    (told,) = [content(event) for event in stage.kafka.sent if event.type == "message-received"]
    assert told["occurred_at"] == instant(made_ms - 7_200_000)


async def test_a_case_that_was_read_before_is_not_told_from_the_start() -> None:
    stage = Stage(SproutServer())
    await stage.poll()
    stage.happen(1, "in")
    await stage.poll()
    stage.wait(7200)
    await stage.poll()
    stage.start()  # it remembers nothing
    before = len(stage.kafka.sent)
    stage.happen(1, "out")
    await stage.poll()
    assert [event.type for event in stage.kafka.sent[before:]] == ["reply-sent"]
