"""Live (clock `log`): breaches are found by time alone, a backlog makes none, and nobody's clock moves the others'."""

import asyncio
import json
import signal
import urllib.request
from typing import Any

import pytest

from tests.deployment import until
from tests.live.conftest import GRACE_SECONDS, TARGET_SECONDS, Live, ago, event


def _garbage() -> dict[str, tuple[bytes, bytes | None]]:
    """Reason -> (value, key) of a record that is refused for it; made when it is sent, since one is six minutes ahead."""
    return {
        "not-json": (b"{ garbage", None),
        "not-utf8": (b"\xff\x00garbage", None),
        "wrong-type": (json.dumps(event("g1", "reply-sent", "g", author_id=5)).encode(), b"g"),
        "too-large": (json.dumps(event("g2", "message-received", "g", account="x" * 70_000)).encode(), b"g"),
        "too-deep": (b'{"type":"message-received","x":' + b"[" * 60_000, b"g"),
        "future": (json.dumps(event("g3", "message-received", "g", at_ms=ago(minutes=-6))).encode(), b"g"),
        "ancient": (json.dumps(event("g4", "message-received", "g", at_ms=1_000_000_000_000)).encode(), b"g"),
        "unknown-type": (json.dumps(event("g5", "ticket-eaten", "g")).encode(), b"g"),
        "bad-instant": (
            json.dumps({**event("g6", "message-received", "g"), "occurred_at": "yesterday"}).encode(),
            b"g",
        ),
        "wrong-key": (json.dumps(event("g7", "message-received", "g")).encode(), b"somebody-else"),
        "reserved-channel": (json.dumps({**event("g8", "message-received", "g"), "channel": "all"}).encode(), b"g"),
    }


NAN = json.dumps(event("g9", "call-ended", "g", talk_seconds=float("nan"))).encode()


async def _metric(live: Live, name: str, **labels: str) -> float:
    """The sum of a metric's samples with these labels; 0 while the worker does not answer."""

    def scrape() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{live.metrics_port}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    try:
        text = await asyncio.to_thread(scrape)
    except OSError:
        return 0
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    lines = [line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(label in line for label in wanted))


async def _verdict(live: Live, ticket: str, state: str) -> dict[str, Any]:
    for transition in await live.transitions(ticket):
        if transition["state"] == state and transition["metric"] != "resolution":
            return transition
    return {}


async def test_a_silent_ticket_is_breached_in_time_with_no_further_message(live: Live) -> None:
    await until(lambda: _metric(live, "carebeat_ready"), 60, "the worker is ready")
    started_ms = ago()
    await live.send(event("m1", "message-received", "silent", at_ms=started_ms))
    breach = await until(lambda: _verdict(live, "silent", "breached"), 60, "the breach is declared")
    late_seconds = (breach["read_ms"] - started_ms) / 1000 - TARGET_SECONDS
    assert GRACE_SECONDS <= late_seconds <= GRACE_SECONDS + 2, late_seconds
    labels = {"metric": "first_response", "outcome": "breached", "channel": "chat"}
    assert await until(lambda: _metric(live, "support_sla_verdicts_total", **labels), 10, "the metric tells it") == 1
    assert await until(lambda: _metric(live, "support_breached_tickets", channel="chat"), 10, "the level tells it") == 1


async def test_what_the_configuration_asks_for_is_published_and_told(live: Live) -> None:
    await until(lambda: _metric(live, "carebeat_ready"), 60, "the worker is ready")
    await live.send(event("m1", "message-received", "sampled"))
    await live.send(event("r1", "reply-sent", "sampled", author_kind="agent", author_id="a"))

    async def sampled() -> set[str]:
        return {json.loads(record.value)["kpi"] for record in await live.workers.read("samples")}

    assert {"response", "first_response"} <= await until(sampled, 60, "the durations are published")
    for wanted, name, labels in (
        (1200, "support_goal", {"channel": "chat", "goal": "response_good"}),
        (1, "support_schedule_open", {"schedule": "always-on"}),
        (3600, "support_sla_target_seconds", {"channel": "chat", "policy": "default", "metric": "resolution"}),
    ):
        assert await until(lambda name=name, labels=labels: _metric(live, name, **labels), 20, name) == wanted


async def test_a_worker_restarted_with_a_backlog_declares_no_false_breach(live: Live) -> None:
    await until(lambda: _metric(live, "carebeat_ready"), 60, "the worker is ready")
    await live.send(event("m1", "message-received", "answered"))
    await until(lambda: _metric(live, "support_messages_received_total", channel="chat"), 20, "it is counted")
    live.workers.stop("worker", signal.SIGKILL)
    await live.send(event("r1", "reply-sent", "answered", author_kind="agent", author_id="a"))
    await asyncio.sleep(TARGET_SECONDS + GRACE_SECONDS + 3)
    live.workers.start("worker")
    met = await until(lambda: _verdict(live, "answered", "met"), 60, "the answer is found")
    assert met["metric"] == "first_response"
    await asyncio.sleep(3)
    assert not await _verdict(live, "answered", "breached")


async def test_a_producer_four_minutes_ahead_moves_nobodys_time(live: Live) -> None:
    await until(lambda: _metric(live, "carebeat_ready"), 60, "the worker is ready")
    tickets = [f"patient-{number}" for number in range(8)]
    await live.send(*(event(f"m-{ticket}", "message-received", ticket) for ticket in tickets))
    ahead = [event(f"a{number}", "message-received", f"ahead-{number}", at_ms=ago(minutes=-4)) for number in range(8)]
    await live.send(*ahead)
    await asyncio.sleep(2)
    await live.send(*(event(f"r-{ticket}", "reply-sent", ticket, author_id="a") for ticket in tickets))
    for ticket in tickets:
        assert await until(lambda ticket=ticket: _verdict(live, ticket, "met"), 30, f"{ticket} is met")
        assert not await _verdict(live, ticket, "breached")
    breach = await until(lambda: _verdict(live, "ahead-0", "breached"), 30, "the future one counts from its arrival")
    assert breach["elapsed_seconds"] == TARGET_SECONDS


async def test_bad_input_is_a_dead_letter_each_and_the_worker_goes_on(live: Live) -> None:
    garbage = _garbage()
    for value, key in [*garbage.values(), (NAN, b"g")]:
        await live.send_raw(value, key)
    await live.send(event("ok", "message-received", "good"))
    await until(lambda: _metric(live, "support_messages_received_total", channel="chat"), 60, "the good one is counted")

    async def letters() -> list[Any]:
        found = await live.workers.read("dead-letters")
        return found if len(found) > len(garbage) else []

    found = [json.loads(letter.value) for letter in await until(letters, 20, "the dead letters are there")]
    assert sorted(letter["reason"] for letter in found) == sorted([*garbage, "not-json"])
    for reason in garbage:
        counted = await _metric(live, "carebeat_dead_letters_total", reason=reason)
        assert counted == (2 if reason == "not-json" else 1), reason


@pytest.mark.timeout(300)
async def test_broker_away_loses_and_doubles_nothing(live: Live) -> None:
    await until(lambda: _metric(live, "carebeat_ready"), 60, "the worker is ready")
    await live.send(*(event(f"a{number}", "message-received", f"t{number}") for number in range(50)))
    broker = live.kafka
    await asyncio.to_thread(broker.kill)
    await asyncio.sleep(3)
    await asyncio.to_thread(broker.start)
    await until(lambda: _ticks(live), 90, "the worker reads again")
    await live.send(*(event(f"b{number}", "message-received", f"t{number}") for number in range(50)))

    async def counted() -> int:
        live.workers.restart_dead()
        last = {record.key: json.loads(record.value) for record in await live.workers.read("kpis")}
        days = [record for key, record in last.items() if key.startswith(b"chat|day")]
        total = sum(record["counts"]["messages_received"] for record in days)
        return total if total >= 100 else 0

    assert await until(counted, 120, "all messages are counted") == 100
    await asyncio.sleep(3)
    assert await counted() == 100


async def _ticks(live: Live) -> bool:
    live.workers.restart_dead()
    return await _metric(live, "carebeat_ready") > 0
