"""Accounts as the gateway has them: their secrets read, judged and turned into keys, or a start that is refused."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.config_authority import AuthorityConfig, Drops, drops
from app.config_connectors import AccountConfig, PollConfig, SecretSource
from app.connectors.connector import Account, Connector, Draft, SecretError
from app.connectors.poller import Poller
from app.connectors.registry import CONNECTORS, POLLERS
from app.connectors.well_known import is_well_known
from app.errors import ConfigurationError
from app.gateway.events import Finishing
from app.gateway.pseudonyms import Pseudonyms
from app.gateway.rates import Bucket
from app.spans import milliseconds

SHORTEST_SECRET: Final = 16
_FEWEST_CHARACTERS: Final = 6


AccountPlace = tuple[str, str]
"""(connector, account)."""


@dataclass(frozen=True, slots=True)
class Polling:
    """How an account's source is polled. Never shown: it holds a token."""

    poller: Poller
    url: str
    headers: Mapping[str, str] = field(repr=False)
    every_ms: int
    overlap_ms: int


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one account's webhooks come in."""

    connector: Connector
    account: Account
    bucket: Bucket
    finishing: Finishing
    polling: Polling | None = None
    drops: Drops = field(default_factory=dict)

    @property
    def owed(self) -> frozenset[str]:
        """Types of events that webhooks must bring: what polling alone found of them was missed."""
        if self.polling is None or not self.connector.capabilities.takes_posts:
            return frozenset()
        return self.polling.poller.exact

    def is_others(self, draft: Draft) -> bool:
        """Whether another account is the authority for what a draft tells."""
        channels = self.drops.get(str(draft.fields.get("type")))
        return channels is not None and (not channels or draft.fields.get("channel") in channels)


Desks = Mapping[AccountPlace, Desk]


def open_desks(
    accounts: Mapping[str, Mapping[str, AccountConfig]],
    pseudonym_key: bytes,
    environment: Mapping[str, str] = os.environ,
    authority: Sequence[AuthorityConfig] = (),
    *,
    joins_orders: bool = False,
) -> Desks:
    """All desks; `joins_orders`: they also tell which customer a ticket is of. Raises ConfigurationError with all that is wrong with any secret."""
    desks, problems = {}, list[str]()
    for connector, named in accounts.items():
        for name, config in named.items():
            try:
                account = _account(CONNECTORS[connector], name, config, environment)
                polling = _polling(connector, name, config.poll, environment)
            except ConfigurationError as error:
                problems.append(str(error))
                continue
            pseudonyms = Pseudonyms(pseudonym_key, connector, name)
            finishing = Finishing(
                connector, name, pseudonyms, joins_orders=joins_orders, ticket_prefix=config.ticket_prefix
            )
            source, bucket = CONNECTORS[connector], Bucket(config.requests_per_second)
            others = drops(authority, f"{connector}/{name}", source.capabilities.emits)
            desks[connector, name] = Desk(source, account, bucket, finishing, polling, others)
    if problems:
        raise ConfigurationError("\n".join(problems))
    if not desks:
        raise ConfigurationError(
            "the configuration names no account whose webhooks to take: add some under `connectors`, for example"
            " `connectors: {generic: {website: {secrets: [{env: WEBSITE_SECRET}]}}}`"
        )
    return desks


def _account(connector: Connector, name: str, config: AccountConfig, environment: Mapping[str, str]) -> Account:
    place = f"connectors.{connector.name}.{name}"
    problems: list[str] = []
    secrets = [
        *_keys(connector, {f"{place}.secrets[{n}]": s for n, s in enumerate(config.secrets)}, environment, problems)
    ]
    others = dict(_texts({f"{place}.keys.{key}": s for key, s in config.keys.items()}, environment, problems))
    if problems:
        raise ConfigurationError("\n".join(problems))
    keys = {key: others[f"{place}.keys.{key}"].encode() for key in config.keys}
    return Account(name, tuple(secrets), config.channel, config.options, keys)


def _polling(connector: str, name: str, config: PollConfig | None, environment: Mapping[str, str]) -> Polling | None:
    if config is None:
        return None
    problems: list[str] = []
    place = f"connectors.{connector}.{name}.poll.token"
    tokens = dict(_texts({place: config.token}, environment, problems))
    if problems:
        raise ConfigurationError("\n".join(problems))
    poller = POLLERS[connector]
    headers = poller.headers(tokens[place], config.user)
    url = config.url or poller.url
    return Polling(poller, url, headers, milliseconds(config.every), milliseconds(config.overlap))


def _keys(
    connector: Connector, sources: Mapping[str, SecretSource], environment: Mapping[str, str], problems: list[str]
) -> Iterator[bytes]:
    for place, text in _texts(sources, environment, problems):
        try:
            yield connector.key(text)
        except SecretError as error:
            problems.append(f"{place}: the secret in {sources[place]} {error}")


def _texts(
    sources: Mapping[str, SecretSource], environment: Mapping[str, str], problems: list[str]
) -> Iterator[tuple[str, str]]:
    for place, source in sources.items():
        try:
            yield place, _judged(_read(source, environment), source)
        except ConfigurationError as error:
            problems.append(f"{place}: {error}")


def _read(source: SecretSource, environment: Mapping[str, str]) -> str:
    if source.file is not None:
        return first_line(source.file)
    text = environment.get(source.env or "")
    if text is None:
        raise ConfigurationError(f"the {source} is not set: set it to the secret, or name a file with `file`")
    return text.strip()


def first_line(path: Path) -> str:
    """The first line of a file that holds a secret. Raises ConfigurationError."""
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise ConfigurationError(
            f"the file {path} cannot be read ({reason}): name a file that this process may read"
        ) from None


def _judged(secret: str, source: SecretSource | str) -> str:
    """A secret that nobody can guess. Raises ConfigurationError, without the secret."""
    if not secret:
        raise ConfigurationError(f"the {source} is empty: anybody could sign with that. Put the secret there")
    if is_well_known(secret):
        raise ConfigurationError(f"the secret in {source} is an example that everybody knows: {_ADVICE}")
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < _FEWEST_CHARACTERS:
        raise ConfigurationError(
            f"the secret in {source} can be guessed: {SHORTEST_SECRET} characters are the least,"
            f" {_FEWEST_CHARACTERS} of them different. {_ADVICE.capitalize()}"
        )
    return secret


_ADVICE: Final = "make a new one at the source, or with `openssl rand -base64 32`"


def pseudonym_key(secret: str | None, path: Path | None) -> bytes:
    """The deployment's key for pseudonyms. Raises ConfigurationError."""
    if secret is None and path is None:
        raise ConfigurationError(
            "CAREBEAT_PSEUDONYM_KEY_FILE is not set: ids of people are only published as keyed hashes. Make a key once,"
            " with `openssl rand -hex 32`, keep it, and give all gateways the same: another key makes other ids"
        )
    where = f"file {path}" if path is not None else "environment variable CAREBEAT_PSEUDONYM_KEY"
    return _judged(first_line(path) if path is not None else secret or "", where).encode()
