"""Who tells what: each source against each kind of event, as `carebeat check` shows it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.config_authority import KINDS, AuthorityConfig, capabilities_of, drops, paths
from app.config_authority_doubts import desks_and_channels
from app.config_model import Config
from app.config_reach import channel_of

GIVES: Final = "gives it"
AUTHORITATIVE: Final = "authoritative"
DROPPED: Final = "dropped"
CANNOT: Final = "cannot"
_STYLES: Final = {GIVES: "green", AUTHORITATIVE: "bold green", DROPPED: "yellow", CANNOT: "dim"}
_GAP: Final = 2
_MARGIN: Final = 2

Source = Mapping[str, Any]


def sources(config: Config) -> list[dict[str, Any]]:
    """Each account: its channel (null: its events name theirs), and what becomes of each kind of event.

    `dropped_in` has the channels of what is not dropped everywhere.
    """
    return [_source(config, account) for account in paths(config.connectors)]


def _source(config: Config, account: str) -> dict[str, Any]:
    emits = capabilities_of(account).emits
    others = drops(config.authority, account, emits)
    is_divided = any(account in group.accounts for group in config.authority)
    own = AUTHORITATIVE if is_divided else GIVES
    words = {kind: CANNOT if kind not in emits else DROPPED if kind in others else own for kind in sorted(KINDS)}
    dropped_in = {kind: sorted(channels) for kind, channels in sorted(others.items()) if channels}
    return {"account": account, "channel": channel_of(config, account), "events": words, "dropped_in": dropped_in}


def shown(config: Config, told: Sequence[Source], width: int) -> RenderableType:
    """Tables of as many accounts side by side as there is room for, and what they mean."""
    tables = [_table(few) for few in _fitting(told, width)]
    return Group(*tables, *map(_divided, config.authority), *_may_be_seen_twice(config))


def _fitting(told: Sequence[Source], width: int) -> Iterator[list[Source]]:
    room = width - _MARGIN - max(map(len, KINDS))
    few: list[Source] = []
    for source in told:
        if few and sum(_wide(one) for one in (*few, source)) > room:
            yield few
            few = []
        few.append(source)
    yield few


def _wide(source: Source) -> int:
    return max(len(source["account"]), len(AUTHORITATIVE)) + _GAP + 1


def _table(few: Sequence[Source]) -> Table:
    """Without the kinds that none of them can tell."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, header_style="dim", border_style="dim", pad_edge=False)
    for heading in ("event", *(source["account"] for source in few)):
        table.add_column(heading, overflow="fold")
    for kind in sorted(KINDS):
        words = [source["events"][kind] for source in few]
        if set(words) != {CANNOT}:
            table.add_row(Text(kind), *(Text(word, _STYLES[word]) for word in words))
    return table


def _divided(group: AuthorityConfig) -> Text:
    where = f" in {' and '.join(group.channel)}" if group.channel else ""
    others = ", ".join(account for account in group.accounts if account != group.main)
    single = "".join(f"; {account} tells {kind}" for kind, account in group.events.items() if account != group.main)
    return Text(f"{group.main} tells what {others} see too{where}{single}", "dim")


def _may_be_seen_twice(config: Config) -> Iterable[Text]:
    found: dict[str, list[str]] = {}
    for desk, account in desks_and_channels(config):
        found.setdefault(desk, []).append(account)
    for desk, accounts in found.items():
        yield Text(
            f"If {desk} has conversations of {' or '.join(accounts)}, each message counts twice: say under `authority`"
            " who tells them",
            "dim",
        )
