"""Weeks, months and quarters, made of days.

Theory of operation
===================
A long window is the sum of the days in it. When a day is final it is *folded* into the totals of its week, month and quarter, which are kept in
the merge's changelog; days that are open are added on top whenever a version is given. A day's parts leave the changelog in the transaction that
writes the totals, so that it counts once, wherever the process dies.

              Mon     Tue     Wed     Thu     Fri     Sat     Sun     Mon     Tue
    week       |-------|-------|-------|-------|-------|-------|-------|       |
    Thu 12:00    folded  folded  open    open                          | final from here on

A day belongs to the long window that holds its middle, so that it does not matter in which reporting zone the day was made. A long window that
has begun keeps its start, as a day does; after a change of the zone it lasts until its last day ends, and the next begins as the new zone has it.

Of what is final from the same instant on, days come first (their kind sorts before the others): all days of a long window are folded when it closes.

A running window is not given with each flush: what changed is *due* when stream time enters another minute, or when a day in it is final.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from app.kpi.aggregate import Cell, merged
from app.kpi.calendar import LONG_KINDS, Calendar
from app.kpi.levels import ALL
from app.kpi.partials import BOUNDS, TOTAL, Bounds, Key, Span, Total, encode
from app.kpi.windows import DIMENSION_SIGN, LATENESS_MS

_NAMES_AT_ONCE: Final = 500

CellOf = Callable[[Span, str], Cell]
"""The figures of one name in an open day, as known now."""


def is_channel(name: str) -> bool:
    """Whether figures of this name are in `all`; those of dimensions are there under their channel already."""
    return DIMENSION_SIGN not in name


class LongWindow:
    """One stretch of time. `totals` holds the final days; `days` are the open ones with figures, and who has figures there."""

    __slots__ = ("days", "end_ms", "totals")

    def __init__(self, end_ms: int) -> None:
        self.end_ms = end_ms
        self.totals: dict[str, Cell] = {}
        self.days: dict[Span, dict[str, None]] = {}

    @property
    def final_from_ms(self) -> int:
        """It is final when stream time is past this: all days in it are."""
        return self.end_ms + LATENESS_MS["day"]

    def names(self) -> list[str]:
        """Whoever has figures; and all channels together, if one of them is a channel."""
        names = dict.fromkeys((*self.totals, *(name for names in self.days.values() for name in names)))
        return [*names, ALL] if any(map(is_channel, names)) else list(names)


class LongWindows:
    """The long windows that are not final."""

    def __init__(self, zone: str, every_ms: int) -> None:
        self.windows: dict[Span, LongWindow] = {}
        self._calendar = Calendar(zone)
        self._every_ms = every_ms
        self._given_in = -1
        self._of_day: dict[Span, tuple[Span, ...]] = {}
        self._changed: dict[Span, dict[str, None]] = {}
        self._due: dict[Span, dict[str, None]] = {}
        self._unsaved: dict[tuple[Span, str], None] = {}

    # -- loading ---------------------------------------------------------------------------------------------------------------------------

    def load(self, entry: Bounds | Total) -> None:
        """Take one entry of the changelog."""
        match entry:
            case Bounds(span=span, end_ms=end_ms):
                self._window(span).end_ms = end_ms
            case Total(span=span, channel=channel, cell=cell):
                self._window(span).totals[channel] = cell

    def _window(self, span: Span) -> LongWindow:
        window = self.windows.get(span)
        if window is None:
            window = self.windows[span] = LongWindow(0)
        return window

    def forget(self, span: Span) -> None:
        """The window is final."""
        self.windows.pop(span, None)
        self._changed.pop(span, None)
        self._due.pop(span, None)

    def start(self) -> list[tuple[int, Span]]:
        """Everything is loaded, and due once more. (final from, window) of all there are."""
        for span, window in self.windows.items():
            self._due[span] = dict.fromkeys(window.names())
        return [(window.final_from_ms, span) for span, window in self.windows.items()]

    # -- days ------------------------------------------------------------------------------------------------------------------------------

    def see(self, day: Span, end_ms: int, name: str) -> list[tuple[int, Span]]:
        """An open day has new figures of a channel or dimension. (final from, window) of windows that begin or last longer by it."""
        told: list[tuple[int, Span]] = []
        spans = self._of_day.get(day)
        if spans is None:
            spans = self._of_day[day] = tuple(self._place(kind, day, end_ms, told) for kind in LONG_KINDS)
        for span in spans:
            self.windows[span].days.setdefault(day, {})[name] = None
            self._note(self._changed, span, name)
        return told

    def _place(self, kind: str, day: Span, end_ms: int, told: list[tuple[int, Span]]) -> Span:
        middle_ms = (day.start_ms + end_ms) // 2
        span = self._holding(kind, middle_ms)
        if span is None:
            start_ms, window_end_ms = self._calendar.around(kind, middle_ms)
            span = Span(kind, start_ms)
        else:
            window_end_ms = self.windows[span].end_ms
        window = self._window(span)
        if max(window_end_ms, end_ms) > window.end_ms:
            window.end_ms = max(window_end_ms, end_ms)
            self._unsaved[span, ""] = None
            told.append((window.final_from_ms, span))
        return span

    def _holding(self, kind: str, at_ms: int) -> Span | None:
        """The first window of a kind that has begun and holds an instant."""
        holding = (
            span
            for span, window in self.windows.items()
            if span.kind == kind and span.start_ms <= at_ms < window.end_ms
        )
        return min(holding, default=None)

    def fold(self, day: Span, cells: Mapping[str, Cell]) -> None:
        """A day is final: it becomes part of totals."""
        for span in self._of_day.pop(day, ()):
            window = self.windows[span]
            del window.days[day]
            for name, cell in cells.items():
                self._note(self._due, span, name)
                if cell:
                    window.totals.setdefault(name, Cell()).add(cell)
                    self._unsaved[span, name] = None

    @staticmethod
    def _note(into: dict[Span, dict[str, None]], span: Span, name: str) -> None:
        names = into.setdefault(span, {})
        names[name] = None
        if is_channel(name):
            names[ALL] = None

    # -- giving ----------------------------------------------------------------------------------------------------------------------------

    def size(self, stream_ms: int) -> int:
        """How much waits to be given or saved at a stream time, about."""
        return len(self._unsaved) + len(self._due) + (len(self._changed) if self._is_time(stream_ms) else 0)

    def _is_time(self, stream_ms: int) -> bool:
        return not self._every_ms or stream_ms // self._every_ms != self._given_in

    def due(self, stream_ms: int) -> tuple[Span, list[str]] | None:
        """A window, and of whom to give a version; some of them at a time. None if nothing is due."""
        if self._changed and self._is_time(stream_ms):
            for span, names in self._changed.items():
                self._due.setdefault(span, {}).update(names)
            self._changed = {}
            self._given_in = stream_ms // self._every_ms if self._every_ms else -1
        if not self._due:
            return None
        span, names = next(iter(self._due.items()))
        given = list(names)[:_NAMES_AT_ONCE]
        for name in given:
            del names[name]
        if not names:
            del self._due[span]
        return span, given

    def cells(self, span: Span, names: Iterable[str], cell_of: CellOf) -> Iterator[tuple[str, Cell]]:
        """The figures of a window, for each of the names: its final days and the open ones."""
        window = self.windows[span]
        for name in names:
            ones = filter(is_channel, window.names()) if name == ALL else (name,)
            yield name, merged(cell for one in ones for cell in _parts(window, one, cell_of))

    def take_changes(self) -> dict[bytes, bytes | None]:
        """The entries of the changelog that changed since the last call."""
        changes: dict[bytes, bytes | None] = {}
        for span, name in self._unsaved:
            window = self.windows.get(span)
            if window is None:
                continue
            if name:
                changes[Key(name, *span, TOTAL).written()] = encode(Total(span, name, window.totals[name]))
            else:
                changes[Key("", *span, BOUNDS).written()] = encode(Bounds(span, window.end_ms))
        self._unsaved = {}
        return changes


def _parts(window: LongWindow, name: str, cell_of: CellOf) -> Iterator[Cell]:
    total = window.totals.get(name)
    if total is not None:
        yield total
    for day, names in window.days.items():
        if name in names:
            yield cell_of(day, name)
