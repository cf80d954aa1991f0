"""Whose webhooks the gateway takes: accounts by connector, and where their secrets are.

A secret is never written in the configuration: an account names the environment variable or the file that holds it.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.config_file import Problem
from app.connectors.registry import CONNECTORS, POLLERS
from app.spans import PositiveSpan, SpanIfNamed, write_span
from schemas.wire import CHANNEL_PATTERN


def _connector(name: str) -> str:
    if name not in CONNECTORS:
        near = get_close_matches(name, CONNECTORS, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(CONNECTORS)}"
        raise PydanticCustomError("connector", "is no connector; {hint}", {"hint": hint})
    return name


def _path(value: object) -> object:
    return Path(value) if isinstance(value, str) else value


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", use_attribute_docstrings=True)


class SecretSource(_Part):
    """Where one secret is."""

    env: str | None = Field(None, pattern="^[A-Z_][A-Z0-9_]*$", examples=["WEBSITE_SECRET"])
    """The environment variable that holds it: in capitals, so that a secret itself is never taken for a name."""
    file: Annotated[Path | None, BeforeValidator(_path)] = Field(None, examples=["/run/secrets/website"])
    """The file whose first line it is."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise PydanticCustomError(
                "secret", "must name either the variable (`env`) or the file (`file`) of a secret"
            )
        return self

    def __str__(self) -> str:
        """In words."""
        return f"environment variable {self.env}" if self.env else f"file {self.file}"


_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


def _api(url: str) -> str:
    """The address of an API: where a token is sent to must be told from impostors."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = None, None
    if (
        parts is None
        or not host
        or parts.query
        or parts.fragment
        or parts.username
        or any(one.isspace() for one in url)
    ):
        raise PydanticCustomError("url", "must be an address such as https://acme.zendesk.com, without user and query")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOCAL):
        raise PydanticCustomError("url", "must begin with https://, since a token is sent there")
    return url.rstrip("/")


_SHORTEST: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(hours=23)
"""With the grace that goes with it, breaches are out while their windows are open."""


class PollConfig(_Part):
    """How an account's source is asked for what its webhooks did not bring. Nothing is asked without this."""

    token: SecretSource = Field(examples=["{env: ZENDESK_TOKEN}"])
    """That may read tickets, and nothing else."""
    user: str | None = Field(None, min_length=1, max_length=200, examples=["ops@acme.example/token"])
    """Whose password the token is, where the source wants a user with it."""
    url: Annotated[str, AfterValidator(_api)] | None = Field(None, examples=["https://acme.zendesk.com"])
    every: PositiveSpan = Field(timedelta(minutes=5), examples=["5m"])
    overlap: PositiveSpan = Field(timedelta(minutes=10), examples=["10m"])
    """How much of what was read before is read again: clocks differ, and sources show things late."""

    @model_validator(mode="after")
    def _is_sensible(self) -> Self:
        for name, least in (("every", _SHORTEST), ("overlap", 2 * _SHORTEST)):
            span = getattr(self, name)
            if not least <= span <= _LONGEST:
                raise PydanticCustomError(
                    "poll",
                    "`{name}` ({given}) must be from {least} to {most}",
                    {
                        "name": name,
                        "given": write_span(span),
                        "least": write_span(least),
                        "most": write_span(_LONGEST),
                    },
                )
        return self


class AccountConfig(_Part):
    """One account of a source; its webhooks go to `/in/<connector>/<account>`."""

    secrets: list[SecretSource] = Field([], max_length=8, examples=["[{env: WEBSITE_SECRET}]"])
    """Any of them may sign. The first is the one in use, the others are on their way in or out. None for what is only polled."""
    channel: str | None = Field(None, pattern=CHANNEL_PATTERN, examples=["web-chat"])
    """Of events that name none."""
    grace: SpanIfNamed = Field(None, examples=["3m"])
    """How long after due a breach of its channel is published; where a source is asked, its interval and a minute."""
    requests_per_second: float = Field(1000, gt=0, le=100_000, examples=["1000"])
    """More are answered 429, after a burst of twice as many."""
    options: dict[str, str] = Field({}, examples=["{ticket_ids: personal}"])
    ticket_prefix: str = Field("", pattern=r"^([a-z0-9][a-z0-9._-]{0,15})?$", examples=["eu-"])
    """Before its ticket ids, where two sources count theirs from 1. Tickets that are open when it changes are left behind."""
    keys: dict[str, SecretSource] = Field({}, examples=["{verify_token: {env: META_VERIFY_TOKEN}}"])
    poll: PollConfig | None = Field(None, examples=["{token: {env: ZENDESK_TOKEN}, url: https://acme.zendesk.com}"])


AccountName = Annotated[str, Field(pattern=CHANNEL_PATTERN)]
ConnectorName = Annotated[str, AfterValidator(_connector)]
Accounts = Annotated[dict[AccountName, AccountConfig], Field(min_length=1)]


def unfit_accounts(connectors: Mapping[str, Mapping[str, AccountConfig]], *, joins_orders: bool) -> Iterator[Problem]:
    """Options and keys that a connector does not know, or misses; shops whose orders nobody joins to tickets."""
    for connector, accounts in connectors.items():
        able = CONNECTORS[connector].capabilities
        for name, account in accounts.items():
            place = ("connectors", connector, name)
            if able.knows_no_tickets and not joins_orders:
                yield Problem(place, f"{connector} tells of customers' orders: write `orders: {{settle: 1h}}` as well")
            for key, given, known in (("options", account.options, able.options), ("keys", account.keys, able.keys)):
                for unknown in sorted(given.keys() - known):
                    there = f"there are: {', '.join(sorted(known))}" if known else "it has none"
                    yield Problem((*place, key, unknown), f"`{unknown}` is none of {connector}'s {key}; {there}")
            for key, words in able.choices.items():
                if key in account.options and account.options[key] not in words:
                    yield Problem((*place, "options", key), f"`{key}` must be one of: {', '.join(sorted(words))}")
            for missing in sorted(able.needs - account.options.keys() - account.keys.keys()):
                yield Problem(place, f"{connector} needs `{missing}`; name it for the account `{name}`")
            for key, needs in able.needs_with.items():
                word = account.options.get(key, "")
                if word in needs and not account.options.get(needs[word]):
                    yield Problem(place, f"`{key}: {word}` needs `{needs[word]}`; name it for the account `{name}`")
            yield from _unfit_trust(connector, place, account)
            if account.poll is not None:
                yield from (Problem((*place, "poll"), text) for text in _unfit_poll(connector, account.poll))


def _unfit_trust(connector: str, place: tuple[str, ...], account: AccountConfig) -> Iterator[Problem]:
    """Webhooks need a secret; a source that sends none needs to be polled."""
    if CONNECTORS[connector].capabilities.takes_posts:
        if not account.secrets:
            yield Problem(place, "`secrets` names nothing; for example `secrets: [{env: WEBSITE_SECRET}]`")
        return
    if account.secrets:
        yield Problem((*place, "secrets"), f"{connector} sends nothing that could be signed: leave `secrets` out")
    if account.poll is None:
        yield Problem(place, f"{connector} has no webhooks: name how it is polled, `poll: {{token: ..., url: ...}}`")


def _unfit_poll(connector: str, poll: PollConfig) -> Iterator[str]:
    if connector not in POLLERS:
        yield f"{connector} has no API that can be polled; there are: {', '.join(sorted(POLLERS))}"
    elif poll.url is None and not POLLERS[connector].url:
        yield f"{connector} has an address for each customer: name it with `url`"
