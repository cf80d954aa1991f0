import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gateway.spool import open_spool
from tests.gateway.desk import NOW_MS, said, site, types_of
from tests.gateway.real import PATH
from tests.gateway.sender import KEY, OTHER_KEY, cloud_event, encoded, signed

AT = NOW_MS / 1000


def _signed(body: bytes, **more: Any) -> dict[str, str]:
    return signed(body, at_seconds=AT, **more)


async def test_a_signed_event_is_on_kafka_before_it_is_answered() -> None:
    async with site() as here:
        body = encoded(cloud_event(1, author_id="jane@example.com", text="hello"))
        answer = await here.client.post(PATH, content=body, headers=_signed(body))
        assert (answer.status_code, answer.content) == (204, b"")
        (event,) = here.kafka.sent
        value = json.loads(event.value)
        assert event.key == b"t-1"
        assert value.pop("author_id") not in ("", "jane@example.com")
        assert value == {
            "id": event.id,
            "type": "message-received",
            "ticket_id": "t-1",
            "channel": "web-chat",
            "occurred_at": "2026-03-02T10:41:07.120Z",
            "source": "generic",
            "account": "website",
            "received_at": "2026-03-02T10:41:07Z",
        }
        assert here.outcomes() == {("generic", "accepted"): 1}


async def test_a_redelivery_has_the_same_ids() -> None:
    async with site() as here:
        body = encoded([cloud_event(number) for number in range(5)])
        for _ in range(2):
            assert (await here.client.post(PATH, content=body, headers=_signed(body))).status_code == 204
            here.clock.wall_ms += 60_000
        assert here.kafka.ids[:5] == here.kafka.ids[5:]
        assert len(set(here.kafka.ids)) == 5


async def test_any_of_the_secrets_signs_and_which_one_is_counted() -> None:
    async with site() as here:
        body = encoded(cloud_event())
        for key in (KEY, OTHER_KEY, OTHER_KEY):
            assert (await here.client.post(PATH, content=body, headers=_signed(body, key=key))).status_code == 204
        used = {labels[2]: count for labels, count in here.metrics.secrets.items()}
        assert used == {"0": 1, "1": 2}


_BODY = encoded(cloud_event())


@pytest.mark.parametrize(
    ("path", "body", "changes", "told"),
    [
        (PATH, _BODY, {"webhook-signature": "v1,AAAA"}, (401, "signature")),
        (PATH, _BODY, {"webhook-signature": "v1,\xff"}, (401, "signature")),
        (PATH, _BODY, {"webhook-id": "other"}, (401, "signature")),
        (PATH, _BODY, {"content-encoding": "gzip"}, (415, "content-encoding")),
        (PATH, _BODY, {"content-type": "application/json"}, (415, "content-type")),
        (PATH, b"{" * 40, {}, (400, "malformed")),
        (PATH, b'{"specversion":"1.0"}', {}, (400, "malformed")),
        (PATH, encoded(cloud_event(channel="all")), {}, (400, "invalid-event")),
        (PATH, b" " * (1 << 20) + b"{}", {}, (413, "too-large")),
        ("/in/generic/other", _BODY, {}, (404, "unknown-path")),
        ("/in/zendesk/website", _BODY, {}, (404, "unknown-path")),
    ],
)
async def test_what_is_not_taken_is_told_why(path: str, body: bytes, changes: dict[str, str], told: Any) -> None:
    async with site() as here:
        headers = {**_signed(body), **changes}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        answer = await here.client.post(path, content=body, headers=raw)
        assert said(answer) == told
        assert here.kafka.sent == []
        assert sum(here.outcomes().values()) == 1
        assert told[1] in {labels[1] for labels in here.outcomes()}


async def test_a_body_of_a_mebibyte_is_taken_and_one_byte_more_is_not() -> None:
    async with site() as here:
        body = _BODY + b" " * ((1 << 20) - len(_BODY))
        assert (await here.client.post(PATH, content=body, headers=_signed(body))).status_code == 204
        body += b" "
        assert said(await here.client.post(PATH, content=_in_parts(body), headers=_signed(body))) == (413, "too-large")


async def _in_parts(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 60_000):
        yield body[start : start + 60_000]


async def test_the_right_events_of_a_partly_wrong_batch_are_kept() -> None:
    async with site() as here:
        batch = [cloud_event(1), {"no": "event"}, cloud_event(2, channel="ALL CAPS"), cloud_event(3)]
        body = encoded(batch)
        answer = await here.client.post(PATH, content=body, headers=_signed(body))
        assert said(answer) == (400, "malformed")
        assert json.loads(answer.content)["detail"].startswith("item 1: ")
        assert [event.key for event in here.kafka.sent] == [b"t-1", b"t-3"]
        assert here.metrics.invalid["generic", "bad-value"] == 1


async def test_what_is_refused_is_never_repeated_to_the_sender() -> None:
    async with site() as here:
        body = encoded(cloud_event(channel="Jane Doe"))
        answer = await here.client.post(PATH, content=body, headers=_signed(body))
        assert json.loads(answer.content) == {"reason": "invalid-event", "detail": "item 0: bad-value in channel"}


async def test_kinds_of_no_use_are_counted_and_answered_like_others() -> None:
    async with site() as here:
        body = encoded([cloud_event(1, "com.example.cart-opened"), cloud_event(2, "page-viewed")])
        assert (await here.client.post(PATH, content=body, headers=_signed(body))).status_code == 204
        assert here.metrics.unused["generic",] == 2
        assert here.outcomes() == {("generic", "ignored"): 1}


async def test_a_sender_may_ask_for_permission_and_other_methods_are_refused() -> None:
    async with site() as here:
        answer = await here.client.options(PATH, headers={"webhook-request-origin": "shop.example"})
        assert answer.headers["webhook-allowed-origin"] == "shop.example"
        assert said(await here.client.get(PATH)) == (405, "method")
        assert (await here.client.head(PATH)).status_code == 405


async def test_who_sends_too_much_is_told_when_to_come_back() -> None:
    configuration = "connectors: {generic: {website: {secrets: [{env: WEBSITE_SECRET}], requests_per_second: 2}}}"
    async with site(configuration=configuration) as here:
        answers = [await here.client.post(PATH, content=_BODY, headers=_signed(_BODY)) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [204] * 4 + [429]
        assert (said(answers[4])[1], answers[4].headers["retry-after"]) == ("rate-account", "1")
        here.clock.monotonic_seconds += 1
        assert (await here.client.post(PATH, content=_BODY, headers=_signed(_BODY))).status_code == 204


async def test_a_rate_is_judged_before_anything_is_computed_and_per_peer_too() -> None:
    async with site(peer_rate=1) as here:
        answers = [await here.client.post(PATH, content=b"x", headers={}) for _ in range(3)]
        assert [said(answer) for answer in answers] == [(401, "signature")] * 2 + [(429, "rate-peer")]


async def test_without_a_spool_a_silent_kafka_means_come_back_later() -> None:
    async with site() as here:
        here.kafka.is_up = False
        answer = await here.client.post(PATH, content=_BODY, headers=_signed(_BODY))
        assert (said(answer), answer.headers["retry-after"]) == ((503, "kafka-silent"), "30")
        assert here.outcomes() == {("generic", "kafka-silent"): 1}


async def test_with_a_spool_it_is_taken_and_goes_to_kafka_in_order_when_that_is_back(tmp_path: Path) -> None:
    spool = await open_spool(tmp_path / "spool.db", most_events=100, most_bytes=1 << 20)
    async with site(spool) as here:
        here.kafka.is_up = False
        bodies = [encoded(cloud_event(number)) for number in range(10)]
        for body in bodies:
            assert (await here.client.post(PATH, content=body, headers=_signed(body))).status_code == 204
        assert here.outcomes() == {("generic", "spooled"): 10}
        here.kafka.is_up = True
        await _until_empty(spool)
        assert [event.key for event in here.kafka.sent] == [f"t-{number}".encode() for number in range(10)]
        assert (await here.client.post(PATH, content=bodies[0], headers=_signed(bodies[0]))).status_code == 204
        assert here.outcomes() == {("generic", "spooled"): 10, ("generic", "accepted"): 1}


async def _until_empty(spool: Any) -> None:
    async with asyncio.timeout(10):
        while not spool.is_empty:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)


async def test_a_full_spool_means_come_back_later(tmp_path: Path) -> None:
    spool = await open_spool(tmp_path / "spool.db", most_events=3, most_bytes=1 << 20)
    async with site(spool) as here:
        here.kafka.is_up = False
        bodies = [encoded(cloud_event(number)) for number in range(4)]
        answers = [await here.client.post(PATH, content=body, headers=_signed(body)) for body in bodies]
        assert [answer.status_code for answer in answers] == [204, 204, 204, 503]
        assert (said(answers[3])[1], answers[3].headers["retry-after"]) == ("spool-full", "30")
        assert here.delivery.why_not_ready() == ("the spool is full",)


async def test_a_body_that_stalls_is_given_up() -> None:
    async def stalls() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(20)

    async with site(read_seconds=0.3) as here:
        answer = await here.client.post(PATH, content=stalls(), headers=_signed(b"{"))
        assert said(answer) == (408, "too-slow")


async def test_many_large_bodies_at_once_are_refused_and_small_ones_are_not() -> None:
    release = asyncio.Event()

    async def large() -> AsyncIterator[bytes]:
        yield b"x" * 200_000
        yield b"x"
        await release.wait()

    async with site(room_bytes=300_000) as here:
        held = asyncio.create_task(here.client.post(PATH, content=large(), headers=_signed(b"")))
        await asyncio.sleep(0.1)
        assert said(await here.client.post(PATH, content=large(), headers=_signed(b""))) == (503, "too-many-bodies")
        assert (await here.client.post(PATH, content=_BODY, headers=_signed(_BODY))).status_code == 204
        release.set()
        assert said(await held) == (401, "signature")
        body = _BODY + b" " * 200_000
        answer = await here.client.post(PATH, content=_in_parts(body), headers=_signed(body))
        assert answer.status_code == 204, "room is given back"


_NAMES = ["webhook-id", "webhook-timestamp", "webhook-signature", "content-type", "content-encoding", "content-length"]


@given(
    body=st.binary(max_size=400),
    headers=st.dictionaries(st.sampled_from(_NAMES), st.binary(max_size=60), max_size=6),
    method=st.sampled_from(["POST", "GET", "OPTIONS", "HEAD", "PUT"]),
    query=st.binary(max_size=30),
)
def test_arbitrary_bytes_never_give_a_5xx(body: bytes, headers: dict[str, bytes], method: str, query: bytes) -> None:
    scope = {
        "type": "http",
        "method": method,
        "path": PATH,
        "path_params": {"connector": "generic", "account": "website"},
        "query_string": query,
        "headers": [(name.encode(), value) for name, value in headers.items()],
        "client": ("192.0.2.1", 1),
    }
    assert asyncio.run(_status(scope, body)) < 500


async def _status(scope: dict[str, Any], body: bytes) -> int:
    """What a request gets that no client would send."""
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        statuses.append(message.get("status", 0))

    async with site() as here:
        await here.gateway(scope, receive, send)
    return max(statuses)


_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
_FIELD = st.sampled_from(["ticket_id", "channel", "author_id", "tags", "score", "public", "agent_id", "amount", "into"])
_TYPE = st.sampled_from(["message-received", "reply-sent", "ticket-merged", "survey-answered", "x"]) | st.text()


@given(
    events=st.lists(
        st.fixed_dictionaries(
            {"specversion": st.just("1.0"), "id": st.text(), "source": st.text(), "type": _TYPE},
            optional={"time": _VALUE, "subject": _VALUE, "data": st.dictionaries(_FIELD, _VALUE)},
        ),
        max_size=3,
    )
)
def test_signed_nonsense_never_gives_a_5xx(events: list[Any]) -> None:
    body = encoded(events)

    async def ask() -> httpx.Response:
        async with site() as here:
            return await here.client.post(PATH, content=body, headers=_signed(body))

    assert asyncio.run(ask()).status_code in (204, 400)


async def test_every_event_that_is_taken_is_counted_by_type() -> None:
    async with site() as here:
        body = encoded([cloud_event(1), cloud_event(2, "reply-sent"), cloud_event(3, "reply-sent")])
        await here.client.post(PATH, content=body, headers=_signed(body))
        counted = {labels[1]: count for labels, count in here.metrics.events.items() if count}
        assert counted == {"message-received": 1, "reply-sent": 2}
        assert types_of(here.kafka.sent) == ["message-received", "reply-sent", "reply-sent"]
