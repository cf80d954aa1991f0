"""Secrets and personal data planted in all that every registered connector can be sent are nowhere afterwards.

One gateway takes it all: first while there is no topic, so that it spools; then the topics are made, the spool drains, and
a worker computes. Looked through are the spool, every topic (changelogs too), all logs at their most talkative, both
`/metrics` and every answer. A new connector is covered by its cases; a sample of `shared/webhooks` by its source.
"""

import asyncio
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from app.broker.connection import connect
from app.broker.embedded import EmbeddedKafka
from app.broker.ports import free_port
from app.clock import wall_milliseconds
from app.connectors.connector import Request
from app.connectors.registry import CONNECTORS
from tests.connectors.cases.case import Body, Case
from tests.connectors.test_contract import PLANTED, PLANTED_WORDS, case_of, planted
from tests.connectors.test_samples_of_meta_and_mail import WRAPPED
from tests.deployment import Deployment, deployment, until
from tests.gateway.everybody import TOKEN, Answered, Poster, configured
from tests.gateway.real import RealGateway, real_gateway
from tests.gateway.sender import PSEUDONYM_KEY
from tests.web import get

CASES: Final[Mapping[str, Case]] = {
    f"{name}/{case_of(name).account.name}": case_of(name)
    for name in sorted(CONNECTORS)
    if CONNECTORS[name].capabilities.takes_posts
}
"""Of sources that post; what is polled is looked through in `test_poll.py`."""
_POSTERS: Final = 4
_SHORTEST: Final = 4
"""Shorter words of the cases are in any long text by chance; figures even up to seven digits."""
_SHORTEST_FIGURE: Final = 8


class Post(NamedTuple):
    path: str
    request: Request
    headers: tuple[tuple[bytes, bytes], ...] = ()


def _words() -> list[str]:
    """What must be nowhere: planted, in the cases, and all secrets."""
    private = {word for case in CASES.values() for word in case.private}
    telling = [word for word in private if len(word) >= (_SHORTEST_FIGURE if word.isdigit() else _SHORTEST)]
    secrets = [text for case in CASES.values() for text in (case.secret, case.other_secret)]
    return [*PLANTED_WORDS, *telling, *secrets, TOKEN, PSEUDONYM_KEY, "nobody-else@planted"]


def _samples(shared: Path) -> Iterator[tuple[str, Case, Body]]:
    """(path, case, body) of all recorded and published samples of sources that are registered."""
    for sample in json.loads((shared / "webhooks/sources.json").read_text())["files"]:
        yield from _sample(shared, sample)


def _of_cases() -> Iterator[tuple[str, Case, Body]]:
    """(path, case, body) of all bodies of the cases."""
    return ((path, case, body) for path, case in CASES.items() for body in case.bodies)


def _sample(shared: Path, sample: Mapping[str, Any]) -> Iterator[tuple[str, Case, Body]]:
    found = next((made for prefix, made in WRAPPED.items() if sample["file"].startswith(prefix)), None)
    body = (shared / "webhooks" / sample["file"]).read_bytes()
    if found is not None:
        case, wrapped = found
        yield f"{case.connector.name}/{case.account.name}", case, wrapped(body)
    elif sample["source"] in CONNECTORS:
        case = case_of(sample["source"])
        yield f"{case.connector.name}/{case.account.name}", case, Body(body, ())


def _with_planted(case: Case, body: Body) -> Iterator[Body]:
    """With the planted text in place of each text: one at a time, so that the rest goes through."""
    if body.body[:1] in (b"{", b"["):
        for _, value in planted(case, body):
            yield Body(json.dumps(value).encode(), (), body.headers)
        return
    for word in (word.encode() for word in case.private if word.encode() in body.body):
        yield Body(body.body.replace(word, PLANTED.encode()), (), body.headers)
        yield Body(body.body.replace(word, word + b"planted"), (), body.headers)


def _signed(bodies: Iterable[tuple[str, Case, Body]], now_ms: int) -> list[Post]:
    """The bodies, and each with the planted text in place of each text in it."""
    header = ((b"user-agent", PLANTED.encode()),)
    return [
        Post(path, case.sign(one, case.secret, now_ms), header)
        for path, case, body in bodies
        for one in (body, *_with_planted(case, body))
    ]


def _refused(now_ms: int) -> Iterator[Post]:
    """Signed and wrong, not signed, sent elsewhere, asked with a wrong token."""
    text = PLANTED.encode()
    wrong = (
        text,
        json.dumps(PLANTED).encode(),
        json.dumps([PLANTED]).encode(),
        json.dumps({PLANTED: PLANTED}).encode(),
    )
    for path, case in CASES.items():
        sample = case.bodies[0]
        for body in (*wrong, sample.body[:-2] + text, sample.body[:40] + text):
            yield Post(path, case.sign(Body(body, (), sample.headers), case.secret, now_ms))
        good = case.sign(sample, case.secret, now_ms)
        yield Post(path, case.sign(sample, case.other_secret, now_ms))
        for name in good.headers:
            yield Post(path, good._replace(headers={**good.headers, name: text}))
        yield Post(f"{case.connector.name}/planted", good)
        yield Post("planted/Jane", good)
        asked = {"hub.mode": "subscribe", "hub.verify_token": PLANTED, "hub.challenge": "nobody-else@planted"}
        for method in ("GET", "OPTIONS", "PUT"):
            yield Post(path, Request(method, {b"webhook-request-origin": text}, asked, b""))


def _post_all(gateway: RealGateway, posts: list[Post]) -> list[Answered]:
    """In some connections at once, as they would come."""

    def some(number: int) -> list[Answered]:
        poster = Poster(gateway.port)
        try:
            return [poster.send(*post) for post in posts[number::_POSTERS]]
        finally:
            poster.close()

    with ThreadPoolExecutor(_POSTERS) as pool:
        return [answer for answers in pool.map(some, range(_POSTERS)) for answer in answers]


def _found(where: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """(place, word) of all that is where it must not be."""
    words = [(word, word.encode()) for word in _words()]
    return [(place, word) for place, content in where.items() for word, raw in words if raw in content]


def _files(folder: Path) -> dict[str, bytes]:
    """All that the processes wrote: logs and the spool."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".yaml"}


async def _topics(workers: Deployment) -> dict[str, bytes]:
    """All that is on the deployment's topics: keys, values, headers."""
    async with connect(workers.bootstrap) as client:
        names = [name for name in await client.list_topics() if name.startswith(workers.prefix)]
    return {name: _written(await workers.read(name.removeprefix(workers.prefix))) for name in names}


def _written(records: Iterable[Any]) -> bytes:
    return b"\n".join(
        part
        for record in records
        for part in (record.key or b"", record.value or b"", *(value for _, value in record.headers))
    )


@pytest.mark.timeout(180)
async def test_nothing_private_in_any_body_is_found_anywhere(kafka: EmbeddedKafka, tmp_path: Path) -> None:
    prefix, metrics_port = f"hidden-{uuid.uuid4().hex[:12]}.", free_port()
    good = _signed(_of_cases(), wall_milliseconds())
    with _gateway(kafka, prefix, tmp_path) as gateway, _workers(kafka, prefix, tmp_path, metrics_port) as workers:
        await until(gateway.is_ready, 20, "the gateway is ready")
        answers = await asyncio.to_thread(_post_all, gateway, [*good, *_refused(wall_milliseconds())])
        spooled = gateway.figure("carebeat_spool_events")  # each id once
        assert gateway.figure("carebeat_gateway_events_total") > len(good) / 2
        assert spooled > sum(len(body.expect) for _, _, body in _of_cases())
        found = _found(_files(tmp_path))

        await workers.create_topics(orders=True)
        workers.start("worker")
        await until(lambda: gateway.figure("carebeat_spool_events") == 0, 60, "the spool is drained")
        answers += await asyncio.to_thread(_post_all, gateway, _signed(_of_cases(), wall_milliseconds())[::40])
        assert gateway.figure('carebeat_gateway_requests_total{connector="zendesk",outcome="accepted"') > 0
        await until(lambda: _has_read(workers), 60, "the worker has read all of it")
        topics = await _topics(workers)
        pages = {port: get(port, "/metrics")[1].encode() for port in (gateway.metrics_port, metrics_port)}
    assert all(topics[prefix + name] for name in ("events", "kpis", "kpi-partials", "sla"))
    assert all(pages.values())
    assert topics[f"{prefix}dead-letters"] == b"", "of what a gateway takes nothing is refused later"
    told = b"".join(part for answer in answers for part in answer[1:])
    assert [*found, *_found({**_files(tmp_path), **topics, "answers": told}), *_found(_named(pages))] == []


def _named(pages: Mapping[int, bytes]) -> dict[str, bytes]:
    return {f"/metrics of {port}": page for port, page in pages.items()}


async def _has_read(workers: Deployment) -> bool:
    return await workers.committed("events") >= await workers.end("events") > 0 and await workers.end("kpis") > 0


async def test_nothing_private_in_a_sample_of_others_is_found_anywhere(
    kafka: EmbeddedKafka, tmp_path: Path, shared: Path
) -> None:
    prefix = f"hidden-{uuid.uuid4().hex[:12]}."
    good = _signed(_samples(shared), wall_milliseconds())
    with _gateway(kafka, prefix, tmp_path) as gateway, _workers(kafka, prefix, tmp_path, 0) as workers:
        await workers.create_topics(orders=True)
        await until(gateway.is_ready, 20, "the gateway is ready")
        answers = await asyncio.to_thread(_post_all, gateway, good)
        topics, page = await _topics(workers), get(gateway.metrics_port, "/metrics")[1].encode()
    assert topics[f"{prefix}events"].count(b"\n") > 200
    told = b"".join(part for answer in answers for part in answer[1:])
    assert _found({**_files(tmp_path), **topics, "answers": told, "/metrics": page}) == []


def _gateway(kafka: EmbeddedKafka, prefix: str, folder: Path) -> AbstractContextManager[RealGateway]:
    text, secrets = configured(CASES, orders={"settle": "1h"})
    return real_gateway(kafka.bootstrap, prefix, folder, text=text, secrets=secrets, arguments=("--log-level", "debug"))


def _workers(kafka: EmbeddedKafka, prefix: str, folder: Path, metrics_port: int) -> AbstractContextManager[Deployment]:
    return deployment(
        kafka.bootstrap,
        prefix,
        folder,
        partitions=2,
        clock="events",  # what the cases tell happened long ago
        config=str(folder / "gateway.yaml"),
        metrics_port=str(metrics_port),
    )
