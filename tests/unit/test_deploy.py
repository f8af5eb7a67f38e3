"""The scripts that prepare the full stack: secrets, certificates, users, Airflow's password."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import subprocess
import sys
from base64 import b64decode, urlsafe_b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.secured import elasticsearch_users
from wirewatch.bench.receiver import serving

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command], env=os.environ | environ, capture_output=True, text=True, timeout=120
    )


# --- make secrets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".env.example").write_bytes((ROOT / ".env.example").read_bytes())
    return tmp_path


def write_env(folder: Path) -> dict[str, str]:
    assert run(sys.executable, ROOT / "scripts/write_env.py", folder).returncode == 0
    return dict(re.findall(r"(?m)^(\w+)=(.*)$", (folder / ".env").read_text()))


def test_every_secret_is_random_and_long(folder: Path) -> None:
    example = dict(re.findall(r"(?m)^(\w+)=(.*)$", (folder / ".env.example").read_text()))
    written = write_env(folder)
    secrets = [written[name] for name, value in example.items() if not value]
    assert written.keys() == example.keys()
    assert len(set(secrets)) == len(secrets)
    assert all(len(urlsafe_b64decode(secret)) == 32 for secret in secrets)


def test_what_the_example_sets_is_kept(folder: Path) -> None:
    assert write_env(folder)["KIBANA_PORT"] == "5601"


def test_only_the_owner_reads_the_secrets(folder: Path) -> None:
    write_env(folder)
    assert (folder / ".env").stat().st_mode & 0o777 == 0o600


def test_secrets_that_are_there_are_never_overwritten(folder: Path) -> None:
    first = write_env(folder)
    assert write_env(folder) == first


def test_a_secret_that_a_newer_version_wants_is_added_and_nothing_else_changes(folder: Path) -> None:
    kept = "# mine\nELASTIC_PASSWORD=chosen\nKIBANA_PORT=5602"  # and no newline at its end
    (folder / ".env").write_text(kept)
    written = write_env(folder)
    assert (folder / ".env").read_text().startswith(f"{kept}\n")
    assert (written["ELASTIC_PASSWORD"], written["KIBANA_PORT"]) == ("chosen", "5602")
    assert len(urlsafe_b64decode(written["TASKS_PASSWORD"])) == 32
    assert written.keys() == dict(re.findall(r"(?m)^(\w+)=(.*)$", (folder / ".env.example").read_text())).keys()


# --- certificates.sh


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    (tmp_path / "key").mkdir()
    (tmp_path / "ca").mkdir()
    make_certificates(tmp_path)
    return tmp_path


def make_certificates(folder: Path) -> None:
    made = run(ROOT / "deploy/certificates.sh", folder / "key", folder / "ca")
    assert made.returncode == 0, made.stderr


def with_tls(server: ThreadingHTTPServer, certificates: Path) -> ThreadingHTTPServer:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates / "key/elasticsearch.crt", certificates / "key/elasticsearch.key")
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    return server


@pytest.mark.parametrize("host", ["elasticsearch", "localhost", "127.0.0.1"])
def test_the_certificate_is_taken_by_a_strict_client_under_every_name(certificates: Path, host: str) -> None:
    client = ssl.create_default_context(cafile=str(certificates / "ca/ca.crt"))
    client.verify_flags |= ssl.VERIFY_X509_STRICT  # what Python does by itself from 3.13 on
    server = with_tls(ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler), certificates)
    with (
        serving(server) as port,
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        client.wrap_socket(plain, server_hostname=host) as secure,
    ):
        assert secure.version() == "TLSv1.3"


def test_a_second_start_keeps_the_certificates(certificates: Path) -> None:
    before = {path: path.read_bytes() for path in certificates.rglob("*.*")}
    make_certificates(certificates)
    assert {path: path.read_bytes() for path in certificates.rglob("*.*")} == before


def test_the_key_is_for_its_owner_and_the_ca_for_everybody_and_its_key_is_gone(certificates: Path) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in certificates.rglob("*.*")}
    assert modes == {"elasticsearch.key": 0o600, "elasticsearch.crt": 0o600, "ca.crt": 0o644}


# --- elasticsearch_users.py


class SecurityApi(ThreadingHTTPServer):
    """Answers as Elasticsearch does to the user `elastic`, and keeps what it was sent."""

    password = "of elastic"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SecurityApiRequest)
        self.received: dict[str, Any] = {}


class SecurityApiRequest(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        assert isinstance(self.server, SecurityApi)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        given = b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        allowed = given == f"elastic:{self.server.password}"
        if allowed:
            self.server.received[self.path] = body
        self.send_response(200 if allowed else 401)
        self.end_headers()
        self.wfile.write(b"{}" if allowed else b"unable to authenticate user [elastic]")

    def log_message(self, *args: object) -> None:
        """Quiet."""


def make_users(port: int, certificates: Path, password: str = SecurityApi.password) -> subprocess.CompletedProcess[str]:
    return run(
        sys.executable,
        ROOT / "deploy/elasticsearch_users.py",
        ELASTIC_PASSWORD=password,
        KIBANA_PASSWORD="of kibana",
        WIREWATCH_ELASTICSEARCH=f"https://localhost:{port}",
        WIREWATCH_ELASTICSEARCH_CA=str(certificates / "ca/ca.crt"),
        **{f"{service.upper()}_PASSWORD": f"of {service}" for service in elasticsearch_users().USERS},
    )


def test_kibana_gets_its_password_and_each_service_a_user_and_a_role_of_its_own(certificates: Path) -> None:
    api = SecurityApi()
    with serving(with_tls(api, certificates)) as port:
        made = make_users(port, certificates)
    assert made.returncode == 0, made.stderr
    received = api.received
    assert received.pop("/_security/user/kibana_system/_password") == {"password": "of kibana"}
    users = {path: body for path, body in received.items() if path.startswith("/_security/user/")}
    assert len(users) == len(elasticsearch_users().USERS)
    assert users["/_security/user/wirewatch-tagger"] == {"password": "of tagger", "roles": ["wirewatch-tagger"]}
    roles = {path.rpartition("/")[2]: body for path, body in received.items() if path.startswith("/_security/role/")}
    assert {role for user in users.values() for role in user["roles"]} | {"news-reader"} == set(roles)
    named = {name for role in roles.values() for index in role["indices"] for name in index["names"]}
    assert all(name.startswith("news-") for name in named)


def test_a_wrong_password_of_elastic_is_one_line_and_a_failure(certificates: Path) -> None:
    with serving(with_tls(SecurityApi(), certificates)) as port:
        made = make_users(port, certificates, password="wrong")
    assert made.returncode == 1
    assert len(made.stderr.splitlines()) == 1
    assert "refuses /_security/user/kibana_system/_password: unable to authenticate" in made.stderr


def test_an_elasticsearch_that_is_not_there_is_one_line_and_a_failure(certificates: Path) -> None:
    made = make_users(1, certificates)
    assert made.returncode == 1
    assert made.stderr.startswith("Elasticsearch at https://localhost:1 cannot be reached")


# --- airflow_init.sh


def test_airflow_gets_its_database_and_the_password_of_its_admin(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords.json"
    started = run(
        ROOT / "deploy/airflow_init.sh",
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        AIRFLOW_HOME=str(tmp_path),
        AIRFLOW_PASSWORD="of-admin=",
        AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE=str(passwords),
    )
    assert started.returncode == 0, started.stderr[-500:]
    assert json.loads(passwords.read_text()) == {"admin": "of-admin="}
    assert passwords.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "airflow.db").is_file()
