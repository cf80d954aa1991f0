from typing import Final

import pytest

from app.config import parse, rules
from app.config_authority import capabilities_of, drops
from app.errors import ConfigurationError

ACCOUNTS: Final = """
connectors:
  zendesk: {support: {secrets: [{env: A}]}}
  whatsapp: {shop: {secrets: [{env: A}], keys: {verify_token: {env: B}}}}
  mailgun: {support: {secrets: [{env: A}]}}
  generic: {surveys: {secrets: [{env: A}]}}
"""
BOTH: Final = "accounts: [zendesk/support, whatsapp/shop]"
SURVEYS: Final = "accounts: [zendesk/support, whatsapp/shop, generic/surveys], main: zendesk/support"


def dropped(groups: str, account: str) -> dict[str, frozenset[str]]:
    config = parse(f"{ACCOUNTS}authority: {groups}")
    return dict(drops(config.authority, account, capabilities_of(account).emits))


def complaint(groups: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        parse(f"{ACCOUNTS}authority:\n  - {groups}", "c.yaml")
    return str(refused.value)


def test_one_account_tells_all_that_any_of_them_could() -> None:
    group = f"[{{{BOTH}, main: zendesk/support}}]"
    assert dropped(group, "zendesk/support") == {}
    assert dropped(group, "whatsapp/shop") == {"message-received": frozenset(), "reply-sent": frozenset()}
    assert dropped(group, "mailgun/support") == {}


def test_what_the_authority_never_tells_is_dropped_too() -> None:
    told = dropped(f"[{{{BOTH}, main: whatsapp/shop, channel: whatsapp}}]", "zendesk/support")
    assert set(told) == capabilities_of("zendesk/support").emits
    assert set(told.values()) == {frozenset({"whatsapp"})}


def test_single_kinds_can_be_anothers() -> None:
    group = f"[{{{SURVEYS}, events: {{survey-answered: generic/surveys}}}}]"
    assert set(dropped(group, "zendesk/support")) == {"survey-answered"}
    everything = capabilities_of("generic/surveys").emits
    assert set(dropped(group, "generic/surveys")) == everything - {"survey-answered"}


def test_an_account_can_share_each_of_its_channels_with_another() -> None:
    groups = f"""
  - {{{BOTH}, main: whatsapp/shop, channel: whatsapp}}
  - {{accounts: [zendesk/support, mailgun/support], main: mailgun/support, channel: [email, web-form]}}
"""
    assert dropped(groups, "zendesk/support")["ticket-closed"] == {"whatsapp", "email", "web-form"}


def test_who_tells_changes_no_rule() -> None:
    group = f"{ACCOUNTS}authority: [{{{BOTH}, main: zendesk/support}}]"
    assert rules(parse(group), "log") == rules(parse(ACCOUNTS), "log")
    assert parse(f"{ACCOUNTS}authority:").authority == []


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("{accounts: [zendesk/suport, whatsapp/shop], main: x}", "`zendesk/suport` does not stand under `connectors`; did"),
        ("{accounts: [fax, whatsapp/shop], main: x}", "there are: zendesk/support, whatsapp/shop, mailgun/support, generic"),
        (f"{{{BOTH}, main: whatsapp/shops}}", "`main` (whatsapp/shops) is none of `accounts`; did you mean `whatsapp/shop`?"),
        (f"{{{BOTH}, main: generic/surveys}}", "name one of them (zendesk/support, whatsapp/shop), or add it"),
        ("{accounts: [zendesk/support], main: zendesk/support}", "two or more that differ, for example `accounts: ["),
        ("{accounts: [zendesk/support, zendesk/support], main: zendesk/support}", "two or more that differ"),
        (
            f"{{{BOTH}, main: zendesk/support, events: {{mesage-received: whatsapp/shop}}}}",
            "`mesage-received` is no type of event; did you mean `message-received`?",
        ),
        (
            f"{{{BOTH}, main: zendesk/support, events: {{reply-sent: mailgun/support}}}}",
            "`events: reply-sent` (mailgun/support) is none of `accounts`",
        ),
        (
            f"{{{BOTH}, main: zendesk/support, events: {{ticket-closed: whatsapp/shop}}}}",
            "`whatsapp/shop` cannot tell `ticket-closed`: of these only zendesk/support can. It tells message-received, reply",
        ),
        (
            f"{{{BOTH}, main: zendesk/support, events: {{call-ended: whatsapp/shop}}}}",
            "`whatsapp/shop` cannot tell `call-ended`: none of these can",
        ),
        (f"{{{BOTH}}}", "`main` is missing; for example `main: zendesk/support`"),
        (f"{{{BOTH}, mian: whatsapp/shop}}", "`mian` is no key here; did you mean `main`?"),
        (f"{{{BOTH}, main: zendesk/support, channel: [Whats App]}}", "`channel`"),
        (f"{{{BOTH}, main: zendesk/support, channel: []}}", "`channel` names nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_with_its_line_and_a_way_out(group: str, words: str) -> None:
    told = complaint(group)
    assert told.startswith("c.yaml:8: ")
    assert words in told


@pytest.mark.parametrize("channel", ["", ", channel: [whatsapp, email]"])
def test_an_account_in_two_groups_needs_channels_that_tell_which_holds(channel: str) -> None:
    other = "{accounts: [zendesk/support, mailgun/support], main: zendesk/support, channel: email}"
    told = complaint(f"{{{BOTH}, main: zendesk/support{channel}}}\n  - {other}")
    assert told.startswith("c.yaml:9: `zendesk/support` stands in another group too")
