"""The servers of a run: a Kafka of its own behind a proxy, restarted and its disk filled; Elasticsearch behind one."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import msgspec

from tests.chaos.proxies import ElasticsearchProxy, KafkaProxy, elasticsearch_proxy
from tests.conftest import line_of
from wirewatch.embedded import servers
from wirewatch.embedded.kafka_server import KafkaServer
from wirewatch.settings import Settings

DISK = "400m"


class Servers:
    """What the consumers see (``settings``), and what this process sees (``clear``): no proxy before Elasticsearch."""

    def __init__(self, clear: Settings, kafka: KafkaProxy, elasticsearch: ElasticsearchProxy, small_disk: bool) -> None:
        self.clear, self.kafka, self.elasticsearch, self.small_disk = clear, kafka, elasticsearch, small_disk
        self.settings = msgspec.structs.replace(clear, elasticsearch=elasticsearch.url)
        self._broker = KafkaServer(clear, advertised=clear.kafka)
        self._filler = Path(clear.data_dir) / "kafka" / "filler"

    def start_broker(self) -> None:
        """Return when it answers."""
        self._broker.start()
        self.kafka.target = int(self._broker.address.rpartition(":")[2])

    def stop_broker(self, *, kill: bool) -> None:
        """End it, as it should be or by kill -9."""
        child = self._broker.child
        if child is not None:
            if kill and child.alive() and child.pid is not None:
                os.kill(child.pid, signal.SIGKILL)
            child.stop()

    def broker_runs(self) -> bool:
        """Whether it is alive."""
        return self._broker.child is not None and self._broker.child.alive()

    def fill_disk(self) -> None:
        """Leave not a byte where the broker keeps its log."""
        with contextlib.suppress(OSError), self._filler.open("wb", buffering=0) as file:
            while file.write(bytes(65536)):
                pass

    def free_disk(self) -> None:
        """Give it back."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def servers_of_a_run() -> Iterator[Servers]:
    """Servers that start now and end with the block; Elasticsearch is the one that the tests were given, if any."""
    folder = Path(tempfile.mkdtemp(prefix="wirewatch-chaos-"))
    folder.chmod(0o755)  # Elasticsearch runs as another user than root
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        kafka = KafkaProxy()
        stack.callback(kafka.close)
        here = msgspec.structs.replace(
            line_of(folder), kafka=f"127.0.0.1:{kafka.port}", name_prefix=f"chaos{secrets.token_hex(3)}."
        )
        clear = stack.enter_context(servers(here))
        small_disk = _mount(folder / "kafka")
        if small_disk:
            stack.callback(subprocess.run, ["umount", "-l", str(folder / "kafka")], check=False)
        run = Servers(clear, kafka, stack.enter_context(elasticsearch_proxy(str(clear.elasticsearch))), small_disk)
        run.start_broker()
        stack.callback(run.stop_broker, kill=False)
        stack.callback(forget_names, clear)
        yield run


def _mount(folder: Path) -> bool:
    """Whether a small tmpfs could be put there."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0


def forget_names(settings: Settings) -> None:
    """Delete the indices of the run."""
    with httpx.Client(base_url=str(settings.elasticsearch), timeout=30) as http:
        names = http.get(f"/_cat/indices/{settings.name_prefix}*", params={"h": "index", "expand_wildcards": "all"})
        if names.text.split():
            http.delete("/" + ",".join(names.text.split()))
