"""An admin client that waits for a broker which is not up yet, and says so."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from math import isfinite
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from app.broker.errors import BrokerUnreachableError
from app.broker.jars import Say

_RETRY_SECONDS = 1.0


@asynccontextmanager
async def connect(
    bootstrap: str,
    *,
    security: Mapping[str, Any] | None = None,
    limit_seconds: float = 30.0,
    say: Say = lambda _: None,
) -> AsyncIterator[AIOKafkaAdminClient]:
    """An admin client of the broker, tried until it answers or `limit_seconds` have passed.

    `security` are aiokafka's own keyword arguments. Raises BrokerUnreachableError.
    """
    client = await _connected(bootstrap, security or {}, limit_seconds, say)
    try:
        yield client
    finally:
        await client.close()


async def _connected(bootstrap: str, security: Mapping[str, Any], limit_seconds: float, say: Say) -> Any:
    last: Exception | None = None
    try:
        async with asyncio.timeout(limit_seconds if isfinite(limit_seconds) else None):
            while True:
                client = AIOKafkaAdminClient(bootstrap_servers=bootstrap, **security)
                try:
                    await client.start()
                except (KafkaError, OSError) as error:
                    last = error
                    await client.close()
                    until = f"for up to {limit_seconds:.0f} s" if isfinite(limit_seconds) else "until it does"
                    say(f"Kafka at {bootstrap} does not answer yet; trying again {until}")
                    await asyncio.sleep(_RETRY_SECONDS)
                else:
                    return client
    except TimeoutError:
        raise BrokerUnreachableError(
            f"Kafka at {bootstrap} did not answer within {limit_seconds:.0f} s ({last}). Check that it runs, that "
            "CAREBEAT_KAFKA names it, and that this machine reaches it (security settings included)"
        ) from last
