import asyncio

import pytest

from app.broker.connection import connect
from app.broker.embedded import EmbeddedKafka
from app.broker.errors import BrokerUnreachableError
from app.broker.ports import free_port


async def test_a_broker_that_is_down_is_named_with_what_to_check() -> None:
    address, said = f"127.0.0.1:{free_port()}", list[str]()
    with pytest.raises(BrokerUnreachableError, match=f"{address} did not answer within 1 s.*CAREBEAT_KAFKA"):
        async with connect(address, limit_seconds=1, say=said.append):
            pass
    assert said[0] == f"Kafka at {address} does not answer yet; trying again for up to 1 s"


async def test_a_broker_that_comes_up_later_is_waited_for(kafka: EmbeddedKafka) -> None:
    kafka.stop()
    start = asyncio.create_task(asyncio.to_thread(kafka.start))
    async with connect(kafka.bootstrap, limit_seconds=60) as client:
        assert await client.list_topics() is not None
    await start
