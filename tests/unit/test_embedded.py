"""Where servers, their files and a JDK are found, without starting any server."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest

from wirewatch.embedded import UpState, clear_state, find_servers, read_state, servers, write_state
from wirewatch.embedded.artifacts import is_whole, mark_whole
from wirewatch.embedded.elasticsearch_server import server_arguments
from wirewatch.embedded.java import find_jdk, read_jdk
from wirewatch.embedded.kafka_server import new_cluster_id
from wirewatch.embedded.reach import enterable_folder, prune
from wirewatch.embedded.started import check_version
from wirewatch.embedded.state import starting_alone
from wirewatch.errors import ServerError
from wirewatch.settings import Settings

ALL = "java.base jdk.attach jdk.jdi jdk.jlink jdk.management.agent"


def fake_jdk(home: Path, release: str) -> Path:
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").touch(mode=0o755)
    (home / "release").write_text(release)
    return home


@pytest.mark.parametrize(
    ("release", "version"),
    [
        (f'JAVA_VERSION="21.0.4"\nMODULES="{ALL}"\n', 21),
        (f'IMPLEMENTOR="x"\nJAVA_VERSION="25"\nMODULES="{ALL}"\n', 25),
        ('JAVA_VERSION="17.0.15"\n', 17),
        ('JAVA_VERSION="1.8.0_402"\n', 8),
        ('JAVA_VERSION="21.0.4"\nMODULES="java.base java.logging"\n', None),
        ("nothing\n", None),
    ],
)
def test_a_jdk_says_its_version_and_a_trimmed_one_is_none(tmp_path: Path, release: str, version: int | None) -> None:
    jdk = read_jdk(fake_jdk(tmp_path / "jdk", release))
    assert (jdk.version if jdk else None) == version


def test_java_home_comes_first_unless_it_is_too_old(tmp_path: Path) -> None:
    wished = fake_jdk(tmp_path / "wished", 'JAVA_VERSION="21.0.1"\n')
    old = fake_jdk(tmp_path / "old", 'JAVA_VERSION="11.0.1"\n')
    for version in (17, 22, 25):
        fake_jdk(tmp_path / "jvm" / f"java-{version}", f'JAVA_VERSION="{version}.0.1"\n')
    folders = [str(tmp_path / "jvm" / "*")]

    def found(minimum: int, **environ: str) -> int | None:
        jdk = find_jdk(minimum, {"PATH": "", **environ}, folders=folders)
        return jdk.version if jdk else None

    assert found(21, JAVA_HOME=str(wished)) == 21
    assert found(21, JAVA_HOME=str(old)) == 25
    assert found(11, PATH=str(old / "bin")) == 11
    assert found(17) == 25
    assert found(26) is None


def test_own_servers_start_and_write_nothing(tmp_path: Path) -> None:
    own = Settings(
        kafka="kafka.example:9092",
        elasticsearch="https://search.example",
        data_dir=str(tmp_path / "data"),
        cache_dir=str(tmp_path / "cache"),
    )
    with servers(own) as settings:
        assert settings == own
    assert list(tmp_path.iterdir()) == []


def up_state(pid: int, created: float) -> UpState:
    return UpState(
        pid, created, kafka="127.0.0.1:1", elasticsearch="http://127.0.0.1:2", started_at="2026-01-01T00:00:00Z"
    )


def test_a_line_that_runs_is_found_and_a_dead_one_is_not(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path))
    assert find_servers(settings) is None
    created = psutil.Process().create_time()
    write_state(tmp_path, up_state(os.getpid(), created))
    found = find_servers(settings)
    assert found is not None
    assert (found.kafka, found.elasticsearch) == ("127.0.0.1:1", "http://127.0.0.1:2")
    with servers(settings) as running:
        assert running == found
    write_state(tmp_path, up_state(os.getpid(), created - 3600))  # the id belongs to somebody else by now
    assert read_state(tmp_path) is None
    write_state(tmp_path, up_state(2**22 + 1, time.time()))
    assert read_state(tmp_path) is None
    (tmp_path / "up.json").write_text('{"pid": 1')
    assert read_state(tmp_path) is None
    clear_state(tmp_path)
    assert find_servers(settings) is None


def test_a_second_starter_is_told_who_has_the_folder(tmp_path: Path) -> None:
    with (
        starting_alone(tmp_path),
        pytest.raises(ServerError, match=f"process {os.getpid()} .*WIREWATCH_DATA_DIR") as error,
        starting_alone(tmp_path),
    ):
        pass
    assert "\n" not in str(error.value)
    with starting_alone(tmp_path):
        pass


def test_a_set_of_files_is_whole_until_one_is_cut_or_gone(tmp_path: Path) -> None:
    marker = tmp_path / "set.json"
    files = [tmp_path / "a.jar", tmp_path / "b.jar"]
    for file in files:
        file.write_bytes(b"12345")
    assert not is_whole(marker)
    mark_whole(marker, files)
    assert is_whole(marker)
    files[0].write_bytes(b"123")
    assert not is_whole(marker)
    files[0].unlink()
    assert not is_whole(marker)
    marker.write_bytes(marker.read_bytes()[:10])
    assert not is_whole(marker)


def test_data_of_a_newer_or_unknown_version_are_refused_in_one_line(tmp_path: Path) -> None:
    check_version(tmp_path, "Kafka", "4.3.0")
    check_version(tmp_path, "Kafka", "4.10.0")
    for made_by, version in (("4.10.0", "4.9.9"), ("nightly", "4.3.0")):
        (tmp_path / "VERSION").write_text(made_by)
        with pytest.raises(ServerError, match=f"made by Kafka {made_by}, this wirewatch brings {version}") as error:
            check_version(tmp_path, "Kafka", version)
        assert "\n" not in str(error.value)


def test_a_deleted_link_gives_a_fresh_folder_and_the_old_one_goes(tmp_path: Path) -> None:
    shared, link = tmp_path / "shared", tmp_path / "data" / "elasticsearch"
    shared.mkdir()
    user = os.getuid()
    first = enterable_folder(link, user, shared)
    if link.is_symlink():
        assert enterable_folder(link, user, shared) == first
        link.unlink()
        assert enterable_folder(link, user, shared) != first
        assert not first.exists()
        link.unlink()
        prune(shared)
    assert list(shared.iterdir()) == []


def test_the_servers_arguments_have_javas_text_form() -> None:
    written = server_arguments({"path.data": "/tmp/é😀"}, Path("/c"), Path("/l"), {"keystore.seed": b"x"})
    assert written.startswith(b"\0\0\0\x31org.elasticsearch.common.settings.KeyStoreWrapper\0\0\0\x07")
    assert b"\x09path.data\0\x08/tmp/\xc3\xa9\xed\xa0\xbd\xed\xb8\x80" in written
    assert written.endswith(b"\x02/c\x02/l")


def test_no_cluster_id_reads_as_an_option_of_a_command() -> None:
    assert not any(new_cluster_id().startswith("-") for _ in range(2_000))
