from pathlib import Path

import pytest

from app.config import default_path, parse, rules
from app.errors import ConfigurationError
from app.spans import write_span


def complaint(text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        parse(text, "c.yaml")
    return str(refused.value)


def _website(account: str) -> str:
    return f"connectors: {{generic: {{website: {account}}}}}"


@pytest.mark.parametrize("connector", ["mailgun", "postmark", "sendgrid"])
def test_plus_addresses_are_known_by_the_team_they_are_of(connector: str) -> None:
    account = "{secrets: [{env: A}], options: {threads: plus-address%s}}"
    text = f"connectors: {{{connector}: {{mails: {account}}}}}"
    told = "`threads: plus-address` needs `team`; name it for the account `mails`"
    assert told in complaint(text % "")
    assert told in complaint(text % ", team: ''")
    parse(text % ", team: support@shop.example")


def test_an_account_names_where_its_secrets_are() -> None:
    text = _website("{secrets: [{env: NEW}, {file: /run/old}], channel: web-chat, requests_per_second: 5}")
    account = parse(text).connectors["generic"]["website"]
    assert [str(secret) for secret in account.secrets] == ["environment variable NEW", "file /run/old"]
    assert (account.channel, account.requests_per_second) == ("web-chat", 5)


def test_accounts_change_no_figure() -> None:
    text = _website("{secrets: [{env: NEW}]}")
    assert rules(parse(text), "log") == rules(parse("{}"), "log")


def test_the_example_in_the_configuration_is_right() -> None:
    text = default_path().read_text()
    start = text.index("# connectors:\n")
    example = "\n".join(line.removeprefix("# ") for line in text[start:].splitlines())
    assert parse(example).connectors["generic"]["website"].channel == "web-chat"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("connectors: {generik: {a: {secrets: [{env: A}]}}}", "`generik` is no connector; did you mean `generic`?"),
        ("connectors: {fax: {a: {secrets: [{env: A}]}}}", "there are: generic"),
        ("connectors: {generic: {Web Site: {secrets: [{env: A}]}}}", "`Web Site` must be a name"),
        (_website("{channel: a}"), "`secrets`"),
        (_website("{secrets: []}"), "`secrets` names nothing"),
        (_website("{secrets: [{env: A, file: /b}]}"), "either the variable (`env`) or the file (`file`)"),
        (_website("{secrets: [{}]}"), "either the variable (`env`) or the file (`file`)"),
        (_website("{secrets: [{evn: A}]}"), "`evn` is no key here; did you mean `env`?"),
        (_website("{secrets: [{env: A}], chanel: x}"), "`chanel` is no key here; did you mean `channel`?"),
        (_website("{secrets: [{env: A}], channel: Web}"), "`channel` (Web) must be a name"),
        (_website("{secrets: [{env: A}], requests_per_second: 0}"), "`requests_per_second` (0)"),
        (_website("{secrets: [{env: A}], options: {x: y}}"), "`x` is none of generic's options; there are: ticket_ids"),
        (_website("{secrets: [{env: A}], options: {ticket_ids: x}}"), "`ticket_ids` must be one of: clear, personal"),
        (_website("{secrets: [{env: A}], keys: {x: {env: Y}}}"), "`x` is none of generic's keys; it has none"),
    ],
)
def test_what_cannot_be_is_told_with_its_line_and_a_way_out(text: str, words: str) -> None:
    told = complaint(text)
    assert told.startswith("c.yaml:1: ")
    assert words in told


@pytest.mark.parametrize(
    "secrets",
    [
        "whsec_dGhlIHNlY3JldA",
        "[whsec_dGhlIHNlY3JldA]",
        "[{env: whsec_dGhlIHNlY3JldA}]",
        "[{env: [whsec_dGhlIHNlY3JldA]}]",
    ],
)
def test_a_secret_that_was_written_there_is_not_told_on(secrets: str) -> None:
    assert "dGhlIHNlY3JldA" not in complaint(_website(f"{{secrets: {secrets}}}"))


def test_a_path_is_kept_as_it_is_written(tmp_path: Path) -> None:
    account = parse(_website(f"{{secrets: [{{file: {tmp_path}}}]}}")).connectors["generic"]["website"]
    assert account.secrets[0].file == tmp_path


_WHATSAPP = "connectors: {whatsapp: {shop: {secrets: [{env: A}], %s}}}"
_MAILGUN = "connectors: {mailgun: {support: {secrets: [{env: A}], options: {%s}}}}"


def test_a_source_that_asks_who_we_are_needs_its_token() -> None:
    assert "whatsapp needs `verify_token`; name it for the account `shop`" in complaint(_WHATSAPP % "channel: wa")
    account = parse(_WHATSAPP % "keys: {verify_token: {env: B}}").connectors["whatsapp"]["shop"]
    assert str(account.keys["verify_token"]) == "environment variable B"


def test_an_option_with_few_values_refuses_others() -> None:
    assert "`threads` must be one of: plus-address, references" in complaint(_MAILGUN % "threads: plus_address")
    assert "`mailing_lists` must be one of: automatic, people" in complaint(_MAILGUN % "mailing_lists: yes-please")
    account = parse(_MAILGUN % 'threads: plus-address, team: "@shop.example"').connectors["mailgun"]["support"]
    assert account.options == {"threads": "plus-address", "team": "@shop.example"}


def _polled(poll: str, source: str = "zendesk") -> str:
    return f"connectors: {{{source}: {{support: {{secrets: [{{env: A}}], poll: {poll}}}}}}}"


def test_polling_is_off_unless_it_is_configured() -> None:
    assert parse(_website("{secrets: [{env: A}]}")).connectors["generic"]["website"].poll is None
    poll = parse(_polled("{token: {env: T}, url: 'https://acme.zendesk.com/'}")).connectors["zendesk"]["support"].poll
    assert poll is not None
    assert (poll.url, write_span(poll.every), write_span(poll.overlap)) == ("https://acme.zendesk.com", "5m", "10m")
    assert parse(_polled("{token: {env: T}}", "intercom")).connectors["intercom"]["support"].poll is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_polled("{url: 'https://a.b'}"), "`token` is missing; for example `token: {env: ZENDESK_TOKEN}`"),
        (_polled("{token: s3cr3t, url: 'https://a.b'}"), "`token` must be keys with values"),
        (_polled("{token: {env: T}}"), "zendesk has an address for each customer: name it with `url`"),
        (_polled("{token: {env: T}, url: 'http://a.b'}"), "must begin with https://, since a token is sent there"),
        (_polled("{token: {env: T}, url: 'https://u:p4ss@a.b'}"), "`url` must be an address such as"),
        (_polled("{token: {env: T}, url: 'https://a.b?x=1'}"), "without user and query"),
        (_polled("{token: {env: T}, url: 'https://['}"), "must be an address"),
        (_polled("{token: {env: T}, url: 'https://a.b', every: 20s}"), "`every` (20s) must be from 1m to 23h"),
        (_polled("{token: {env: T}, url: 'https://a.b', overlap: 90s}"), "`overlap` (1m30s) must be from 2m to 23h"),
        (_polled("{token: {env: T}, url: 'https://a.b', evry: 5m}"), "did you mean `every`?"),
        ("connectors: {sprout: {brand: {}}}", "sprout has no webhooks: name how it is polled"),
        (_polled("{token: {env: T}, url: 'https://a.b'}", "sprout"), "leave `secrets` out"),
        ("connectors: {sprout: {brand: {poll: {token: {env: T}}}}}", "sprout has an address for each customer"),
        ("connectors: {zendesk: {a: {poll: {token: {env: T}, url: 'https://a.b'}}}}", "`secrets` names nothing"),
        (_polled("{token: {env: T}}", "postmark"), "postmark has no API that can be polled; there are: chatwoot"),
    ],
)
def test_polling_that_cannot_be_is_refused_with_a_way_out(text: str, words: str) -> None:
    told = complaint(text)
    assert words in told
    assert "s3cr3t" not in told
    assert "p4ss" not in told
