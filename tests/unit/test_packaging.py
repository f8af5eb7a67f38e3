"""What is shipped: the wheel, the lock files, the repository's files."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements-build.lock", "requirements.lock", "requirements-dev.lock")

# Written so that this file does not find itself.
REGISTRIES = re.compile(
    "|".join(["pypi" + r"\.org", "python" + r"hosted\.org", "repo1?" + r"\.maven", r"://\S+/" + "simple/?"])
)
MACHINE_PATHS = re.compile(r"(?<![\w.*-])/(?:work|root|Users|opt/wheels|home/(?!wirewatch\b)\w+)" + r"(?=/\w)")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel built from this checkout."""
    target = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = target.glob("*.whl")
    with zipfile.ZipFile(path) as file:
        return set(file.namelist())


def shipped(folder: str, pattern: str) -> set[Path]:
    return {path.relative_to(ROOT / folder) for path in (ROOT / folder).rglob(pattern)}


@pytest.mark.parametrize("package", ["wirewatch", "producers", "consumers"])
def test_the_wheel_has_every_module(wheel: set[str], package: str) -> None:
    modules = shipped(package, "*.py")
    assert modules
    assert {f"{package}/{path}" for path in modules} <= wheel


@pytest.mark.parametrize(
    ("folder", "pattern", "inside"),
    [
        ("dags", "*.py", "wirewatch/share/dags"),
        ("seeds", "*.*", "wirewatch/share/seeds"),
        ("wirewatch/knowledge/files", "*.toml", "wirewatch/knowledge/files"),
        ("wirewatch/search/mappings", "*.json", "wirewatch/search/mappings"),
        ("wirewatch/stories", "*.toml", "wirewatch/stories"),
        ("wirewatch/page/templates", "*.html", "wirewatch/page/templates"),
        ("wirewatch/page/static", "*.*", "wirewatch/page/static"),
        ("wirewatch/atlas/data", "*.json", "wirewatch/atlas/data"),
    ],
)
def test_the_wheel_has_the_data(wheel: set[str], folder: str, pattern: str, inside: str) -> None:
    files = shipped(folder, pattern)
    assert files
    assert {f"{inside}/{path}" for path in files} <= wheel


def test_the_wheel_has_the_licence_and_the_command(wheel: set[str]) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in wheel)
    assert any(name.endswith("entry_points.txt") for name in wheel)


def test_the_wheel_has_nothing_else(wheel: set[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"wirewatch", "producers", "consumers"}
    assert not [name for name in wheel if "__pycache__" in name]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_version_and_hashes_and_no_address(lock: str) -> None:
    for line in (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", "").splitlines():
        assert re.match(r"[\w.-]+==\S+ (; .+ )? *--hash=sha256:", line), line
        assert "://" not in line, line


def test_what_is_installed_for_tests_is_what_is_shipped() -> None:
    runtime, dev = (
        set(re.findall(r"(?m)^([\w.-]+==\S+)", (ROOT / lock).read_text(encoding="utf-8"))) for lock in LOCKS[1:]
    )
    assert {pin.split("==")[0] for pin in runtime - dev} <= {"asyncpg", "psycopg2-binary"}


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_tracked_file_names_a_package_registry_or_a_path_of_somebodys_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in tracked()
        for pattern in (REGISTRIES, MACHINE_PATHS)
        for hit in pattern.finditer(path.read_bytes().decode("utf-8", "replace"))
    ]
    assert found == []


def test_no_secret_is_tracked() -> None:
    assert not {".env"} & {path.name for path in tracked()}


def test_the_two_commands_of_the_readme_exist() -> None:
    targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert {"help", "setup", "run", "up", "test", "test-long", "check", "bench", "lock", "secrets", "build"} <= set(
        targets
    )
