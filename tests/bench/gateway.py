"""`python -m tests.bench gateway`: requests a second of one gateway process, against a bare Starlette endpoint.

Both read the same signed bodies over the same kept-alive connections, in turns; the gateway also verifies, normalises,
checks and produces each to real Kafka (acks=all) before it answers 204, as the bare one does at once. The sender, and
with the gateway Kafka too, share the machine's cores with what is measured: on a busy machine the ratio by the clock falls,
since an acknowledgement waits for Kafka's turn, while that by the CPU time of the two servers stays.
"""

import asyncio
import contextlib
import json
import logging
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

import click
import uvloop
from rich.console import Console
from rich.table import Table

from app.broker.embedded import EmbeddedKafka
from app.broker.ports import free_port
from tests.bench.crowd import Served, crowd
from tests.bench.figure import cpu_seconds_of
from tests.bench.machine import load
from tests.bench.traffic import happenings, in_contract_shape
from tests.deployment import Deployment, until
from tests.gateway.real import PATH, real_gateway
from tests.gateway.sender import encoded, signed

RATIO_AT_LEAST, RATIO_AIM = 0.25, 0.4
PARTITIONS = 4
REQUESTS = 20_000
_WARM_SECONDS = 10.0


@dataclass(frozen=True)
class Turn:
    """One turn of one server."""

    per_second: float
    cpu_us: float
    """Of the server's process, for a request."""


@click.command("gateway")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--seconds", default=8.0, show_default=True, type=click.FloatRange(1))
@click.option("--senders", default=256, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
def command(rounds: int, seconds: float, senders: int, as_json: bool) -> None:
    """Requests a second of the gateway and of a bare Starlette endpoint, in turns; and their ratio."""
    logging.basicConfig(level="ERROR")
    with uvloop_policy():
        bare, ours, loads = asyncio.run(_measure(rounds, seconds, senders))
    ratio = median(turn.per_second for turn in ours) / median(turn.per_second for turn in bare)
    cpu_ratio = median(turn.cpu_us for turn in bare) / median(turn.cpu_us for turn in ours)
    if as_json:
        figures = {"bare": [vars(turn) for turn in bare], "gateway": [vars(turn) for turn in ours]}
        click.echo(json.dumps({"ratio": ratio, "cpu_ratio": cpu_ratio, "load_before_each_round": loads, **figures}))
    else:
        Console().print(_table(bare, ours))
        text = f"ratio {ratio:.3f} (at least {RATIO_AT_LEAST:g}, aim {RATIO_AIM:g}), by CPU time {cpu_ratio:.3f}"
        Console().print(f"{text}; load before each round {loads}")


@contextlib.contextmanager
def uvloop_policy() -> Iterator[None]:
    """The sender must not be what is measured."""
    before = asyncio.get_event_loop_policy()
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    try:
        yield
    finally:
        asyncio.set_event_loop_policy(before)


async def _measure(rounds: int, seconds: float, senders: int) -> tuple[list[Turn], list[Turn], list[float]]:
    requests = [request_of(in_contract_shape(event)) for event in islice(happenings(), REQUESTS)]
    bare, ours, loads = [], [], []
    with tempfile.TemporaryDirectory(prefix="carebeat-bench-") as name, EmbeddedKafka() as kafka:
        deployment = Deployment(kafka.bootstrap, f"bench-{uuid.uuid4().hex[:8]}.", Path(name), partitions=PARTITIONS)
        await deployment.create_topics()
        with (
            bare_server() as (bare_port, bare_process),
            real_gateway(kafka.bootstrap, deployment.prefix, Path(name)) as gateway,
        ):
            assert gateway.process is not None
            await until(gateway.is_ready, 30, "the gateway is ready")
            for port in (bare_port, gateway.port):
                await crowd(port, requests, senders, _WARM_SECONDS)
            before = await deployment.end("events")
            answered = 0
            for _ in range(rounds):
                loads.append(load())
                bare.append((await _turn(bare_port, bare_process.pid, requests, senders, seconds))[0])
                turn, served = await _turn(gateway.port, gateway.process.pid, requests, senders, seconds)
                ours.append(turn)
                answered += served.statuses[204]
            produced = await deployment.end("events") - before
            assert produced == answered, f"{answered} requests were answered, {produced} events are on Kafka"
    return bare, ours, loads


async def _turn(port: int, pid: int, requests: list[bytes], senders: int, seconds: float) -> tuple[Turn, Served]:
    cpu_before = cpu_seconds_of(pid)
    served = await crowd(port, requests, senders, seconds)
    cpu_seconds = cpu_seconds_of(pid) - cpu_before
    count = served.statuses.total()
    assert served.statuses[204] == count, served.statuses
    return Turn(served.per_second, cpu_seconds / count * 1e6), served


def request_of(event: bytes) -> bytes:
    """A whole signed request with one event of the contract."""
    data = json.loads(event)
    envelope = {"specversion": "1.0", "source": "https://bench.example", "datacontenttype": "application/json"}
    body = encoded({**envelope, "id": data["id"], "type": data["type"], "time": data["occurred_at"], "data": data})
    head = "".join(f"{name}: {value}\r\n" for name, value in signed(body).items())
    return f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n{head}\r\n".encode() + body


@contextlib.contextmanager
def bare_server() -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """The bare endpoint in a process of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.peers.bare_starlette", str(port)])
    try:
        yield port, process
    finally:
        process.kill()
        process.wait()


def _table(bare: list[Turn], ours: list[Turn]) -> Table:
    table = Table(title="Requests a second", title_justify="left")
    for column in ("", "median", "each round", "CPU us a request"):
        table.add_column(column, justify="right" if column else "left")
    for name, turns in (("bare Starlette", bare), ("gateway", ours)):
        rates = [turn.per_second for turn in turns]
        cpu_us = median(turn.cpu_us for turn in turns)
        table.add_row(name, f"{median(rates):,.0f}", ", ".join(f"{rate:,.0f}" for rate in rates), f"{cpu_us:.0f}")
    return table
