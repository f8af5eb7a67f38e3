"""Real servers for the tests, started once per run, and a name of its own for each test."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from wirewatch.embedded import servers
from wirewatch.settings import Settings
from wirewatch.stream.admin import delete_topics


@pytest.fixture(scope="session")
def line_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a Kafka and an Elasticsearch that run until the last test.

    ``WIREWATCH_TEST_KAFKA`` and ``WIREWATCH_TEST_ELASTICSEARCH`` name servers that run already, for quick repetition.
    """
    settings = Settings(
        kafka=os.environ.get("WIREWATCH_TEST_KAFKA") or None,
        elasticsearch=os.environ.get("WIREWATCH_TEST_ELASTICSEARCH") or None,
        data_dir=str(tmp_path_factory.mktemp("servers")),
        cache_dir=os.environ.get("WIREWATCH_CACHE_DIR") or Settings().cache_dir,
    )
    with servers(settings) as running:
        yield running


@pytest.fixture
def settings(line_settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """The same servers with names (``t3f9a1.``…) and a data folder that no other test uses."""
    prefix = f"t{secrets.token_hex(3)}."
    yield msgspec.structs.replace(line_settings, name_prefix=prefix, data_dir=str(tmp_path / "data"))
    # A node holds a limited number of shards, a broker of thousands of topics is slow, a run has hundreds of tests.
    if line_settings.kafka:
        delete_topics(msgspec.structs.replace(line_settings, name_prefix=prefix))
    with httpx.Client(base_url=str(line_settings.elasticsearch), timeout=30) as http:
        names = http.get(f"/_cat/indices/{prefix}*", params={"h": "index", "expand_wildcards": "all"}).text.split()
        if names:
            http.delete("/" + ",".join(names)).raise_for_status()
