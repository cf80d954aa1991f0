from typing import Any, cast

import pytest

from app.config import parse
from app.config_reach import emitted, missing, never_closed
from app.connectors.connector import Capabilities, Connector

CLOSED = "ticket-closed"


class Raw:
    """A messaging channel: people write, people answer, nothing is ever closed."""

    capabilities = Capabilities(emits=frozenset({"message-received", "reply-sent"}))


class Desk:
    capabilities = Capabilities(emits=frozenset({"reply-sent", CLOSED, "ticket-assigned"}))


RAW = {"generic": cast("Connector", Raw())}
DESK = {"generic": cast("Connector", Desk())}
ACCOUNT = "connectors: {generic: {a: {secrets: [{env: A}], channel: web}}}\n"


def figures(text: str, connectors: Any, channel: str = "web") -> list[str]:
    return [each.figures for each in missing(parse(text), [channel], connectors)]


def test_a_channel_whose_accounts_never_close_has_no_resolution() -> None:
    assert never_closed(parse(ACCOUNT), "web", RAW)
    assert "resolution, backlog that shrinks, settled closes" in figures(ACCOUNT, RAW)


@pytest.mark.parametrize(
    ("text", "connectors"),
    [
        (ACCOUNT + "channels: {web: {close_after_silence: 24h}}", RAW),
        (ACCOUNT, DESK),
        ("channels: {web: }", RAW),
    ],
)
def test_silence_a_source_of_closes_or_ignorance_of_sources_is_no_doubt(text: str, connectors: Any) -> None:
    assert not never_closed(parse(text), "web", connectors)
    assert "resolution, backlog that shrinks, settled closes" not in figures(text, connectors)


class Both:
    """Messages on the account's channel, calls on one that the source names."""

    capabilities = Capabilities(
        emits=frozenset({"reply-sent", CLOSED}),
        by_channel={"": frozenset({"reply-sent"}), "phone": frozenset({"reply-sent", CLOSED})},
    )


def test_closes_of_calls_are_none_of_messages() -> None:
    both = {"generic": cast("Connector", Both())}
    assert never_closed(parse(ACCOUNT), "web", both)
    assert not never_closed(parse(ACCOUNT), "phone", both)
    assert emitted(parse(ACCOUNT), "fax", both) == {}


def test_one_account_of_several_that_closes_is_enough() -> None:
    both = "connectors: {generic: {a: {secrets: [{env: A}], channel: web}, b: {secrets: [{env: A}], channel: web}}}"
    assert not never_closed(parse(both), "web", DESK)


def test_what_is_missing_names_accounts_event_and_way_out() -> None:
    (found,) = [each for each in missing(parse(ACCOUNT), ["web"], DESK) if each.figures == "satisfaction"]
    assert (found.reason, found.way_out) == ("no `survey-answered` from generic/a", "send `survey-answered`")


def test_without_a_schedule_there_is_no_business_time_and_channels_are_told_of_together() -> None:
    config = parse("channels: {a: , b: }")
    (found,) = missing(config, ["a", "b"])
    assert (found.channels, found.figures) == (("a", "b"), "durations in business time")
    hours = 'schedules: {office: {zone: UTC, week: {mon: "09:00-10:00"}}}\ndefaults: {schedule: office}'
    assert not missing(parse(hours), ["a"])


def test_the_generic_connector_can_tell_everything() -> None:
    assert [each.figures for each in missing(parse(ACCOUNT), ["web"])] == ["durations in business time"]


SEVERAL = """
connectors:
  zendesk: {support: {secrets: [{env: A}]}}
  whatsapp: {shop: {secrets: [{env: A}], keys: {verify_token: {env: B}}}}
  generic: {shop: {secrets: [{env: A}]}}
"""
CLOSES = "resolution, backlog that shrinks, settled closes"


def told_of(text: str, *channels: str) -> dict[str, tuple[tuple[str, ...], tuple[str, ...], str]]:
    return {each.figures: (each.channels, each.accounts, each.reason) for each in missing(parse(text), channels)}


def test_a_source_of_one_channel_is_judged_without_its_name_in_the_configuration() -> None:
    assert never_closed(parse(SEVERAL), "whatsapp")
    found = told_of(SEVERAL, "whatsapp")
    assert found[CLOSES] == (("whatsapp",), (), "no `ticket-closed` from whatsapp/shop")


def test_a_source_of_many_channels_is_judged_by_itself() -> None:
    found = told_of(SEVERAL, "whatsapp")
    assert found["voice handling time"][1:] == (("zendesk/support",), "no `call-ended`")
    assert told_of(SEVERAL)[CLOSES] == ((), ("whatsapp/shop",), "no `ticket-closed`")


def test_what_the_authority_tells_counts_for_the_channel_under_it() -> None:
    text = SEVERAL + "authority: [{accounts: [zendesk/support, whatsapp/shop], main: zendesk/support}]"
    assert not never_closed(parse(text), "whatsapp")
    found = missing(parse(text), ["whatsapp"])
    assert CLOSES not in [each.figures for each in found]
    calls = [(each.channels, each.reason) for each in found if each.figures == "voice handling time"]
    assert (("whatsapp",), "no `call-ended` from zendesk/support") in calls


def test_what_is_dropped_is_not_told() -> None:
    group = "{accounts: [zendesk/support, whatsapp/shop], main: whatsapp/shop, channel: whatsapp}"
    config = parse(f"{SEVERAL}authority: [{group}]")
    assert never_closed(config, "whatsapp")
    (found,) = [each for each in missing(config, ["whatsapp"]) if each.figures == CLOSES]
    assert (found.channels, found.reason) == (("whatsapp",), "no `ticket-closed` from whatsapp/shop")


def test_what_is_dropped_although_its_ticket_could_be_right_is_told_as_the_reason() -> None:
    group = (
        "{accounts: [zendesk/support, generic/shop], main: zendesk/support, events: {survey-answered: generic/shop}}"
    )
    found = [each for each in missing(parse(f"{SEVERAL}authority: [{group}]"), []) if each.figures == "conversion"]
    told = {each.accounts: each.reason for each in found}
    assert told["zendesk/support",] == "`order-placed` of generic/shop is dropped"
    assert told["whatsapp/shop",] == "no `order-placed`"
