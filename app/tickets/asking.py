"""Asking all workers who waits, and putting their answers together: each owns some partitions, and one that is silent leaves a gap that is said."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import aiohttp
import msgspec

from app.kpi.instants import instant_ms
from app.tickets.page import PATH
from app.tickets.query import LIMIT, Place, Query, QueryError, parse_place
from app.tickets.shape import PartitionRow, TicketRow, WorkerAnswer

_LIMIT_SECONDS: Final = 15.0
_LIMIT_BYTES: Final = 16 << 20
_REASON_SIGNS: Final = 300
_decode = msgspec.json.Decoder(WorkerAnswer).decode


class SilentWorkerError(Exception):
    """A worker gave no answer that can be used; says which and why."""


class Gathered(NamedTuple):
    """What all workers know together. `problems` says why some partitions may be missing."""

    tickets: list[TicketRow]
    total: int
    partitions: dict[int, PartitionRow]
    of_partitions: int
    channels: list[str]
    problems: list[str]

    @property
    def is_complete(self) -> bool:
        """Whether every partition of the deployment answered."""
        return bool(self.of_partitions) and len(self.partitions) >= self.of_partitions

    @property
    def as_of_ms(self) -> int | None:
        """The stream time that all of it has reached; None where nothing is known."""
        reached = [_as_of_ms(row) for row in self.partitions.values() if row.as_of is not None]
        return min(reached, default=None)


async def gather(workers: Sequence[str], query: Query, token: bytes | None) -> Gathered:
    """The `query.limit` oldest tickets (also more than one answer holds) of all workers at these addresses."""
    headers = {} if token is None else {"Authorization": f"Bearer {token.decode()}"}
    timeout = aiohttp.ClientTimeout(total=_LIMIT_SECONDS)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        asked = [_ask_all_pages(session, worker, query) for worker in workers]
        answered = await asyncio.gather(*asked, return_exceptions=True)
    for outcome in answered:
        if isinstance(outcome, BaseException) and not isinstance(outcome, SilentWorkerError):
            raise outcome
    problems = [str(outcome) for outcome in answered if isinstance(outcome, SilentWorkerError)]
    return _together([answer for answer in answered if isinstance(answer, WorkerAnswer)], query.limit, problems)


async def _ask_all_pages(session: aiohttp.ClientSession, worker: str, query: Query) -> WorkerAnswer:
    """One worker's answer, with the tickets of as many pages as the limit takes."""
    first = page = await _ask(session, worker, query._replace(limit=min(query.limit, LIMIT)))
    tickets = list(first.tickets)
    while page.next is not None and len(tickets) < query.limit:
        rest = min(query.limit - len(tickets), LIMIT)
        page = await _ask(session, worker, query._replace(limit=rest, after=_place(worker, page.next)))
        tickets += page.tickets
    return msgspec.structs.replace(first, tickets=tickets)


def _place(worker: str, text: str) -> Place:
    try:
        return parse_place(text)
    except QueryError:
        raise SilentWorkerError(f"{worker} says no place to go on from: is it another version?") from None


async def _ask(session: aiohttp.ClientSession, worker: str, query: Query) -> WorkerAnswer:
    try:
        # the token must not follow to wherever a redirect points
        async with session.get(f"{worker}{PATH}?{query.text()}", allow_redirects=False) as response:
            body = await _body(response)
    except TimeoutError:
        raise SilentWorkerError(f"{worker} did not answer within {_LIMIT_SECONDS:g} s") from None
    except aiohttp.ClientError as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise SilentWorkerError(
            f"{worker} does not answer ({why}): does a worker run there, with these CAREBEAT_TICKETS_HOST and _PORT?"
        ) from None
    if response.status != 200:
        said = body[:_REASON_SIGNS].decode(errors="replace").strip()
        raise SilentWorkerError(f"{worker} answers {response.status}: {said or 'without a reason'}")
    try:
        return _understood(body)
    except (msgspec.DecodeError, ValueError):
        raise SilentWorkerError(f"{worker} answers, but not like a worker of this version") from None


def _understood(body: bytes) -> WorkerAnswer:
    answer = _decode(body)
    for text in [ticket.since for ticket in answer.tickets] + [row.as_of for row in answer.partitions if row.as_of]:
        instant_ms(text)
    return answer


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _LIMIT_BYTES:
            raise aiohttp.ClientPayloadError(f"more than {_LIMIT_BYTES >> 20} MiB")
    return bytes(body)


def _together(answers: Sequence[WorkerAnswer], limit: int, problems: list[str]) -> Gathered:
    """A partition that moves may be known to two workers: the one that has read further counts, with all it says of it."""
    counts = {answer.of_partitions for answer in answers}
    if len(counts) > 1:
        said = " and ".join(str(count) for count in sorted(counts))
        problems = [*problems, f"the workers speak of {said} partitions: are they of one deployment?"]
    by_partition = _furthest(answers)
    tickets = [
        ticket
        for answer in answers
        for ticket in answer.tickets
        if (owner := by_partition.get(ticket.partition)) is not None and owner[1] is answer
    ]
    tickets.sort(key=lambda ticket: (instant_ms(ticket.since), ticket.ticket_id))
    partitions = {number: row for number, (row, _) in sorted(by_partition.items())}
    return Gathered(
        tickets[:limit],
        sum(row.total for row in partitions.values()),
        partitions,
        max(counts, default=0),
        sorted({channel for answer in answers for channel in answer.channels}),
        problems,
    )


def _furthest(answers: Iterable[WorkerAnswer]) -> dict[int, tuple[PartitionRow, WorkerAnswer]]:
    found: dict[int, tuple[PartitionRow, WorkerAnswer]] = {}
    for answer in answers:
        for row in answer.partitions:
            if row.partition not in found or _as_of_ms(row) > _as_of_ms(found[row.partition][0]):
                found[row.partition] = row, answer
    return found


def _as_of_ms(row: PartitionRow) -> int:
    return -1 if row.as_of is None else instant_ms(row.as_of)
