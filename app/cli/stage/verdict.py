"""What the demo came to, in words, and what was not as it has to be."""

from collections.abc import Iterator

from app.cli.stage.tally import Counted, Sent
from app.errors import CarebeatError


class ShortfallError(CarebeatError):
    """The demo ran, but its figures are not what they have to be."""

    exit_status = 70


def summary(sent: Sent, counted: Counted, *, posts: int, restarts: int) -> str:
    """The demo in a few lines."""
    lines = [
        f"events sent       {sent.events:,} in {posts:,} signed webhooks through the gateway",
        f"tickets opened    {counted.tickets_opened():,} of {sent.ticket_count:,} sent",
        f"waits answered    {counted.waits_answered:,}",
        f"SLA               {counted.met:,} met, {counted.breached:,} breached",
        f"restarts          {restarts}",
    ]
    if counted.dead_letters:
        lines.append(f"dead letters      {counted.dead_letters:,}")
    return "\n".join(lines)


def shortfalls(sent: Sent, counted: Counted, *, is_ready: bool) -> Iterator[str]:
    """What is not as it has to be once all that was sent should have been counted; nothing when all is well."""
    if not sent.events:
        yield "no event was sent"
    if not is_ready:
        yield "the worker is not ready"
    if counted.dead_letters:
        yield f"{counted.dead_letters} made-up events became dead letters"
    for channel in sorted(sent.tickets):
        expected, found = len(sent.tickets[channel]), counted.tickets_opened(channel)
        if not found:
            yield f"no figures for {channel}"
        elif found != expected:
            yield f"{channel}: {found:,} tickets counted, {expected:,} sent"
