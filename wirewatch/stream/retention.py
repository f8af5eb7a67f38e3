"""How long Kafka keeps what went through the line: always shorter than the index does."""

from __future__ import annotations

from datetime import timedelta

from kafka.admin import ConfigResource, ConfigResourceType

from wirewatch.settings import Settings
from wirewatch.stream.admin import admin, ensure_topics
from wirewatch.topics import LINE

RETENTION = "retention.ms"
MARGIN = timedelta(days=7)
"""So much sooner at least."""


def keep_shorter(settings: Settings) -> list[str]:
    """Let each topic keep its messages a week less than the index (``keep_days``); the topics that kept them longer.

    Were it the other way round, a replay would bring back what retention has just deleted. What is kept shorter is left
    as it is, and so are compacted topics: they are memory, not news. Raises Unavailable and Refused.
    """
    ensure_topics(settings)
    limit = timedelta(days=settings.keep_days) - MARGIN
    limit_ms = int(limit.total_seconds() * 1000)
    names = [settings.name_prefix + topic.name for topic in LINE if not topic.compacted]
    with admin(settings) as client:
        asked = [
            ConfigResource(ConfigResourceType.TOPIC, name, {RETENTION: ""}) for name in names
        ]  # its name is what counts
        found = client.describe_configs(asked, config_filter="all")["topic"]
        kept_ms = {name: int(found[name][RETENTION]["value"]) for name in names}
        longer = [name for name, kept in kept_ms.items() if kept < 0 or kept > limit_ms]
        if longer:
            client.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, name, {RETENTION: str(limit_ms)}) for name in longer]
            )
    return longer
