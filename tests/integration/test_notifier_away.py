"""The notifier while its index is away, or when somebody else has told what it was about to tell."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from consumers.notifier import LOOK_EVERY_S, Notifier, _ChannelThread, _keep_looking
from tests.builders import alert, replaced
from tests.e2e.line import wait_until
from tests.receivers import Webhook, webhook
from wirewatch.alerts.delivery import Due
from wirewatch.models.alerts import ChannelState
from wirewatch.notify import add_channel
from wirewatch.search.client import connect
from wirewatch.search.deliveries import Deliveries
from wirewatch.settings import Settings

NOW = datetime.now(UTC)
DUE = Due(alert(), ChannelState("desk", "claimed", NOW, notification="n1"))


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as got:
        yield got


@pytest.fixture
def away(settings: Settings) -> Settings:
    """Settings of an Elasticsearch that nobody answers for."""
    return replaced(settings, elasticsearch="http://127.0.0.1:9", connect_timeout_s=1.0)


def given(settings: Settings, hook: Webhook) -> None:
    """Give the channel something to tell, and wait until it has done what it can."""
    add_channel(settings, "desk", hook.url())
    with connect(settings) as es:
        channel = _ChannelThread(settings, Deliveries(es, settings), "desk")
        channel.give([DUE])
        assert channel.has(DUE)
        channel.wait_until_idle(20)
        assert not channel.has(DUE), "it may be claimed again"
        channel.close()
    assert hook.ids == []


def test_without_the_index_nothing_is_told_and_it_is_due_again(
    away: Settings, hook: Webhook, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        given(away, hook)
    assert "it is tried again" in caplog.text


def test_what_is_not_ours_any_more_is_not_told(made: Settings, hook: Webhook) -> None:
    given(made, hook)  # the index has no such alert, so nobody has claimed it


def test_who_looks_for_what_is_due_goes_on_looking_while_the_index_is_away(
    away: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    over = threading.Event()
    with connect(away) as es, caplog.at_level(logging.WARNING):
        looking = threading.Thread(target=_keep_looking, args=(Notifier(away, Deliveries(es, away)), over))
        looking.start()
        try:
            wait_until(lambda: caplog.text.count("looking again") >= 2, 20 * LOOK_EVERY_S, what="it has looked twice")
        finally:
            over.set()
            looking.join()
