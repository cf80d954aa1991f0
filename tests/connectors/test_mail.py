"""What a mail means, without any provider."""

import time
from typing import Any

import pytest

from app.connectors import mail
from app.connectors.connector import Account, Draft, Malformed

TEAM = Account("support", (), options={"team": "support@shop.example, @desk.example"})
HEAD = {
    "Received": "from mx.doe.example by mx.provider.example id 1; Mon, 2 Mar 2026 10:41:02 +0000 (UTC)",
    "From": '"Doe, Jane <x@y>" <Jane@Doe.example>',
    "To": "support@shop.example",
    "Message-ID": "<1@doe.example>",
}
REPLY = {"From": "Joe <joe@desk.example>", "To": "Jane <jane@doe.example>", "Message-ID": "<2@desk.example>"}


def _drafts(*recipients: str, account: Account = TEAM, **changes: str | None) -> list[Draft]:
    named = {name.replace("_", "-").lower(): value for name, value in changes.items()}
    given = {name.lower(): value for name, value in HEAD.items()} | named
    pairs = [(name, value) for name, value in given.items() if value is not None]
    return list(mail.events(mail.Mail(mail.headers(pairs), recipients, "fallback"), account))


def _one(*recipients: str, account: Account = TEAM, **changes: str | None) -> Draft:
    (draft,) = _drafts(*recipients, account=account, **changes)
    return draft


def _with(**options: str) -> Account:
    return Account("support", (), options={**TEAM.options, **options})


def test_a_mail_says_who_when_and_where() -> None:
    assert _one() == (
        "1@doe.example",
        {
            "type": "message-received",
            "channel": "email",
            "occurred_at": "2026-03-02T10:41:02Z",
            "ticket_id": "1@doe.example",
            "author_id": "jane@doe.example",
            "customer_id": "jane@doe.example",
        },
        frozenset({"ticket_id"}),
        ("mailto:jane@doe.example",),
    )


def test_a_mail_of_the_team_is_a_reply_to_the_customer() -> None:
    fields = _one(References="<1@doe.example>", **_reply()).fields
    assert (fields["type"], fields["author_kind"], fields["ticket_id"]) == ("reply-sent", "agent", "1@doe.example")
    assert (fields["author_id"], fields["customer_id"]) == ("joe@desk.example", "jane@doe.example")


def _reply(**changes: str) -> dict[str, Any]:
    return {**{name.replace("-", "_"): value for name, value in REPLY.items()}, **changes}


@pytest.mark.parametrize("address", ["support@shop.example", "Support+7@Shop.example", "anybody@desk.example"])
def test_the_team_is_known_by_address_or_domain(address: str) -> None:
    assert _one(**_reply(From=address)).fields["type"] == "reply-sent"


@pytest.mark.parametrize(
    "address", ["other@shop.example", "joe@desk.example.org", "joe@my-desk.example", "desk.example"]
)
def test_others_are_customers(address: str) -> None:
    assert _one(From=address).fields["type"] == "message-received"


def test_mail_within_the_team_is_nobodys_turn() -> None:
    assert _drafts(**_reply(To="support@shop.example", Cc="ann@desk.example")) == []
    assert len(_drafts(**_reply(To="support@shop.example", Cc="jane@doe.example"))) == 1


def test_without_a_team_there_are_only_messages() -> None:
    assert _one(account=Account("support", ()), **_reply()).fields["type"] == "message-received"


def test_a_thread_is_one_ticket_whoever_writes_in_it() -> None:
    first = _one()
    answer = _one(**_reply(), References="<1@doe.example>", In_Reply_To="<1@doe.example>")
    again = _one(Message_ID="<3@doe.example>", References="<1@doe.example>\r\n <2@desk.example>")
    without = _one(Message_ID="<4@doe.example>", In_Reply_To="<1@doe.example>")
    assert {draft.fields["ticket_id"] for draft in (first, answer, again, without)} == {"1@doe.example"}
    assert len({draft.native_id for draft in (first, answer, again, without)}) == 4


def test_a_number_behind_a_plus_is_the_ticket_where_the_account_says_so() -> None:
    account = _with(threads="plus-address")
    asked = _one("support+4711@shop.example", account=account)
    answered = _one(account=account, **_reply(From="support+4711@shop.example"))
    copied = _one("copies+4711@in.example", account=account, **_reply())
    assert {draft.fields["ticket_id"] for draft in (asked, answered, copied)} == {"+4711"}
    assert _one(account=account, To="support+4711@shop.example").fields["ticket_id"] == "+4711"
    assert _one("support@shop.example", account=account).fields["ticket_id"] == "1@doe.example"
    assert _one("support+4711@shop.example").fields["ticket_id"] == "1@doe.example"


def test_a_plus_in_the_customers_own_address_is_no_ticket() -> None:
    assert (
        _one(account=_with(threads="plus-address"), From="jane+news@doe.example").fields["ticket_id"] == "1@doe.example"
    )
    assert (
        _one(account=_with(threads="plus-address"), **_reply(To="jane+news@doe.example")).fields["ticket_id"] != "+news"
    )


@pytest.mark.parametrize("header", ["To", "Cc", "Reply_To"])
def test_a_plus_in_anybodys_address_but_ours_is_no_ticket(header: str) -> None:
    account, theirs = _with(threads="plus-address"), "Somebody <returns+4711@parcels.example>"
    assert _one(account=account, **{header: theirs}).fields["ticket_id"] == "1@doe.example"
    assert _one(account=account, **_reply(**{header: theirs})).fields["ticket_id"] == "2@desk.example"
    asked = _one(account=account, To=f"{theirs}, support+12@shop.example", Cc=theirs)
    assert asked.fields["ticket_id"] == "+12"


AUTOMATIC = [
    {"Auto_Submitted": "auto-replied"},
    {"Auto_Submitted": "auto-generated; owner-email=x"},
    {"Auto_Submitted": "Auto-Notified"},
    {"Precedence": "bulk"},
    {"Precedence": " Junk"},
    {"Precedence": "auto_reply"},
    {"Return_Path": "<>"},
    {"Return_Path": ""},
    {"Content_Type": 'multipart/report; report-type=delivery-status; boundary="x"'},
    {"Content_Type": "Multipart/Report; report-type=disposition-notification"},
    {"X_Failed_Recipients": "joe@shop.example"},
    {"X_Autoreply": "yes"},
    {"X_Autorespond": "Re: my parcel"},
    {"From": "Mail Delivery Subsystem <MAILER-DAEMON@mx.example>"},
    {"From": "postmaster@mx.example"},
]


@pytest.mark.parametrize("headers", AUTOMATIC)
def test_what_a_program_wrote_is_nobodys_turn(headers: dict[str, str]) -> None:
    assert _drafts(**headers) == []
    assert _drafts(account=_with(mailing_lists="people"), **headers) == []
    assert _drafts(**_reply(**headers)) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "no"},
        {"Auto_Submitted": "No (I typed this)"},
        {"Precedence": "first-class"},
        {"Return_Path": "<jane@doe.example>"},
        {"Content_Type": "multipart/mixed"},
        {"X_Autoreply": "no"},
        {"From": "postmaster.jane@doe.example"},
    ],
)
def test_what_only_looks_like_it_is_a_turn(headers: dict[str, str]) -> None:
    assert len(_drafts(**headers)) == 1


@pytest.mark.parametrize(
    "headers", [{"Precedence": "list"}, {"List_Id": "<x.example>"}, {"List_Unsubscribe": "<mailto:x>"}]
)
def test_mail_through_a_list_counts_where_the_team_receives_its_mail_so(headers: dict[str, str]) -> None:
    assert _drafts(**headers) == []
    assert _drafts(account=_with(mailing_lists="automatic"), **headers) == []
    assert len(_drafts(account=_with(mailing_lists="people"), **headers)) == 1


def test_the_instant_is_the_providers_else_the_senders() -> None:
    date = "Mon, 2 Mar 2026 11:40:59 +0100"
    assert _one(Date=date).fields["occurred_at"] == "2026-03-02T10:41:02Z"
    assert _one(Date=date, Received=None).fields["occurred_at"] == "2026-03-02T10:40:59Z"
    assert _one(Date=date, Received="from a by b; yesterday").fields["occurred_at"] == "2026-03-02T10:40:59Z"
    assert _one(Date="2 Mar 2026 11:40:59 -0000", Received=None).fields["occurred_at"] == "2026-03-02T11:40:59Z"


def test_of_several_received_only_the_topmost_is_the_providers() -> None:
    pairs = [
        ("Received", "by mx.provider.example; Mon, 2 Mar 2026 10:41:02 +0000"),
        ("Received", "by forged.example; Mon, 2 Mar 2020 10:41:02 +0000"),
    ]
    (draft,) = mail.events(mail.Mail(mail.headers(pairs), (), "x"), TEAM)
    assert draft.fields["occurred_at"] == "2026-03-02T10:41:02Z"


@pytest.mark.parametrize(
    "date",
    [None, "", "yesterday", "Mon, 99 Mar 2026 10:41:02 +0000", "31 Dec 9999 23:00:00 -2300", "1 Jan 1999 00:00 +0000"],
)
def test_a_mail_without_an_instant_is_malformed(date: str | None) -> None:
    with pytest.raises(Malformed, match="neither Received nor Date"):
        _drafts(Received=None, Date=date)


def test_a_mail_without_an_id_is_known_by_its_head() -> None:
    assert _one(Message_ID=None).native_id == "fallback"
    assert _one(Message_ID="none at all").native_id == "fallback"
    assert mail.digest("a") == mail.digest("a") != mail.digest("b")
    assert mail.digest("\ud800")


def test_a_mail_from_nobody_is_a_message_of_nobody() -> None:
    assert _one(From=None).fields.keys().isdisjoint({"author_id", "customer_id"})


def test_only_wanted_headers_are_kept_and_no_more_than_any_honest_mail_has() -> None:
    kept = mail.headers([("Subject", "secret"), *[("TO", "x" * 9000)] * 99])
    assert kept.keys() == {"to"}
    assert len(kept["to"]) < 10
    assert len(kept["to"][0]) < 9000


@pytest.mark.parametrize(
    "text",
    [
        *(letter * 5000 for letter in '(<",:a+'),
        *(pair * 2500 for pair in ('\\"', '"\\', "a+", ":0", "+0", "<a")),
        "a@b," * 1300,
        "<a@" * 1700,
        " " * 4999 + "x",
        "no" + " " * 4990 + "x",
    ],
)
def test_hostile_headers_take_no_longer_than_others(text: str) -> None:
    began = time.perf_counter()
    for name in ("From", "To", "References", "Received", "Date", "Return_Path", "Auto_Submitted", "Reply_To"):
        try:
            _drafts(text, text, account=_with(threads="plus-address"), **{name: text})
        except Malformed:
            continue
    assert time.perf_counter() - began < 0.5
