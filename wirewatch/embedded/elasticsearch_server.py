"""A real Elasticsearch, one node, on loopback."""

from __future__ import annotations

import hashlib
import os
import secrets
import string
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from wirewatch.embedded.artifacts import fetch_unpacked
from wirewatch.embedded.java import Jdk, bring_jdk, find_jdk
from wirewatch.embedded.process import Child
from wirewatch.embedded.progress import Step
from wirewatch.embedded.reach import enterable_folder, give, reachable, shared_folder, unprivileged_user
from wirewatch.embedded.started import LOOPBACK, check_version, free_ports, port_was_taken, wait_until_ready
from wirewatch.errors import ServerNotStarted
from wirewatch.settings import Settings

NAME = "Elasticsearch"
VERSION = "9.5.3"
COORDINATE = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}"
JAVA = 21
HEAP_MB = 512
OPENING_S = 15
LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}][%node_name]%marker %m%consoleException%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.node.name = org.elasticsearch.node
logger.node.level = info
logger.checks.name = org.elasticsearch.bootstrap.BootstrapChecks
logger.checks.level = error
"""


def jvm_options(home: Path, tmp: Path, jdk: Jdk) -> list[str]:
    """What Elasticsearch's own launcher would give to the JVM for this version, less what only large nodes need."""
    bridge = home / "lib" / "entitlement-bridge" / f"elasticsearch-entitlement-bridge-{VERSION}.jar"
    options = [
        f"-Xms{HEAP_MB}m",
        f"-Xmx{HEAP_MB}m",
        f"-XX:MaxDirectMemorySize={HEAP_MB // 2}m",
        "-XX:+UseSerialGC",
        # On two cores the second compiler doubles the time to the first answer (9 s instead of 21 s).
        "-XX:TieredStopAtLevel=1",
        "-Xss1m",
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:-OmitStackTraceInFastThrow",
        f"-XX:ErrorFile={tmp}/hs_err_pid%p.log",
        f"-Djava.io.tmpdir={tmp}",
        "-Djava.awt.headless=true",
        "-Dfile.encoding=UTF-8",
        "-Djava.locale.providers=CLDR",
        "-Djna.nosys=true",
        "-Dio.netty.noUnsafe=true",
        "-Dio.netty.noKeySetOptimization=true",
        "-Dio.netty.recycler.maxCapacityPerThread=0",
        "-Dlog4j.shutdownHookEnabled=false",
        "-Dlog4j2.disable.jmx=true",
        "-Dlog4j2.formatMsgNoLookups=true",
        "-Dorg.apache.lucene.store.defaultReadAdvice=normal",
        "-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1",
        f"-Dorg.apache.lucene.vectorization.upperJavaFeatureVersion={jdk.version}",
        f"-Des.path.home={home}",
        "-Des.distribution.type=zip",
        "-Des.java.type=ES_JAVA_HOME",
        "-Des.networkaddress.cache.ttl=60",
        "-Des.networkaddress.cache.negative.ttl=10",
        "-XX:+EnableDynamicAgentLoading",
        "-Djdk.attach.allowAttachSelf=true",
        f"--patch-module=java.base={bridge}",
        "--add-exports=java.base/org.elasticsearch.entitlement.bridge=org.elasticsearch.entitlement,"
        "java.logging,java.net.http,java.naming,jdk.net,jdk.zipfs,jdk.management.agent",
        "--add-opens=org.apache.lucene.core/org.apache.lucene.codecs.lucene99=org.elasticsearch.server",
        "--add-opens=org.apache.lucene.core/org.apache.lucene.codecs.hnsw=org.elasticsearch.server",
        "--add-opens=org.apache.lucene.core/org.apache.lucene.internal.vectorization=org.elasticsearch.server",
        "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
        "--enable-native-access=org.elasticsearch.nativeaccess,org.elasticsearch.foreign,org.apache.lucene.core",
        "--enable-native-access=ALL-UNNAMED",
        "--add-modules=jdk.incubator.vector",
        "--add-modules=jdk.net",
        "--add-modules=jdk.management.agent",
        "--add-modules=ALL-MODULE-PATH",
        "--module-path",
        str(home / "lib"),
    ]
    if jdk.version >= 24:
        options.insert(0, "--illegal-native-access=deny")
    return options


def server_arguments(settings: Mapping[str, str], config: Path, logs: Path, secure: Mapping[str, bytes]) -> bytes:
    """What the server reads from its standard input at start.

    Elasticsearch's launcher runs two more JVMs only to write this, 3 s of each start on two cores; the form belongs to
    the version that we fetch (``ServerArgs`` and ``KeyStoreWrapper`` of 9.5).
    """

    def number(value: int) -> bytes:
        out = bytearray()
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes((*out, value))

    def text(value: str) -> bytes:
        # Counted and encoded by UTF-16 unit, as Java does it.
        units = value.encode("utf-16-be")
        pairs = [int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2)]
        return number(len(pairs)) + "".join(map(chr, pairs)).encode("utf-8", "surrogatepass")

    def sized(value: bytes) -> bytes:
        return number(len(value)) + value

    kept = b"".join(text(name) + sized(value) + sized(hashlib.sha256(value).digest()) for name, value in secure.items())
    return b"".join(
        (
            b"\0\0\0",  # not a daemon, not quiet, no file for the process id
            text("org.elasticsearch.common.settings.KeyStoreWrapper"),
            b"\0\0\0\x07\0\0",  # version 7, no password, nothing encrypted
            number(len(secure)),
            kept,
            b"\0",  # not closed
            number(len(settings)),
            *(text(name) + b"\0" + text(value) for name, value in sorted(settings.items())),  # 0: a string
            text(str(config)),
            text(str(logs)),
        )
    )


class ElasticsearchServer:
    """Elasticsearch on free ports over the data in ``<data_dir>/elasticsearch``; as ``nobody`` when root starts it."""

    def __init__(self, settings: Settings) -> None:
        self.step = Step(NAME)
        self.cache = Path(settings.cache_dir).absolute()
        self.link = Path(settings.data_dir).absolute() / "elasticsearch"
        self.log = Path(settings.data_dir).absolute() / "logs" / "elasticsearch.log"
        self.user = unprivileged_user()
        self.child: Child | None = None
        self.address = ""

    def start(self) -> None:
        """Return when it answers; raises ServerNotStarted or ServerError."""
        home = fetch_unpacked(f"elasticsearch-{VERSION}", COORDINATE, self.cache, self._place(), self.step)
        jdk = find_jdk(JAVA, os.environ, user=self.user)
        if jdk is None:
            self.step.now("fetching a JDK")
            jdk = bring_jdk(JAVA, self._place() / "jdk")
        self.step.now("starting")
        folder = enterable_folder(self.link, self.user)
        check_version(folder, NAME, VERSION)
        for attempt in (1, 2):
            try:
                self._start_once(home, folder, jdk)
                return
            except ServerNotStarted:
                if attempt == 2 or self.child is None or not port_was_taken(self.child):
                    raise

    def _place(self) -> Path:
        """Where its program lies: the cache, if the user it runs as gets there."""
        self.cache.mkdir(parents=True, exist_ok=True)
        return self.cache if self.user is None or reachable(self.cache) else shared_folder()

    def _start_once(self, home: Path, folder: Path, jdk: Jdk) -> None:
        http, transport = free_ports(2)
        config, logs, tmp = folder / "config", folder / "logs", folder / "tmp"
        for part in (config, logs, tmp, folder / "data"):
            part.mkdir(exist_ok=True)
        settings = node_settings(home, folder, http, transport)
        (config / "elasticsearch.yml").write_text(
            "".join(f"{name}: {value}\n" for name, value in settings.items()), encoding="utf-8"
        )
        (config / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
        for part in (folder, config, logs, tmp, folder / "data"):
            give(part, self.user)
        self.step.check()
        self.child = Child(
            NAME,
            [
                jdk.java,
                *jvm_options(home, tmp, jdk),
                "-m",
                "org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch",
            ],
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "LANG": "C.UTF-8",
                "HOME": str(folder),
                "ES_PATH_CONF": str(config),
                "ES_TMPDIR": str(tmp),
                "LIBFFI_TMPDIR": str(tmp),
            },
            cwd=folder,
            log=self.log,
            user=self.user,
            given=server_arguments(settings, config, logs, {"keystore.seed": _seed()}),
        )
        self.child.start()
        self.address = f"http://{LOOPBACK}:{http}"
        wait_until_ready(self.child, lambda: is_healthy(self.address), self.step)
        wait_for_indices(self.address)


def node_settings(home: Path, folder: Path, http: int, transport: int) -> dict[str, str]:
    """The node's settings."""
    return {
        "cluster.name": "wirewatch",
        "node.name": "wirewatch",
        "path.home": str(home),
        "path.data": str(folder / "data"),
        "path.logs": str(folder / "logs"),
        "network.host": LOOPBACK,
        "http.port": str(http),
        "transport.port": str(transport),
        "discovery.type": "single-node",
        "xpack.security.enabled": "false",
        "action.auto_create_index": "false",
        # A developer's disk is often nearly full; a node of its own would turn every index read-only.
        "cluster.routing.allocation.disk.threshold_enabled": "false",
        "cluster.max_shards_per_node": "10000",
        "http.max_content_length": "100mb",
    }


def is_healthy(address: str, query: str = "", timeout: float = 2) -> bool:
    """Whether the node at that address has a master and takes requests."""
    try:
        with urllib.request.urlopen(f"{address}/_cluster/health{query}", timeout=timeout) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def wait_for_indices(address: str) -> None:
    """Give the indices that are kept a moment to open; one that cannot be opened is no reason not to start."""
    is_healthy(address, f"?wait_for_status=yellow&timeout={OPENING_S}s", timeout=OPENING_S + 5)


def _seed() -> bytes:
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(20)).encode()
