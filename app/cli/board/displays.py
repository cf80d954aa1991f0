"""Where a board appears: on a live screen, as lines now and then, or as JSON."""

from collections.abc import Sequence
from types import TracebackType
from typing import Final, Protocol, Self

import click
from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from app.cli.board.figures import View
from app.cli.board.limits import LimitsOf
from app.cli.board.lines import change_line, plain_line, update
from app.cli.board.screen import Freshness, screen
from app.cli.terminal import write_json
from app.clock import monotonic_seconds
from schemas.sla import SlaTransition

_PLAIN_SECONDS: Final = 5.0
_PLAIN_CHANGES: Final = 5


class Display(Protocol):
    """A context manager that shows what it is given, as often as it sees fit."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""

    def show(self, view: View, freshness: Freshness, foot: Sequence[Text]) -> None:
        """Show this, now or with what comes next."""


class ScreenDisplay:
    """The whole terminal, redrawn in place. The last board stays in view when it is left."""

    def __init__(self, console: Console, limits_of: LimitsOf) -> None:
        self._console = console
        self._limits_of = limits_of
        self._live = Live(console=console, screen=True, auto_refresh=False, redirect_stderr=False)
        self._last: tuple[View, Freshness, Sequence[Text]] | None = None

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        if self._last is not None:
            self._console.print(self._drawn(*self._last))

    def show(self, view: View, freshness: Freshness, foot: Sequence[Text]) -> None:
        """Redraw."""
        self._last = (view, freshness, foot)
        self._live.update(self._drawn(view, freshness, foot), refresh=True)

    def _drawn(self, view: View, freshness: Freshness, foot: Sequence[Text]) -> RenderableType:
        width, height = self._console.size
        return screen(view, self._limits_of, freshness, width=width, height=height, foot=foot)


class OnceDisplay:
    """The board as it is when it is left, for a terminal or a file."""

    def __init__(self, console: Console, limits_of: LimitsOf) -> None:
        self._console = console
        self._limits_of = limits_of

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to leave."""

    def show(self, view: View, freshness: Freshness, foot: Sequence[Text]) -> None:
        """Print it below what there is."""
        width = self._console.width
        self._console.print(screen(view, self._limits_of, freshness, width=width, height=0, foot=foot))


class _Writing:
    """What the displays for logs and programs share: which SLA changes they have not told yet."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to leave."""

    def _news(self, view: View) -> list[SlaTransition]:
        """Oldest first."""
        new = [transition for transition in reversed(view.transitions) if transition.id not in self._told]
        self._told = {transition.id for transition in view.transitions}
        return new


class PlainDisplay(_Writing):
    """Lines for a log: the figures every few seconds, and the breaches between them."""

    def __init__(self) -> None:
        super().__init__()
        self._shown_seconds: float | None = None

    def show(self, view: View, freshness: Freshness, foot: Sequence[Text]) -> None:  # noqa: ARG002 - a log has no foot
        """Write the breaches since the last line, and a line, if it is time."""
        now_seconds = monotonic_seconds()
        if self._shown_seconds is not None and now_seconds - self._shown_seconds < _PLAIN_SECONDS:
            return
        self._shown_seconds = now_seconds
        told = [transition for transition in self._news(view) if transition.state == "breached"]
        for transition in told[-_PLAIN_CHANGES:]:
            click.echo(f"  {change_line(transition)}")
        if len(told) > _PLAIN_CHANGES:
            click.echo(f"  and {len(told) - _PLAIN_CHANGES} breaches before these")
        click.echo(plain_line(view, freshness))


class JsonDisplay(_Writing):
    """One object in a line whenever anything in it changed, if only the time."""

    def __init__(self) -> None:
        super().__init__()
        self._before: View | None = None

    def show(self, view: View, freshness: Freshness, foot: Sequence[Text]) -> None:  # noqa: ARG002 - nor has a program
        """Write an object if anything is new."""
        if view != self._before:
            self._before = view
            write_json(update(view, freshness, self._news(view)))
