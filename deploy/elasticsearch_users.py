"""Give Kibana its password and wirewatch a user of its own in Elasticsearch; running it again changes nothing.

    python elasticsearch_users.py

The environment holds ELASTIC_PASSWORD, KIBANA_PASSWORD and wirewatch's own settings, WIREWATCH_ELASTICSEARCH with
_USER, _PASSWORD and _CA. wirewatch may do what it likes with its own indices and see how the cluster is; nothing else.
"""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Mapping
from typing import Any

import httpx

ROLE = "wirewatch"
PRIVILEGES = {
    "cluster": ["monitor"],
    "indices": [{"names": ["news-*"], "privileges": ["all"]}],
}


def requests(environ: Mapping[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """What is sent to the security API, in order: path and body."""
    user = {"password": environ["WIREWATCH_ELASTICSEARCH_PASSWORD"], "roles": [ROLE]}
    return [
        ("/_security/user/kibana_system/_password", {"password": environ["KIBANA_PASSWORD"]}),
        (f"/_security/role/{ROLE}", PRIVILEGES),
        (f"/_security/user/{environ['WIREWATCH_ELASTICSEARCH_USER']}", user),
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
