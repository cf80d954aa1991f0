import pytest

from app.config import Config, parse, rules
from app.errors import ConfigurationError
from app.links import link

DESK = "https://desk.example/tickets/{ticket_id}"


def with_template(template: str) -> Config:
    return parse(f"defaults:\n  ticket_url: '{template}'", "c.yaml")


def complaint(template: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        with_template(template)
    return str(refused.value)


@pytest.mark.parametrize(
    ("template", "ticket", "expected"),
    [
        (DESK, "4711", "https://desk.example/tickets/4711"),
        (DESK, "a/../b?c=d#e&f %", "https://desk.example/tickets/a%2F..%2Fb%3Fc%3Dd%23e%26f%20%25"),
        (DESK, "grüße", "https://desk.example/tickets/gr%C3%BC%C3%9Fe"),
        (DESK, "{channel}", "https://desk.example/tickets/%7Bchannel%7D"),
        ("https://d.example/#/{channel}/{ticket_id}?x={{1}}", "7", "https://d.example/#/web/7?x={1}"),
    ],
)
def test_values_are_quoted_into_the_template(template: str, ticket: str, expected: str) -> None:
    assert link(template, ticket, "web") == expected


def test_an_unknown_placeholder_is_refused_with_key_line_and_fix() -> None:
    said = complaint("https://desk.example/{ticket}")
    assert said.startswith(
        "c.yaml:2: `ticket_url` (https://desk.example/{ticket}) has the unknown placeholder {ticket};"
    )
    assert "did you mean {ticket_id}?" in said
    assert said.endswith(f"for example `ticket_url: {DESK}`")


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("https://desk.example/{0}/{ticket_id}", "there are {ticket_id}, {channel}"),
        ("https://desk.example/{ticket_id.__class__}", "unknown placeholder {ticket_id.__class__}"),
        ("https://desk.example/{ticket_id!r}", "may not format values"),
        ("https://desk.example/{ticket_id:>9}", "may not format values"),
        ("https://desk.example/{ticket_id", "a brace too many or too few"),
        ("https://desk.example/tickets", "names no ticket"),
        ("desk.example/{ticket_id}", "is no address"),
        ("javascript:alert({ticket_id})", "is no address"),
        ("https:///{ticket_id}", "is no address"),
        ("https://desk.example/a b/{ticket_id}", "is no address"),
        ("https://{ticket_id}.example/", "has a placeholder in its host"),
        ("https://me:secret@desk.example/{ticket_id}", "must hold no user or password"),
    ],
)
def test_a_template_that_cannot_be_a_link_is_refused(template: str, words: str) -> None:
    assert words in complaint(template)


def test_a_template_is_text() -> None:
    with pytest.raises(ConfigurationError, match="must be text"):
        parse("defaults: {ticket_url: 5}")


def test_a_channel_has_its_own_template_or_none() -> None:
    config = parse(
        f"defaults: {{ticket_url: '{DESK}'}}\n"
        "channels: {web: {ticket_url: 'https://web.example/{channel}/{ticket_id}'}, phone: {ticket_url: off}, mail: {}}"
    )
    links = [config.ticket_link("t 1", channel) for channel in ("web", "phone", "mail", "other")]
    desk = "https://desk.example/tickets/t%201"
    assert links == ["https://web.example/web/t%201", None, desk, desk]


def test_without_a_template_there_is_no_link() -> None:
    assert parse("").ticket_link("t1", "web") is None


def test_a_template_does_not_change_the_version_of_the_rules() -> None:
    assert rules(with_template(DESK), "log") == rules(parse(""), "log")
