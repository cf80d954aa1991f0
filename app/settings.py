"""What the process must know of its surroundings: `CAREBEAT_*` of environment and `.env`, once, in one frozen object.

What figures mean stands in the configuration file (`config.py`), not here. Only composition roots read this.
"""

import os
import re
import ssl
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from app.errors import ConfigurationError
from app.kpi.rules import Clock
from schemas.topics import DEFAULT_PREFIX

PREFIX: Final = "CAREBEAT_"
_SERVICE_LINK: Final = re.compile(r"_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP)")
"""What Kubernetes sets in every pod for a Service, such as one called `carebeat`."""
ENV_FILE: Final = Path(".env")
TOKEN_LEAST: Final = 16
"""Characters of a token that nobody guesses."""
_SECRETS: Final = ("sasl_password", "pseudonym_key", "tickets_token")


def _servers(text: str) -> str:
    servers = [server.strip() for server in text.split(",")]
    for server in servers:
        host, _, port = server.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ValueError(f"{server or 'nothing'} is no host:port")
    return ",".join(servers)


def _token(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if len(text) < TOKEN_LEAST or not all("!" <= sign <= "~" for sign in text):
        raise ValueError(
            f"must be {TOKEN_LEAST} or more of a-z, A-Z, 0-9 and signs: make one by `openssl rand -hex 32`"
        )
    return token


def is_address(url: str) -> bool:
    """Whether it can be asked by HTTP: scheme, host, no more than a path."""
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, or half an IPv6 address
        return False
    return bool(is_whole) and not (parts.query or parts.fragment or parts.username)


def worker_urls(text: str) -> str:
    """The addresses of workers in a text with commas, as they are asked. Raises ValueError."""
    urls = [url.strip().rstrip("/") for url in text.split(",")]
    for url in urls:
        if not is_address(url):
            raise ValueError(f"{url or 'nothing'} is no address such as http://worker-1:9465")
    return ",".join(dict.fromkeys(urls))


Security = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
Servers = Annotated[str, AfterValidator(_servers)]
TopicPrefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
TicketsToken = Annotated[SecretStr, AfterValidator(_token)]
WorkerUrls = Annotated[str, AfterValidator(worker_urls)]


class Settings(BaseSettings):
    """Made by `load`. A field is set by its name in capitals behind `CAREBEAT_`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
    )

    kafka: Servers = "127.0.0.1:9092"
    """Brokers to begin with: host:port, several with commas."""
    security: Security = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    sasl_user: str | None = None
    sasl_password: SecretStr | None = None
    sasl_password_file: Path | None = None
    """Instead of the password itself: its first line."""
    ca_file: Path | None = None
    """Certificates that brokers are trusted by, in place of the system's."""

    topic_prefix: TopicPrefix = DEFAULT_PREFIX
    """Before every topic, group and transactional id: several deployments share a broker by it."""
    partitions: int = Field(12, ge=1, le=1000)
    """Of the event topic. Fixed at first start; workers beyond it idle."""
    replication_factor: int = Field(3, ge=1, le=7)
    clock: Clock = "log"
    """What moves stream time: the log's append time (live) or the events' own instants (history)."""
    config: Path | None = None
    """The support configuration; none: the packaged example."""

    gateway_host: str = "127.0.0.1"
    """Where webhooks come in; behind a proxy that does TLS."""
    gateway_port: int = Field(8080, ge=0, le=65535)
    """0: any free port."""
    gateway_connections: int = Field(2000, ge=10, le=100_000)
    """At most; when all are taken, those that owe a request give way."""
    gateway_peer_rate: Seconds = Field(1000, gt=0, le=1_000_000)
    """Requests a second from one address, after a burst of twice as many."""
    gateway_trusted_proxies: str | None = None
    """Addresses or networks, with commas, whose X-Forwarded-For says who the peer is. None: the connection says it."""
    gateway_kafka_seconds: Seconds = Field(2, ge=0.1, le=30)
    """How long a webhook waits for Kafka before its events go to the spool."""
    spool: Path | None = None
    """The file that keeps events while Kafka does not take them, on a disk that stays. None: they are refused instead."""
    spool_events: int = Field(1_000_000, ge=1)
    spool_megabytes: int = Field(1024, ge=1)
    pseudonym_key: SecretStr | None = None
    pseudonym_key_file: Path | None = None
    """Its first line makes pseudonyms of people's ids. The same for all gateways, and for ever."""

    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(9464, ge=0, le=65535)
    """0: any free port."""
    tickets_host: str = "127.0.0.1"
    """Where a worker answers who waits (`/tickets`), apart from the metrics: they may be for all to read, ticket ids are not."""
    tickets_port: int = Field(9465, ge=0, le=65535)
    """0: any free port."""
    tickets_token: TicketsToken | None = None
    """Whoever asks must show it. Without, a worker answers its own machine alone."""
    tickets_token_file: Path | None = None
    """Instead of the token itself: its first line."""
    tickets_workers: WorkerUrls | None = None
    """Whom `carebeat tickets` asks: addresses of all workers, with commas. None: the one at `tickets_host` and `tickets_port`."""

    flush_interval_seconds: Seconds = Field(0.5, ge=0.05, le=10)
    """How often figures and state become visible, and how much is read again after a crash."""
    flush_deadline_seconds: Seconds = Field(15, ge=1, le=600)
    transaction_timeout_seconds: Seconds = Field(20, ge=2, le=900)
    """Brokers refuse more than their own `transaction.max.timeout.ms`, 15 minutes unless changed."""
    session_timeout_seconds: Seconds = Field(20, ge=6, le=300)
    """How long a silent worker keeps its partitions. Brokers take 6 s to 30 min unless changed."""
    heartbeat_interval_seconds: Seconds = Field(3, ge=0.1, le=100)
    request_timeout_seconds: Seconds = Field(60, ge=6, le=600)
    rebalance_timeout_seconds: Seconds = Field(60, ge=6, le=600)
    tick_interval_seconds: Seconds = Field(1, ge=0.1, le=60)
    """How often time passes where nothing else happens (clock `log`)."""

    @property
    def app_id(self) -> str:
        """The Faust app id: names the group, the changelogs and the transactional ids."""
        return f"{self.topic_prefix}worker"

    def password(self) -> str | None:
        """The SASL password, from its file where one is named. Raises ConfigurationError."""
        return self._secret("sasl_password", "password")

    def token(self) -> bytes | None:
        """What must be shown to see tickets, from its file where one is named. Raises ConfigurationError."""
        text = self._secret("tickets_token", "token")
        if text is None:
            return None
        try:
            return _token(SecretStr(text)).get_secret_value().encode()
        except ValueError as error:
            raise ConfigurationError(f"{_variable('tickets_token_file')}={self.tickets_token_file}: {error}") from None

    def _secret(self, field: str, word: str) -> str | None:
        path: Path | None = getattr(self, f"{field}_file")
        if path is None:
            secret: SecretStr | None = getattr(self, field)
            return secret.get_secret_value() if secret else None
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(_unreadable(f"{field}_file", path, error)) from None
        if not lines or not lines[0]:
            raise ConfigurationError(f"{_variable(field)}_FILE={path} has no {word} in its first line: put it there.")
        return lines[0]

    def workers(self) -> list[str]:
        """The addresses of the workers that are asked who waits."""
        if self.tickets_workers is not None:
            return self.tickets_workers.split(",")
        host = f"[{self.tickets_host}]" if ":" in self.tickets_host else self.tickets_host
        return [f"http://{host}:{self.tickets_port}"]

    def tls(self) -> ssl.SSLContext | None:
        """How brokers are told from impostors; None without TLS. Raises ConfigurationError."""
        if not self.security.endswith("SSL"):
            return None
        try:
            return ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(_unreadable("ca_file", self.ca_file, error)) from None

    def kafka_security(self) -> dict[str, Any]:
        """Keyword arguments of aiokafka's own. Raises ConfigurationError."""
        arguments: dict[str, Any] = {"security_protocol": self.security, "ssl_context": self.tls()}
        if self.security.startswith("SASL"):
            arguments |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_user,
                "sasl_plain_password": self.password(),
            }
        return arguments


def load(env_file: Path | None = ENV_FILE, **given: Any) -> Settings:
    """The settings: `given` before the environment before `.env`. Raises ConfigurationError with all that is wrong."""
    if unknown := given.keys() - Settings.model_fields.keys():
        raise TypeError(f"no settings: {', '.join(sorted(unknown))}")
    try:
        settings = Settings(_env_file=env_file, **given)
    except ValidationError as error:
        _refuse([*map(_wrong_value, error.errors(include_url=False)), *_misspelt(env_file)])
        raise AssertionError("refused settings without a problem") from error
    _refuse([*_contradictions(settings), *_misspelt(env_file)])
    settings.kafka_security()
    settings.token()
    return settings


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ConfigurationError("\n".join(problems))


def _variable(field: str) -> str:
    return PREFIX + field.upper()


def _wrong_value(details: ErrorDetails) -> str:
    field = str(details["loc"][0])
    value = "..." if field in _SECRETS else details["input"]
    text = details["msg"].replace("Value error, ", "")
    if str(value).startswith(("tcp://", "udp://")):
        text += " (Kubernetes sets this for a Service of that name: `enableServiceLinks: false` in the pod ends it)"
    for subject in ("Input ", "String "):
        text = text.removeprefix(subject)
    default = Settings.model_fields[field].default
    example = "" if default is None else f". For example, and by default: {_variable(field)}={default}"
    return f"{_variable(field)}={value}: {text}{example}"


def _misspelt(env_file: Path | None) -> Iterator[str]:
    """Variables that nothing reads but whose names are nearly right. Others with the prefix may be anybody's."""
    known = [_variable(field) for field in Settings.model_fields]
    in_file = DotEnvSettingsSource(Settings, env_file=env_file).env_vars
    written = {*os.environ, *(name.upper() for name in in_file)}
    for name in sorted(written):
        near = get_close_matches(name.upper(), known, n=1, cutoff=0.83)
        is_ours = name.upper().startswith(PREFIX) and not _SERVICE_LINK.search(name)
        if is_ours and name.upper() not in known and near:
            yield f"{name} is no setting; did you mean {near[0]}?"


def _contradictions(settings: Settings) -> Iterator[str]:
    yield from _security_contradictions(settings)
    for field in _SECRETS:
        if getattr(settings, field) is not None and getattr(settings, f"{field}_file") is not None:
            yield f"{_variable(field)} and {_variable(field)}_FILE are both set: keep one"
    ordered = (
        ("flush_interval_seconds", 1, "flush_deadline_seconds"),
        ("flush_deadline_seconds", 1, "transaction_timeout_seconds"),
        ("heartbeat_interval_seconds", 3, "session_timeout_seconds"),
        ("session_timeout_seconds", 1, "request_timeout_seconds"),
    )
    for lower, times, upper in ordered:
        low, high = getattr(settings, lower), getattr(settings, upper)
        if low * times >= high:
            share = "a third of " if times == 3 else ""
            text = f"{_variable(lower)}={low:g} must be below {share}{_variable(upper)}={high:g}"
            yield f"{text}: lower the one or raise the other"


def _security_contradictions(settings: Settings) -> Iterator[str]:
    security = f"{PREFIX}SECURITY={settings.security}"
    has_password = settings.sasl_password is not None or settings.sasl_password_file is not None
    if settings.security.startswith("SASL"):
        if not (settings.sasl_user and has_password):
            yield f"{security} needs {PREFIX}SASL_USER and {PREFIX}SASL_PASSWORD_FILE (or {PREFIX}SASL_PASSWORD)"
    elif settings.sasl_user or has_password:
        yield f"{security} sends no user or password: set {PREFIX}SECURITY=SASL_SSL, or remove {PREFIX}SASL_*"
    if settings.ca_file and not settings.security.endswith("SSL"):
        yield f"{security} uses no certificates: set SSL or SASL_SSL, or remove {PREFIX}CA_FILE"


def _unreadable(field: str, path: Path | None, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return f"{_variable(field)}={path}: cannot be read ({reason}). Name a file that this process may read."
