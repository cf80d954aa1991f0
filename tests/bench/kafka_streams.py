"""The Kafka Streams peer: compiled here by Eclipse's compiler, run on the Java runtime of the embedded broker."""

import os
import subprocess
from pathlib import Path

import jgo

from app.broker.jars import KAFKA_VERSION, java

PEER = Path(__file__).with_name("peers") / "KafkaStreamsSmall.java"
COMPILER = "org.eclipse.jdt:ecj:3.40.0"
LIBRARIES = f"org.apache.kafka:kafka-streams:{KAFKA_VERSION}+com.fasterxml.jackson.core:jackson-core:2.19.0"
JAVA_RELEASE = "17"


def class_path(endpoint: str) -> str:
    """The jars of Maven coordinates; fetched once, then cached."""
    return os.pathsep.join(str(jar) for jar in jgo.build(endpoint).all_jars)


def compile_peer(folder: Path) -> list[str]:
    """Compile it into the folder; the command that runs it, to be followed by its arguments."""
    libraries = class_path(LIBRARIES)
    compiler = [str(java()), "-cp", class_path(COMPILER), "org.eclipse.jdt.internal.compiler.batch.Main"]
    options = ["-source", JAVA_RELEASE, "-target", JAVA_RELEASE, "-encoding", "UTF-8", "-nowarn", "-cp", libraries]
    subprocess.run([*compiler, *options, "-d", str(folder), str(PEER)], check=True)
    return [str(java()), "-Xmx2g", "-cp", os.pathsep.join([str(folder), libraries]), PEER.stem]
