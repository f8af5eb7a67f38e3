"""A real Kafka, broker and controller in one process, on loopback."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import struct
import subprocess
import uuid
from pathlib import Path

from wirewatch.embedded.artifacts import fetch_jars
from wirewatch.embedded.java import bring_jdk, find_jdk
from wirewatch.embedded.process import Child
from wirewatch.embedded.progress import Step
from wirewatch.embedded.started import LOOPBACK, check_version, free_ports, port_was_taken, wait_until_ready
from wirewatch.errors import ServerNotStarted
from wirewatch.settings import Settings

NAME = "Kafka"
VERSION = "4.3.0"
COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{VERSION}",
    "org.slf4j:slf4j-simple:1.7.36",  # without it Kafka logs nowhere, and an error could not say why
)
JAVA = 17
HEAP_MB = 384
MESSAGE_MAX_BYTES = 8 * 1024 * 1024
JVM = (
    f"-Xms{HEAP_MB}m",
    f"-Xmx{HEAP_MB}m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # leaves the cores to Elasticsearch, which starts at the same time
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Djava.net.preferIPv4Stack=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss,SSS",
)


def properties(data: Path, broker: int, controller: int, advertised: str | None = None) -> str:
    """The text of ``server.properties``; clients are sent to ``advertised`` where that is given."""
    return "".join(
        f"{name}={value}\n"
        for name, value in {
            "process.roles": "broker,controller",
            "node.id": 1,
            "listeners": f"PLAINTEXT://{LOOPBACK}:{broker},CONTROLLER://{LOOPBACK}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{advertised or f'{LOOPBACK}:{broker}'},"
            f"CONTROLLER://{LOOPBACK}:{controller}",
            "controller.listener.names": "CONTROLLER",
            "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{controller}",
            "log.dirs": data,
            "auto.create.topics.enable": "false",
            "message.max.bytes": MESSAGE_MAX_BYTES,
            "replica.fetch.max.bytes": MESSAGE_MAX_BYTES,
            "socket.request.max.bytes": 4 * MESSAGE_MAX_BYTES,
            # One broker, and few partitions: each costs time at every start.
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 5,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 5,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 1,
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "log.segment.bytes": 128 * 1024 * 1024,
            "log.index.size.max.bytes": 1024 * 1024,
            "log.retention.hours": 168,
            "offsets.retention.minutes": 60 * 24 * 30,
            "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
            "num.network.threads": 2,
            "num.io.threads": 4,
            "background.threads": 2,
            "controlled.shutdown.enable": "true",
        }.items()
    )


class KafkaServer:
    """Kafka on free ports over the data in ``<data_dir>/kafka``."""

    def __init__(self, settings: Settings, *, advertised: str | None = None) -> None:
        self.step = Step(NAME)
        self.advertised = advertised
        self.cache = Path(settings.cache_dir)
        self.home = Path(settings.data_dir).absolute() / "kafka"
        self.log = Path(settings.data_dir).absolute() / "logs" / "kafka.log"
        self.child: Child | None = None
        self.address = ""

    def start(self) -> None:
        """Return when it answers; raises ServerNotStarted or ServerError."""
        jars = fetch_jars(f"kafka-{VERSION}", COORDINATES, self.cache, self.step)
        jdk = find_jdk(JAVA, os.environ)
        if jdk is None:
            self.step.now("fetching a JDK")
            jdk = bring_jdk(21, self.cache / "jdk")
        self.step.now("starting")
        self.home.mkdir(parents=True, exist_ok=True)
        check_version(self.home, NAME, VERSION)
        java = [jdk.java, *JVM, "-cp", os.pathsep.join(map(str, jars))]
        for attempt in (1, 2):
            try:
                self._start_once(java)
                return
            except ServerNotStarted:
                if attempt == 2 or self.child is None or not port_was_taken(self.child):
                    raise

    def _start_once(self, java: list[str]) -> None:
        broker, controller = free_ports(2)
        data = self.home / "data"
        config = self.home / "server.properties"
        config.write_text(properties(data, broker, controller, self.advertised), encoding="utf-8")
        formatted = self.home / "formatted"
        if not formatted.exists():  # a format that was cut short leaves a folder that neither starts nor formats again
            shutil.rmtree(data, ignore_errors=True)
            self._format(java, config)
            formatted.touch()
        self.step.check()
        self.child = Child(NAME, [*java, "kafka.Kafka", str(config)], env=_environment(), cwd=self.home, log=self.log)
        self.child.start()
        wait_until_ready(self.child, lambda: has_broker(broker), self.step)
        self.address = f"{LOOPBACK}:{broker}"

    def _format(self, java: list[str], config: Path) -> None:
        done = subprocess.run(
            [*java, "kafka.tools.StorageTool", "format", "-t", new_cluster_id(), "--standalone", "-c", str(config)],
            env=_environment(),
            cwd=self.home,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            said = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
            raise ServerNotStarted(f"{NAME} could not prepare its data folder {self.home}:\n{said}")


def new_cluster_id() -> str:
    """A random id of 22 characters that never begins with a dash, which would read as an option of a command.

    Source of the form: Kafka's own org.apache.kafka.common.Uuid.randomUuid.
    """
    while (made := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return made


def has_broker(port: int) -> bool:
    """Whether the Kafka on that port of loopback names at least one working broker (Metadata, version 1)."""
    body = struct.pack(">hhih", 3, 1, 1, -1) + struct.pack(">i", 0)
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(body)) + body)
            answer = b""
            while len(answer) < 12:
                more = connection.recv(4096)
                if not more:
                    return False
                answer += more
    except OSError:
        return False
    _size, correlation, brokers = struct.unpack(">iii", answer[:12])
    return bool(correlation == 1 and brokers >= 1)


def _environment() -> dict[str, str]:
    """Ours without what would change the JVM behind our back."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in {"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS"}
    }
