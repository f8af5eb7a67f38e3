"""Give Kibana its password, and each service of wirewatch a user of its own; running it again changes nothing.

    python elasticsearch_users.py

The environment holds ELASTIC_PASSWORD, KIBANA_PASSWORD, the password of each of `USERS` (TAGGER_PASSWORD and so on),
and WIREWATCH_ELASTICSEARCH with _CA. Every service sees the news and how the cluster is, and writes what is its own.
"""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Mapping
from typing import Any

import httpx

WRITES = {
    "tagger": (),
    "clusterer": (),
    "indexer": ("news-articles*", "news-stories*", "news-metrics*"),
    "alerter": ("news-alerts*",),
    "notifier": ("news-alerts*", "news-metrics*"),
    "pulse": ("news-metrics*",),
    "page": (),
    "tasks": ("news-*",),
}
"""Service -> the indices whose documents it writes. Airflow's tasks poll feeds, make rules, retag, tidy up."""

ADMIN = "admin"
"""The user `wirewatch` may do what it likes with the news: it makes the indices, and is yours at a shell."""

USERS = (ADMIN, *WRITES)
READER = "news-reader"
"""A role for people: they see the news, and the dashboards in Kibana."""


def roles(prefix: str = "") -> dict[str, dict[str, Any]]:
    """Every role by its name, as the security API and the file roles.yml take it, for the line with this ``prefix``."""
    reads = {"names": [f"{prefix}news-*"], "privileges": ["read", "view_index_metadata"]}
    kibana = {"application": "kibana-.kibana", "privileges": ["read"], "resources": ["*"]}
    found: dict[str, dict[str, Any]] = {
        user_of(ADMIN): {"cluster": ["monitor"], "indices": [{"names": [f"{prefix}news-*"], "privileges": ["all"]}]},
        READER: {"cluster": [], "indices": [reads], "applications": [kibana]},
    }
    for service, names in WRITES.items():
        writes = [{"names": [prefix + name for name in names], "privileges": ["write", "maintenance"]}] if names else []
        found[user_of(service)] = {"cluster": ["monitor"], "indices": [reads, *writes]}
    return found


def user_of(service: str) -> str:
    """The name of a service's user, which is that of its role."""
    return "wirewatch" if service == ADMIN else f"wirewatch-{service}"


def requests(environ: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """What is sent to the security API, in order: path and body."""
    users = {user_of(service): environ[f"{service.upper()}_PASSWORD"] for service in USERS}
    return [
        ("/_security/user/kibana_system/_password", {"password": environ["KIBANA_PASSWORD"]}),
        *((f"/_security/role/{name}", role) for name, role in roles().items()),
        *((f"/_security/user/{name}", {"password": given, "roles": [name]}) for name, given in users.items()),
    ]


def main(environ: Mapping[str, str]) -> int:
    """Send them as the user `elastic`; exit code 1 and one line at the first that is refused."""
    address = environ["WIREWATCH_ELASTICSEARCH"]
    tls = ssl.create_default_context(cafile=environ.get("WIREWATCH_ELASTICSEARCH_CA"))
    with httpx.Client(
        base_url=address, auth=("elastic", environ["ELASTIC_PASSWORD"]), verify=tls, timeout=30
    ) as client:
        for path, body in requests(environ):
            try:
                answer = client.put(path, json=body)
            except httpx.TransportError as error:
                print(f"Elasticsearch at {address} cannot be reached: {error}", file=sys.stderr)
                return 1
            if answer.is_error:
                print(f"Elasticsearch at {address} refuses {path}: {answer.text}", file=sys.stderr)
                return 1
            print(f"{path}: done")
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
