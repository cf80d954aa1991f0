"""From a signed post of a shop to conversion and revenue in the KPIs: real gateway, Kafka and worker, which is killed meanwhile."""

import json
import signal
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.broker.embedded import EmbeddedKafka
from app.kpi.instants import text_of
from tests.connectors.cases.shopify import CASE, body
from tests.deployment import Deployment, deployment, until
from tests.gateway.real import RealGateway, real_gateway
from tests.gateway.sender import cloud_event, encoded, signed

CONFIGURATION = """
orders: {settle: 5m}
connectors:
  generic: {website: {secrets: [{env: WEBSITE_SECRET}]}}
  shopify: {shop: {secrets: [{env: SHOP_SECRET}]}}
"""
_SETTLE_SECONDS = 300
_MAIL, _PHONE = "jane@planted.example", "+4915176543210"


def _ago(seconds: float) -> str:
    return text_of(int((time.time() - seconds) * 1000))


def _message(gateway: RealGateway, number: int, ticket: str, ago_seconds: float, **customer: str) -> None:
    event = cloud_event(number)
    event["time"] = _ago(ago_seconds)
    event["data"] = {**event["data"], "ticket_id": ticket, **customer}
    sent = encoded(event)
    assert gateway.post(sent, signed(sent))[0] == 204


def _order(gateway: RealGateway, topic: str, number: int, placed_at: str, **changes: Any) -> None:
    nobody = {"email": "", "contact_email": None, "phone": None, "customer": None, "billing_address": None}
    told = body(topic, id=number, processed_at=placed_at, **{**nobody, **changes})
    request = CASE.sign(told, CASE.secret, 0)
    headers = {name.decode(): value.decode() for name, value in request.headers.items()}
    assert gateway.post(request.body, headers, "/in/shopify/shop") == (200, b"")


async def _placed(workers: Deployment) -> dict[str, str]:
    """Order -> ticket; each once."""
    events = [json.loads(record.value) for record in await workers.read("events")]
    found = [(event["order_id"], event["ticket_id"]) for event in events if event["type"] == "order-placed"]
    assert len(found) == len(dict(found))
    return dict(found)


async def _hours(workers: Deployment) -> list[Mapping[str, Any]]:
    """The newest version of each hour of all channels."""
    windows = [json.loads(record.value) for record in await workers.read("kpis")]
    hours = [one for one in windows if one.get("channel") == "all" and one["window"]["kind"] == "hour"]
    return list({one["window"]["start"]: one for one in sorted(hours, key=lambda one: one["revision"])}.values())


async def _conversion(workers: Deployment) -> tuple[int, float]:
    hours = await _hours(workers)
    converted = sum(hour["counts"].get("tickets_converted", 0) for hour in hours)
    return converted, sum(float(hour.get("revenue", {}).get("EUR", 0)) for hour in hours)


async def test_signed_orders_become_conversion_and_revenue(
    kafka: EmbeddedKafka, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("SHOP_SECRET", CASE.secret)
    configuration = tmp_path / "carebeat.yaml"
    configuration.write_text(CONFIGURATION)
    where = {"config": str(configuration)}
    prefix = f"orders-{uuid.uuid4().hex[:12]}."
    with (
        deployment(kafka.bootstrap, prefix, tmp_path, partitions=2, **where) as workers,
        real_gateway(kafka.bootstrap, prefix, tmp_path, **where) as gateway,
    ):
        await workers.create_topics(orders=True)
        workers.start("first")
        await until(gateway.is_ready, 20, "the gateway is ready")
        _message(gateway, 1, "t-mail", 7200, customer_email=_MAIL)
        soon = _ago(_SETTLE_SECONDS - 14)
        for topic in ("orders/create", "orders/create", "orders/paid"):
            _order(gateway, topic, 5001, _ago(7000), email=_MAIL.upper(), total_price="10.50")
            _order(gateway, topic, 5002, soon, phone=_PHONE, total_price="31.50")
        _order(gateway, "orders/create", 5003, _ago(7000), email="nobody@planted.example")
        _message(gateway, 2, "t-phone", 600, customer_phone="0049 151 76543210")  # began before its order, comes later
        await until(lambda: _has(workers, {"5001"}), 25, "what came late is decided at once")
        assert await _placed(workers) == {"5001": "t-mail"}, "the other one waits"
        workers.stop("first", signal.SIGKILL)
        workers.start("second")
        await until(lambda: _has(workers, {"5001", "5002"}), 30, "time passes without messages")
        await until(lambda: _converted(workers), 15, "conversion and revenue are in the hours")
        assert await _placed(workers) == {"5001": "t-mail", "5002": "t-phone"}
        customers = await workers.read("customers")
        told = b"".join(record.value for record in (*customers, *await workers.read("events")))
        told += gateway.log.encode() + workers.log_of("second").read_bytes()
        assert not [word for word in ("planted", "PLANTED", "76543210", "Jane") if word.encode() in told]
        assert gateway.figure('carebeat_gateway_events_total{connector="shopify"') == 7


async def _has(workers: Deployment, orders: set[str]) -> bool:
    return set(await _placed(workers)) >= orders


async def _converted(workers: Deployment) -> bool:
    return await _conversion(workers) == (2, 42.0)
