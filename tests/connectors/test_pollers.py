"""All pollers: whatever a source answers, they understand it or say that they do not."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.connector import Malformed
from app.connectors.poller import Ask, Found, Poller
from app.connectors.registry import CONNECTORS, POLLERS
from tests.gateway.vendors.stage import URLS, VENDORS, Stage
from tests.gateway.vendors.world import START_MS

SINCE_MS = START_MS
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**60) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
each = pytest.mark.parametrize("stage", [Stage(vendor) for vendor in VENDORS], ids=lambda stage: stage.vendor.name)


def answers(stage: Stage) -> Iterator[tuple[Ask, Any]]:
    """Requests of a round and their right answers: the listing's first page, and all about its first ticket."""
    poller = _poller(stage)
    listing = poller.listing(SINCE_MS, stage.world.now_ms)
    answer = _answer(stage, listing)
    yield listing, answer
    asks = list(poller.details(poller.listed(listing, answer, SINCE_MS).found[0]))
    while asks:
        ask = asks.pop()
        answer = _answer(stage, ask)
        yield ask, answer
        asks += poller.read(ask, answer, SINCE_MS).asks


def _poller(stage: Stage) -> Poller:
    return POLLERS[stage.vendor.name]


def _answer(stage: Stage, ask: Ask) -> Any:
    return stage.vendor.answer(stage.world, URLS.get(stage.vendor.name, "") + ask.path, ask.query, ask.body)


def understood(stage: Stage, ask: Ask, answer: Any) -> None:
    """As a round does it. Nothing but Malformed may come out."""
    poller, account, connector = _poller(stage), stage.desk.account, CONNECTORS[stage.vendor.name]
    try:
        if ask.path == poller.listing(SINCE_MS, SINCE_MS).path:
            items = [item for found in poller.listed(ask, answer, SINCE_MS).found for item in _all_of(poller, found)]
        else:
            items = list(poller.read(ask, answer, SINCE_MS).items)
    except Malformed:
        return
    for item in items:
        try:
            connector.normalise(item, account)
        except Malformed:
            continue


def _all_of(poller: Poller, found: Found) -> tuple[Any, ...]:
    poller.details(found)
    return found.items


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in members:
        yield from _places(inner, (*place, name))


def _with(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    if not place:
        return other
    copy = value.copy()
    copy[place[0]] = _with(value[place[0]], place[1:], other)
    return copy


def _busy(stage: Stage) -> list[tuple[Ask, Any]]:
    if not stage.world.tickets:
        for kind in ("in", "out", "close", "reopen", "in"):
            stage.happen(1, kind)
        stage.happen(2, "in")
        stage.wait(120)
    return list(answers(stage))


@each
@given(st.data())
def test_one_changed_value_is_understood_or_malformed(stage: Stage, data: st.DataObject) -> None:
    ask, answer = data.draw(st.sampled_from(_busy(stage)))
    place = data.draw(st.sampled_from(list(_places(answer))))
    understood(stage, ask, _with(answer, place, data.draw(json_values)))


@each
def test_every_value_in_turn_may_be_of_any_type(stage: Stage) -> None:
    for ask, answer in _busy(stage):
        for place in _places(answer):
            for other in (None, True, -1, 10**30, 1.5, "", "x" * 50, [], [[]], {}, {"id": {}}):
                understood(stage, ask, _with(answer, place, other))


def _owners(stage: Stage, items: Iterable[Any]) -> set[tuple[str, str]]:
    """Which ticket is of whom."""
    drafts = (draft for item in items for draft in stage.desk.connector.normalise(item, stage.desk.account))
    return {(draft.fields["ticket_id"], point) for draft in drafts for point in draft.contacts}


@pytest.mark.parametrize("name", ["chatwoot", "gorgias", "intercom"])
def test_polling_knows_whose_a_ticket_is_where_webhooks_do(name: str) -> None:
    stage = Stage(next(vendor for vendor in VENDORS if vendor.name == name))
    poller, ((listing, answer), *details) = _poller(stage), _busy(stage)
    found = poller.listed(listing, answer, SINCE_MS).found[0]
    polled = [*found.items, *(item for ask, told in details for item in poller.read(ask, told, SINCE_MS).items)]
    happenings = stage.world.tickets[int(found.ticket)]
    posted = [item for happening in happenings for item in stage.vendor.webhooks(stage.world, happening)]
    assert _owners(stage, polled) == _owners(stage, posted) != set()


@each
def test_nothing_that_people_wrote_or_are_called_waits_in_memory(stage: Stage) -> None:
    """Thousands of tickets wait for their turn."""
    ask, answer = _busy(stage)[0]
    held = str(_poller(stage).listed(ask, answer, SINCE_MS))
    assert not [word for word in ("Hello", "example.com", "Somebody", "'Bo'") if word in held]
