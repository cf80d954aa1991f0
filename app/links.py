"""Where a ticket can be opened: a template such as `https://desk.example/tickets/{ticket_id}`, filled in with quoted values."""

from difflib import get_close_matches
from string import Formatter
from typing import Annotated, Any, Final
from urllib.parse import quote, urlsplit

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

TICKET: Final = "ticket_id"
PLACEHOLDERS: Final = (TICKET, "channel")
_EXAMPLE: Final = "https://desk.example/tickets/{ticket_id}"


def link(template: str, ticket_id: str, channel: str) -> str:
    """The template with its placeholders filled in. A value is quoted whole: no sign in it can end a path or begin a query."""
    values = {TICKET: quote(ticket_id, safe=""), "channel": quote(channel, safe="")}
    return "".join(text + (values[name] if name else "") for text, name, *_ in Formatter().parse(template))


def _template(value: Any) -> str | None:
    if value is None or value == "off":
        return None
    if not isinstance(value, str):
        raise _refused("must be text")
    names = list(_placeholders(value))
    for name in names:
        if name not in PLACEHOLDERS:
            raise _refused(_unknown(name))
    if TICKET not in names:
        raise _refused("names no ticket: put {ticket_id} where its id stands")
    _check_address(value)
    return value


def _placeholders(template: str) -> list[str]:
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise _refused(f"has a brace too many or too few ({error}); write {{{{ or }}}} for one that is meant") from None
    if any(spec or conversion for _, _, spec, conversion in parts):
        raise _refused("may not format values: write {ticket_id} alone, without : or !")
    return [name for _, name, *_ in parts if name is not None]


def _unknown(name: str) -> str:
    near = get_close_matches(name, PLACEHOLDERS, n=1)
    hint = (
        f"did you mean {{{near[0]}}}?" if near else f"there are {', '.join(f'{{{known}}}' for known in PLACEHOLDERS)}"
    )
    return f"has the unknown placeholder {{{name}}}; {hint}"


def _check_address(template: str) -> None:
    try:
        parts = urlsplit(template)
        is_address = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        is_address = None
    if not is_address or not template.isprintable() or " " in template:
        raise _refused(f"is no address: write it like {_EXAMPLE}")
    if "{" in parts.netloc:
        raise _refused("has a placeholder in its host: an id may only stand behind it")
    if parts.username or parts.password:
        raise _refused("must hold no user or password: links are shown to many")


def _refused(text: str) -> PydanticCustomError:
    return PydanticCustomError("link", "{text}", {"text": text})


TicketUrl = Annotated[str | None, BeforeValidator(_template)]
"""`off`, or absent: no link."""
