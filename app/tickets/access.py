"""Who may see tickets: whoever shows the token or, where none is set, whoever sits at the worker's own machine."""

from collections.abc import Mapping
from hmac import compare_digest
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from app.health import TEXT, Answer

_SCHEME: Final = b"bearer"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Access:
    """`host` is what the worker listens on; `token` what must be shown."""

    def __init__(self, host: str, token: bytes | None) -> None:
        self._host = host
        self._token = token

    def refusal(self, headers: Mapping[str, str]) -> Answer | None:
        """Why a request with these headers (names in lower case) is refused; None if it is not."""
        if self._token is None:
            return self._without_token(headers.get("host", ""))
        scheme, _, shown = headers.get("authorization", "").encode("latin-1", "replace").partition(b" ")
        if scheme.lower() == _SCHEME and compare_digest(shown.strip(), self._token):
            return None
        what = "that token is not the worker's" if shown else "a token is needed"
        text = f"{what}: send `Authorization: Bearer TOKEN` with what CAREBEAT_TICKETS_TOKEN says there\n"
        return Answer(401, TEXT, text.encode(), (("WWW-Authenticate", 'Bearer realm="carebeat"'),))

    def _without_token(self, asked_host: str) -> Answer | None:
        if not is_loopback(self._host):
            return _refused(f"CAREBEAT_TICKETS_HOST={self._host} may be reached from elsewhere")
        # a page in somebody's browser can make its own name mean 127.0.0.1, but it cannot change what it asks for
        if not is_loopback(_name(asked_host)):
            return _refused("it was asked for under a name that is not this machine's own")
        return None


def _refused(why: str) -> Answer:
    text = (
        f"without a token tickets are shown to this machine alone, and {why}: set CAREBEAT_TICKETS_TOKEN (or _FILE)\n"
    )
    return Answer(403, TEXT, text.encode())


def _name(asked_host: str) -> str:
    try:
        return urlsplit(f"//{asked_host}").hostname or ""
    except ValueError:
        return ""
