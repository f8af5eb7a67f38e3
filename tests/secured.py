"""An Elasticsearch that asks for passwords, with the users and roles of the full stack in its files."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from tests.builders import replaced
from wirewatch.embedded import elasticsearch_server
from wirewatch.embedded.elasticsearch_server import ElasticsearchServer, node_settings
from wirewatch.embedded.reach import enterable_folder
from wirewatch.settings import Settings

ROOT = Path(__file__).parents[1]
HEALTH = "health-only"
"""What nobody in particular may do: the embedded server is asked for its health while it starts."""


@cache
def elasticsearch_users() -> ModuleType:
    """deploy/elasticsearch_users.py, which is a program beside the package."""
    spec = importlib.util.spec_from_file_location("elasticsearch_users", ROOT / "deploy" / "elasticsearch_users.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def secured(line: Settings, folder: Path) -> Iterator[Settings]:
    """The settings of ``line`` with such an Elasticsearch, which runs until the end of the block; no user yet."""
    server = ElasticsearchServer(replaced(line, data_dir=str(folder)))
    config = enterable_folder(server.link, server.user) / "config"
    config.mkdir(parents=True, exist_ok=True)
    users = elasticsearch_users()
    roles = users.roles(line.name_prefix) | {HEALTH: {"cluster": ["monitor"]}}
    (config / "roles.yml").write_text(
        "".join(
            f"{name}: {json.dumps(role)}\n" for name, role in roles.items()
        )  # JSON is YAML too; a line for each role
    )
    names = [*map(users.user_of, users.USERS), users.READER]
    (config / "users").write_text("".join(f"{name}:{_hash(password_of(name))}\n" for name in names))
    (config / "users_roles").write_text("".join(f"{name}:{name}\n" for name in names))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elasticsearch_server, "node_settings", _with_security)
        server.start()
    assert server.child is not None
    try:
        yield replaced(line, elasticsearch=server.address)
    finally:
        server.child.stop()


def as_user(settings: Settings, name: str) -> Settings:
    """The same servers, asked by that user."""
    return replaced(settings, elasticsearch_user=name, elasticsearch_password=password_of(name))


def password_of(name: str) -> str:
    """The password of a user in these tests."""
    return f"of-{name}"


def _with_security(home: Path, folder: Path, http: int, transport: int) -> dict[str, str]:
    return node_settings(home, folder, http, transport) | {
        "xpack.security.enabled": "true",
        "xpack.security.authc.anonymous.username": "nobody-in-particular",
        "xpack.security.authc.anonymous.roles": HEALTH,
    }


def _hash(password: str) -> str:
    """A password as the file realm keeps it (``Hasher`` of Elasticsearch: PBKDF2 with SHA-512)."""
    salt = os.urandom(32)
    made = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 1000, 32)
    return f"{{PBKDF2}}1000${b64encode(salt).decode()}${b64encode(made).decode()}"
