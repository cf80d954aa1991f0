import re

import pytest

from app.config import parse
from app.config_authority_doubts import desks_and_channels, doubts_of_authority
from app.config_doubts import doubts

ACCOUNTS = """
connectors:
  zendesk: {support: {secrets: [{env: A}]}}
  whatsapp: {shop: {secrets: [{env: A}], keys: {verify_token: {env: B}}}}
  generic: {surveys: {secrets: [{env: A}]}}
"""
BOTH = "accounts: [zendesk/support, whatsapp/shop]"
ALL = "accounts: [zendesk/support, whatsapp/shop, generic/surveys]"


def told(text: str) -> list[str]:
    return [problem.text for problem in doubts_of_authority(parse(text))]


@pytest.mark.parametrize(
    "group",
    [
        f"{{{BOTH}, main: zendesk/support}}",
        f"{{{BOTH}, main: whatsapp/shop, channel: whatsapp}}",
        f"{{{ALL}, main: zendesk/support, events: {{survey-answered: generic/surveys}}}}",
        f"{{{ALL}, main: generic/surveys, events: {{ticket-closed: zendesk/support}}}}",
    ],
)
def test_one_authority_for_a_conversation_or_shared_ticket_ids_are_no_doubt(group: str) -> None:
    assert told(f"{ACCOUNTS}authority: [{group}]") == []


def test_a_close_on_another_ticket_leaves_its_conversation_open_for_ever() -> None:
    group = f"{{{BOTH}, main: whatsapp/shop, channel: whatsapp, events: {{ticket-closed: zendesk/support}}}}"
    (text,) = told(f"{ACCOUNTS}authority: [{group}]")
    assert text.startswith(
        "`zendesk/support` does not know the ticket ids of `whatsapp/shop`: its `ticket-closed` splits"
    )
    assert "stays open for ever. Make `zendesk/support` the `main`, or leave `ticket-closed` out" in text


def test_messages_from_the_channel_and_all_else_from_the_desk_split_the_conversation() -> None:
    group = f"{{{BOTH}, main: zendesk/support, events: {{message-received: whatsapp/shop}}}}"
    (text,) = told(f"{ACCOUNTS}authority: [{group}]")
    assert "splits a conversation over two ids. Make `whatsapp/shop` the `main`" in text


def test_a_desk_all_of_whose_channels_are_dropped_for_one_is_a_doubt() -> None:
    (text,) = told(f"{ACCOUNTS}authority: [{{{BOTH}, main: whatsapp/shop}}]")
    assert text == (
        "all that `zendesk/support` tells is dropped, also of channels that `whatsapp/shop` does not see:"
        " write `channel: whatsapp`, or make `zendesk/support` the `main`"
    )


def test_a_desk_and_a_channel_of_one_name_see_each_message_twice() -> None:
    text = ACCOUNTS.replace("support: {", "support: {channel: whatsapp, ")
    (found,) = told(text)
    assert "are both of `whatsapp`: a message that both see counts twice" in found
    example = re.search(r"`(authority: .*?)`", found)
    assert example is not None
    assert told(f"{text}{example[1]}") == []


def test_who_may_see_the_same_is_known_until_the_configuration_says_who_tells_it() -> None:
    assert desks_and_channels(parse(ACCOUNTS)) == [("zendesk/support", "whatsapp/shop")]
    assert desks_and_channels(parse(f"{ACCOUNTS}authority: [{{{BOTH}, main: zendesk/support}}]")) == []


def test_two_sources_that_number_their_tickets_share_the_numbers() -> None:
    text = "connectors: {zendesk: {support: {secrets: [{env: A}]}}, chatwoot: {desk: {secrets: [{env: A}]%s}}}"
    (found,) = told(text % "")
    assert "ticket 42 of `chatwoot/desk` and ticket 42 of `zendesk/support` would be one ticket" in found
    assert "`ticket_prefix`" in found
    assert told(text % ", ticket_prefix: cw-") == []


def test_a_channel_that_is_never_closed_is_told_at_its_account_where_it_is_not_listed() -> None:
    found = {problem.place: problem.text for problem in doubts(parse(ACCOUNTS))}
    assert "nobody says that a ticket of `whatsapp` is closed" in found["connectors", "whatsapp", "shop"]
    assert not list(doubts(parse(f"{ACCOUNTS}defaults: {{close_after_silence: 24h}}")))
    assert not list(doubts(parse(f"{ACCOUNTS}authority: [{{{BOTH}, main: zendesk/support}}]")))
    dropped = f"{ACCOUNTS}authority: [{{{BOTH}, main: whatsapp/shop, channel: whatsapp}}]"
    assert [problem.place for problem in doubts(parse(dropped))] == [("connectors", "whatsapp", "shop")]
