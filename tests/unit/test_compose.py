"""docker-compose.yml and the Dockerfile, as far as they can be checked without a Docker engine."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import yaml

from wirewatch.cli import main
from wirewatch.settings import PREFIX, Settings
from wirewatch.topics import CONSUMERS

ROOT = Path(__file__).parents[2]
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
ONCE = {name for name, service in SERVICES.items() if service["restart"] == "no"}
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
SETTINGS = {PREFIX + field.name.upper() for field in msgspec.structs.fields(Settings)}
VERSION = re.compile(r"\d+\.\d+")


def environment() -> Iterator[tuple[str, str]]:
    """Every variable set for a container, with its service."""
    return ((name, variable) for name, service in SERVICES.items() for variable in service.get("environment", {}))


def volumes() -> Iterator[tuple[str, str, str]]:
    """Every mount: service, source, target."""
    for name, service in SERVICES.items():
        for mount in service.get("volumes", []):
            source, target = mount.removesuffix(":ro").split(":")
            yield name, source, target


def dockerfile(instruction: str) -> list[str]:
    return re.findall(rf"(?m)^{instruction} (.+)$", DOCKERFILE)


def test_the_compose_file_follows_the_compose_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run([*command, str(ROOT / "docker-compose.yml")], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_every_variable_of_the_compose_file_has_its_line_in_the_example_and_the_reverse() -> None:
    used = set(re.findall(r"(?<!\$)\$\{?(\w+)", COMPOSE_TEXT))
    given = set(re.findall(r"(?m)^(\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8")))
    assert used == given


def test_no_secret_has_a_default() -> None:
    secret = set(re.findall(r"(?m)^(\w+)=$", (ROOT / ".env.example").read_text(encoding="utf-8")))
    required = set(re.findall(r"\$\{(\w+):\?run make secrets first\}", COMPOSE_TEXT))
    assert secret == required


def test_every_wirewatch_variable_is_a_setting() -> None:
    in_image = set(re.findall(rf"\b({PREFIX}\w+)=", DOCKERFILE))
    used = {variable for _, variable in environment() if variable.startswith(PREFIX)} | in_image
    assert used
    assert used <= SETTINGS


def test_every_airflow_variable_is_an_option_of_the_installed_airflow() -> None:
    found = importlib.util.find_spec("airflow")
    assert found is not None
    assert found.submodule_search_locations is not None
    description = Path(found.submodule_search_locations[0]) / "config_templates" / "config.yml"
    sections = yaml.safe_load(description.read_text(encoding="utf-8"))
    options = {f"AIRFLOW__{s}__{o}".upper() for s, section in sections.items() for o in section["options"]}
    used = {variable for _, variable in environment() if variable.startswith("AIRFLOW__")}
    assert used
    assert used <= options


def test_every_mounted_volume_is_declared_and_the_reverse() -> None:
    assert {source for _, source, _ in volumes()} == set(COMPOSE["volumes"])


def test_a_volume_written_by_our_image_starts_as_a_folder_that_our_user_owns() -> None:
    owned = " ".join(re.findall(r"install -d -o wirewatch -g wirewatch (.+)", DOCKERFILE)).split()
    assert {target for name, _, target in volumes() if name in OURS} <= set(owned)


def test_every_dependency_exists_and_can_meet_its_condition() -> None:
    for name, service in SERVICES.items():
        for other, wait in service.get("depends_on", {}).items():
            assert other in SERVICES, f"{name} waits for {other}"
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], f"{name} waits for {other} to be healthy"
            else:
                assert wait["condition"] == "service_completed_successfully"
                assert other in ONCE, f"{name} waits for {other} to end"


def test_no_service_waits_for_itself_through_others() -> None:
    waits = {name: set(service.get("depends_on", {})) for name, service in SERVICES.items()}
    while ready := {name for name, others in waits.items() if not others & waits.keys()}:
        waits = {name: others for name, others in waits.items() if name not in ready}
    assert not waits


def test_every_service_that_stays_has_a_health_check() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" in service} == SERVICES.keys() - ONCE


def test_whatever_is_published_is_published_on_loopback_only() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published
    assert all(str(port).startswith("127.0.0.1:") for port in published)
    assert not any(service.get("network_mode") == "host" for service in SERVICES.values())


def test_kafka_which_asks_for_no_password_is_not_published() -> None:
    assert "ports" not in SERVICES["kafka"]


def test_every_service_has_a_memory_limit() -> None:
    assert [name for name, service in SERVICES.items() if "mem_limit" not in service] == []


def test_every_image_has_an_explicit_version() -> None:
    images = [service["image"] for service in SERVICES.values()] + [line.split()[0] for line in dockerfile("FROM")]
    for image in images:
        assert VERSION.search(image.rpartition(":")[2]), image


def test_our_image_carries_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert {service["image"] for service in OURS.values()} == {f"wirewatch:{version}"}


def test_there_is_one_service_for_every_consumer() -> None:
    commands = [service["command"] for service in OURS.values()]
    assert [command[2] for command in commands if command[:2] == ["wirewatch", "consume"]] == list(CONSUMERS)


def our_commands() -> list[list[str]]:
    """Every command line that starts with `wirewatch`: of services, of health checks, of the Dockerfile."""
    lines = [service["command"] for service in OURS.values()]
    lines += [service["healthcheck"]["test"][1:] for service in OURS.values() if "healthcheck" in service]
    lines += [json.loads(line) for line in dockerfile("CMD")]
    return [list(words) for words in sorted({tuple(line) for line in lines}) if words[0] == "wirewatch"]


@pytest.mark.parametrize("line", our_commands(), ids=shlex.join)
def test_every_wirewatch_command_is_one_that_the_program_knows(line: list[str]) -> None:
    command: click.Command = main
    words = line[1:]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None, line
        command = found
    command.make_context(command.name, words, resilient_parsing="--help" in words)


def test_every_airflow_command_is_one_that_the_installed_airflow_knows(tmp_path: Path) -> None:
    lines = [service["command"] for service in OURS.values()]
    lines += [service["healthcheck"]["test"][1:] for service in OURS.values() if "healthcheck" in service]
    commands = [line[1:] for line in lines if line[0] == "airflow"]
    assert commands
    program = (
        "import json, sys; from airflow.cli.cli_parser import get_parser; "
        "[get_parser().parse_args(line) for line in json.load(sys.stdin)]"
    )
    environ = os.environ | {"AIRFLOW_HOME": str(tmp_path)}
    parsed = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(commands), env=environ, capture_output=True, text=True
    )
    assert parsed.returncode == 0, parsed.stderr[-500:]


def test_every_script_that_a_container_runs_is_in_the_image() -> None:
    used = {Path(word) for service in OURS.values() for word in service["command"] if word.startswith("/opt/deploy/")}
    assert {path.name for path in used} == {path.name for path in (ROOT / "deploy").iterdir() if path.is_file()}
    first = [Path(service["command"][0]) for service in OURS.values() if service["command"][0].startswith("/")]
    assert all(os.access(ROOT / "deploy" / path.name, os.X_OK) for path in first)


def test_everything_that_the_dockerfile_copies_is_there_and_not_ignored() -> None:
    let_in = set(re.findall(r"(?m)^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8")))
    copied = {word for line in dockerfile("COPY") if "--from" not in line for word in line.split()[:-1]}
    assert copied == let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_image_is_made_in_two_stages_with_hashes_and_does_not_run_as_root() -> None:
    assert len(dockerfile("FROM")) == 2
    assert len({line.split()[0] for line in dockerfile("FROM")}) == 1
    installs = re.findall(r"pip install [^&]+", DOCKERFILE)
    assert installs
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert dockerfile("USER") == ["wirewatch"]
