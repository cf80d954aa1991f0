"""One Kafka node's folder: its settings, its format, and whether that node is the one that answers at a port."""

import base64
import re
import socket
import struct
import subprocess
import uuid
from pathlib import Path

from app.broker.errors import EmbeddedBrokerError

_SERVER_PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
controller.quorum.voters=1@127.0.0.1:{controller_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/log
# One node: nothing can be replicated.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=3
# A typing error must not make a topic.
auto.create.topics.enable=false
# Nobody else is coming: groups form at once, dead members and transactions go soon.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
# After a kill the controller takes the node back when the killed one's session has run out (default 9 s).
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
# Small: by default the cleaner alone takes a quarter of the heap.
log.cleaner.dedupe.buffer.size=16777216
num.network.threads=2
num.io.threads=4
log.segment.delete.delay.ms=1000
"""

_LOG_PROPERTIES = """\
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %m (%c)%n
rootLogger.level=INFO
rootLogger.appenderRef.out.ref=out
# These list every setting, several times per start.
logger.settings.name=kafka.server.KafkaConfig
logger.settings.level=WARN
logger.parsed.name=org.apache.kafka.common.config
logger.parsed.level=WARN
"""


def settings_path(folder: Path) -> Path:
    """Kafka's settings in the node's folder."""
    return folder / "server.properties"


def log_settings_path(folder: Path) -> Path:
    """The settings of Kafka's own log in the node's folder."""
    return folder / "log4j2.properties"


def write_settings(folder: Path, port: int, controller_port: int) -> None:
    """Write the files that Kafka starts from; again at every start, since the controller's port may change."""
    settings = _SERVER_PROPERTIES.format(port=port, controller_port=controller_port, folder=folder)
    settings_path(folder).write_text(settings)
    log_settings_path(folder).write_text(_LOG_PROPERTIES)


def format_once(java: list[str], folder: Path) -> str:
    """Give the folder a cluster unless it has one; the cluster's id. `java` is the command up to the main class."""
    meta = folder / "log" / "meta.properties"
    if not meta.exists():
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # One word, since an id may begin with a dash.
        arguments = ["format", f"--cluster-id={cluster}", "-c", str(settings_path(folder))]
        command = [*java, "kafka.tools.StorageTool", *arguments]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise EmbeddedBrokerError(f"Kafka could not format {folder}:\n{done.stdout[-2000:]}")
    return next(line for line in meta.read_text().splitlines() if line.startswith("cluster.id=")).partition("=")[2]


def complaints(log: Path) -> str:
    """The newest lines of Kafka's log that tell what went wrong, without the stack around them."""
    lines = log.read_text(errors="replace").splitlines()
    found = [line for line in lines if re.search(r" ERROR | FATAL |Exception|^Error", line)]
    return "\n".join((found or lines)[-8:])


def answers(port: int, cluster: str) -> bool:
    """Whether the node of this cluster is ready for work at this port.

    It lists itself in a metadata answer once it may lead partitions. The cluster is compared because the port may be
    another broker's, in which case ours is about to end.
    """
    request = struct.pack(">hhihi", 3, 2, 1, -1, 0)  # Metadata, version 2, correlation 1, no client id, no topics
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))
            answer = connection.recv(size, socket.MSG_WAITALL)
    except (OSError, struct.error):
        return False
    brokers = int.from_bytes(answer[4:8], "big")
    return brokers > 0 and cluster.encode() in answer
