"""All connectors behind one real gateway: accounts as their cases have them, and a client that posts as they do."""

import http.client
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from app.connectors.connector import Request
from tests.connectors.cases.case import Body, Case

TOKEN = "hub-token-of-mine-7f9a"
"""In place of a case's secrets that do not sign and could be guessed."""


class Given(NamedTuple):
    """A configuration and the variables that it names."""

    text: str
    secrets: Mapping[str, str]


def configured(cases: Mapping[str, Case], **more: Any) -> Given:
    """Each case's account under its path (`connector/account`); `more` are other keys of the configuration."""
    connectors: dict[str, dict[str, Any]] = {}
    secrets: dict[str, str] = {}
    for path, case in cases.items():
        connector, _, name = path.partition("/")
        variable = path.upper().replace("/", "_").replace("-", "_")
        account: dict[str, Any] = {"secrets": [{"env": variable}], "requests_per_second": 100_000}
        secrets[variable] = case.secret
        for key, value in case.account.keys.items():
            account.setdefault("keys", {})[key] = {"env": f"{variable}_{key.upper()}"}
            secrets[f"{variable}_{key.upper()}"] = value.decode() if len(set(value)) > 6 else TOKEN
        if case.account.options:
            account["options"] = dict(case.account.options)
        if case.account.channel:
            account["channel"] = case.account.channel
        connectors.setdefault(connector, {})[name] = account
    return Given(json.dumps({**more, "connectors": connectors}), secrets)


class Answered(NamedTuple):
    status: int
    headers: bytes
    body: bytes


class Poster:
    """One connection that stays, as a vendor's."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def post(self, path: str, case: Case, body: Body, secret: str | None = None) -> Answered:
        """A body, signed now."""
        return self.send(path, case.sign(body, secret or case.secret, time.time_ns() // 1_000_000))

    def send(self, path: str, request: Request, headers: Iterable[tuple[bytes, bytes]] = ()) -> Answered:
        """A request as it is, to `/in/<path>`."""
        query = f"?{urlencode(request.query)}" if request.query else ""
        self._connection.putrequest(request.method, f"/in/{path}{query}", skip_accept_encoding=True)
        for name, value in (*request.headers.items(), *headers):
            self._connection.putheader(name.decode(), value)
        self._connection.putheader("content-length", str(len(request.body)))
        self._connection.endheaders(request.body)
        answer = self._connection.getresponse()
        told = "\n".join(f"{name}: {value}" for name, value in answer.getheaders()).encode()
        return Answered(answer.status, told, answer.read())

    def close(self) -> None:
        """Leave."""
        self._connection.close()
