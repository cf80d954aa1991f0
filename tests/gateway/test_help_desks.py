"""The help desks' posts through the whole gateway: what they are answered, and where nothing private may be."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from app.gateway.spool import open_spool
from tests.connectors.cases.case import Body, Case
from tests.gateway.desk import NOW_MS, Site, said, site, types_of

DESKS = ("chatwoot", "gorgias", "intercom", "zendesk")
CASES: dict[str, Case] = {name: importlib.import_module(f"tests.connectors.cases.{name}").CASE for name in DESKS}
each = pytest.mark.parametrize("name", DESKS)


@asynccontextmanager
async def _desk(name: str, folder: Path, spool: Path | None = None) -> AsyncIterator[Site]:
    secret = folder / "secret"
    secret.write_text(CASES[name].secret)
    text = f"connectors: {{{name}: {{shop: {{secrets: [{{file: {secret}}}]}}}}}}"
    opened = await open_spool(spool, most_events=10_000, most_bytes=1 << 24) if spool else None
    async with site(opened, configuration=text) as here:
        yield here


async def _post(here: Site, name: str, body: Body, secret: str | None = None) -> httpx.Response:
    request = CASES[name].sign(body, secret or CASES[name].secret, NOW_MS)
    headers = {key.decode(): value.decode("latin-1") for key, value in request.headers.items()}
    return await here.client.post(f"/in/{name}/shop", content=body.body, headers=headers)


@each
async def test_all_that_is_signed_is_answered_200_and_gives_its_events(name: str, tmp_path: Path) -> None:
    async with _desk(name, tmp_path) as here:
        for body in CASES[name].bodies:
            here.kafka.sent.clear()
            assert (await _post(here, name, body)).status_code == 200
            assert tuple(types_of(here.kafka.sent)) == body.expect


@each
async def test_nothing_private_is_on_disk_in_logs_in_metrics_or_in_answers(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with _desk(name, tmp_path, tmp_path / "spool.db") as here:
        here.kafka.is_up = False
        answers = [await _post(here, name, body) for body in CASES[name].bodies]
        assert here.metrics.requests[name, "spooled"] > 0
        metrics = " ".join(str(labels) for labels in here.metrics.requests)
        written = _bytes(tmp_path, "spool.db*").decode("latin-1")
    said_out = " ".join((written, metrics, caplog.text, *(answer.text for answer in answers)))
    assert [word for word in (*CASES[name].private, CASES[name].secret) if word in said_out] == []


@each
async def test_another_secret_is_refused(name: str, tmp_path: Path) -> None:
    async with _desk(name, tmp_path) as here:
        answer = await _post(here, name, CASES[name].bodies[0], CASES[name].other_secret)
        assert said(answer) == (401, "signature")
        assert here.kafka.sent == []


@each
async def test_what_is_signed_and_wrong_is_counted_and_not_sent_again(name: str, tmp_path: Path) -> None:
    async with _desk(name, tmp_path) as here:
        for body in (b"[]", b"{", b'{"event": 7, "topic": 7, "type": 7}'):
            assert (await _post(here, name, Body(body, ()))).status_code == 200
        assert here.metrics.requests[name, "malformed"] >= 2


async def test_the_check_of_a_url_by_intercom_is_answered_without_a_signature(tmp_path: Path) -> None:
    async with _desk("intercom", tmp_path) as here:
        assert (await here.client.head("/in/intercom/shop")).status_code == 200
        assert (await here.client.get("/in/intercom/shop")).status_code == 405


def _bytes(folder: Path, pattern: str) -> bytes:
    found = [path.read_bytes() for path in folder.glob(pattern)]
    assert found
    return b"".join(found)
