"""How a Kafka client is set up, and what its errors mean to us."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import kafka.errors as kafka_errors

from wirewatch.errors import Fenced, Refused, SettingsError, StreamError, Unavailable
from wirewatch.settings import Settings

logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what matters of it is raised; its retries are only noise

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""Largest message, in and out; topics are created with it. Holds a text of ``text_limit`` in 4-byte characters."""

DELIVERY_TIMEOUT_S = 30
"""So long a message may stay undelivered before its publisher gives up and says so."""


def address(settings: Settings) -> str:
    """The bootstrap servers; SettingsError where none is known."""
    if settings.kafka is None:
        raise SettingsError(
            "no Kafka is known: set WIREWATCH_KAFKA=host:port, or start one with `wirewatch up --detach`"
        )
    return settings.kafka


def bootstrap(settings: Settings) -> list[str]:
    """The same as a list, each ``host:port``."""
    return [server.strip() for server in address(settings).split(",")]


class PartitionsMoved(StreamError):
    """The partitions went to another consumer during a batch, which will see it again."""


_MOVED = (
    kafka_errors.CommitFailedError,
    kafka_errors.IllegalGenerationError,
    kafka_errors.RebalanceInProgressError,
    kafka_errors.UnknownMemberIdError,
)
_FENCED = (
    kafka_errors.ProducerFencedError,
    kafka_errors.InvalidProducerEpochError,
    kafka_errors.FencedInstanceIdError,
    kafka_errors.TransactionCoordinatorFencedError,
)
_REFUSED = (
    kafka_errors.AuthorizationError,
    kafka_errors.SaslAuthenticationFailedError,
    kafka_errors.PolicyViolationError,
    kafka_errors.UnsupportedVersionError,
    kafka_errors.InvalidTopicError,
)


@contextmanager
def as_our_errors(settings: Settings) -> Iterator[None]:
    """Inside, an error of kafka-python becomes Unavailable, Refused, Fenced or PartitionsMoved, each one line."""
    try:
        yield
    except _MOVED as error:
        raise PartitionsMoved(f"the partitions moved to another consumer: {error}") from error
    except _FENCED as error:
        raise Fenced(
            f"another process has taken this one's place ({error}); nothing of the last batch was written"
        ) from error
    except _REFUSED as error:
        raise Refused("Kafka", address(settings), str(error)) from error
    except (kafka_errors.KafkaError, ConnectionError, TimeoutError) as error:
        raise Unavailable("Kafka", address(settings), str(error) or type(error).__name__) from error
