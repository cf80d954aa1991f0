"""What `carebeat check` prints for people: a page that fits 80 columns."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import groupby
from typing import Any, Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app import clock
from app.cli import sources, week
from app.cli.board.words import share_text
from app.cli.terminal import console
from app.config_hours import WEEKDAYS
from app.config_model import Config
from app.config_policies import Promise
from app.kpi.measures import SLA_METRICS
from app.kpi.rules import OTHER_CHANNEL
from app.spans import write_span

Content = Mapping[str, Any]
_USUAL: Final = Promise()
_HOUR_SECONDS: Final = 3600
_WORDS: Final = {"channel": "channel", "priority": "priority", "team": "team", "tags": "tag"}
_HEADINGS: Final = tuple(metric.replace("_", " ") for metric in SLA_METRICS)


def show(path: str, config: Config, content: Content, doubts: list[str]) -> None:
    """Print it; `content` is `understood(...)`."""
    screen = console()
    screen.print(_summary(path, config, content))
    if config.policies:
        _section(screen, "Policies", "the first that matches a ticket applies", _policies(content["policies"]))
    _section(screen, "Promises", "by channel; at risk is when a clock warns", _promises(config, content))
    _schedules(screen, config)
    if content["sources"]:
        told = sources.shown(config, content["sources"], screen.width - 2)
        _section(screen, "Sources", "what becomes of each kind of event that they send", told)
    _section(screen, "Cannot be told", "and what would help", _missing(config, content["missing"]))
    _doubts(screen, doubts)


def _section(screen: Console, title: str, note: str, body: RenderableType) -> None:
    screen.print()
    screen.print(Text.assemble((title, "bold"), "  ", (note, "dim")))
    screen.print(Padding(body, (0, 0, 0, 2)))


def _summary(path: str, config: Config, content: Content) -> Text:
    counted = [
        _counted(len(config.channels or {}), "channel") if config.channels else "every channel",
        _counted(len(config.policies) + 1, "policy", "policies"),
        _counted(len(config.schedules), "schedule"),
    ]
    return Text.assemble(
        (path, "bold"),
        f" is understood: {', '.join(counted)}.\n",
        ("Rules ", "dim"),
        content["version"],
        ("; this changes whenever a figure could. Days begin in ", "dim"),
        content["reporting_zone"],
        (".", "dim"),
        *_orders(config),
    )


def _orders(config: Config) -> list[tuple[str, str]]:
    if config.orders is None:
        return []
    return [(f"\nOrders of shops go to the customer's latest ticket after {write_span(config.orders.settle)}.", "dim")]


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def _policies(policies: list[Content]) -> Table:
    table = Table.grid(padding=(0, 2))
    for number, policy in enumerate(policies, start=1):
        table.add_row(Text(str(number), "dim"), Text(policy["name"], "bold"), _matched(policy["match"]))
    return table


def _matched(match: Mapping[str, list[str]] | None) -> Text:
    if match is None:
        return Text("every other ticket", "dim")
    if not match:
        return Text("every ticket", "yellow")
    parts = [f"{_WORDS[key]} {' or '.join(values)}" for key, values in match.items()]
    return Text(", ".join(parts))


def _promises(config: Config, content: Content) -> RenderableType:
    channels: dict[str, Content] = content["channels"]
    words = {name: _channel_word(config, name) for name in channels}
    table = _headed("channel", "policy", *_HEADINGS, "at risk", "hours")
    table.columns[0].min_width = max(map(len, words.values())) + 1
    for column in table.columns[2:5]:
        column.justify = "right"
    for column in (table.columns[1], *table.columns[4:6]):
        column.no_wrap = True
    alike: dict[str, list[str]] = {}
    for name, channel in channels.items():
        alike.setdefault(repr(channel["policies"]), []).append(name)
    for names in alike.values():
        label = ", ".join(words[name] for name in names)
        for promised in channels[names[0]]["policies"]:
            table.add_row(*_promise(label, promised))
            label = ""
    return Group(table, *_notes(channels, words))


def _channel_word(config: Config, name: str) -> str:
    if name != OTHER_CHANNEL:
        return name
    return "other" if config.is_closed_list else "any other" if config.named_channels() else "every channel"


def _promise(label: str, promised: Content) -> list[Text]:
    schedule, before_seconds = promised["schedule"], promised["warn_before_seconds"]
    spans = [_span(promised["targets"][metric], is_open_time=schedule is not None) for metric in SLA_METRICS]
    warns = share_text(promised["at_risk"]) if before_seconds is None else f"{_span(before_seconds)} before"
    hours = Text(schedule) if schedule else Text("always", "dim")
    return [Text(label, "bold"), Text(promised["name"]), *map(Text, spans), Text(warns), hours]


def _span(seconds: float, *, is_open_time: bool = False) -> str:
    """A target. Nobody thinks of 72 h of opening hours as three days."""
    hours, rest = divmod(seconds, _HOUR_SECONDS)
    if not is_open_time or not hours:
        return write_span(timedelta(seconds=seconds))
    return f"{hours:.0f}h{write_span(timedelta(seconds=rest)) if rest else ''}"


def _notes(channels: Mapping[str, Content], words: Mapping[str, str]) -> Iterable[Text]:
    """What clocks of a promise count that others do not."""
    found: dict[tuple[str, str], list[str]] = {}
    having: dict[str, list[str]] = {}
    for name, channel in channels.items():
        for promised in channel["policies"]:
            having.setdefault(promised["name"], []).append(words[name])
            for note in _unusual(promised):
                found.setdefault((promised["name"], note), []).append(words[name])
    for (policy, note), names in found.items():
        where = "" if names == having[policy] else f" in {', '.join(names)}"
        yield Text(f"{policy}{where}: {note}", "dim")


def _unusual(promised: Content) -> Iterable[str]:
    if promised["clock"] != _USUAL.clock:
        yield "first response counts the time too in which a bot holds the ticket"
    if promised["pause_on"] != sorted(_USUAL.pause_on):
        yield f"pauses for {' or '.join(promised['pause_on']) or 'no reason'} stop the resolution clock"


def _headed(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, header_style="dim", border_style="dim", pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _schedules(screen: Console, config: Config) -> None:
    now_ms = clock.wall_milliseconds()
    for name, written in config.schedules.items():
        (_, state), *rows = week.rows(name, written, written.compiled(), now_ms)
        table = Table.grid(padding=(0, 3))
        for what, value in _folded(rows):
            table.add_row(Text(what, "dim"), Text(value))
        _section(screen, f"Schedule {name}", state, table)


def _folded(rows: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Weekdays in a row that have the same hours as one: `mon-fri`."""
    for (_, value), same in groupby(rows, lambda row: (row[0] in WEEKDAYS, row[1])):
        names = [name for name, _ in same]
        if names[0] in WEEKDAYS:
            yield names[0] if len(names) == 1 else f"{names[0]}-{names[-1]}", value
        else:
            yield from ((name, value) for name in names)


def _missing(config: Config, missing: list[Content]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    everywhere = len(config.named_channels()) + 1
    for each in missing:
        of = len(each["channels"])
        names = ("everywhere",) if of == everywhere else [_channel_word(config, name) for name in each["channels"]]
        where = ", ".join((*names, *each["accounts"]))
        table.add_row(Text(each["figures"]), Text(where), Text(f"{each['reason']}: {each['way_out']}", "dim"))
    unknown = Text("Which events arrive is not known here: no account stands under `connectors`.", "dim")
    return Group(table) if config.connectors else Group(table, unknown)


def _doubts(screen: Console, doubts: list[str]) -> None:
    screen.print()
    for doubt in doubts:
        screen.print(Text.assemble(("doubt ", "bold yellow"), doubt))
    if not doubts:
        screen.print(Text("No doubts.", "green"))
