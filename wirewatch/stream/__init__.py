"""Kafka, and nothing else of wirewatch knows it: publishing, consuming, topics, dead letters."""

from wirewatch.stream.consumer import Consumed, Until, consume
from wirewatch.stream.decoding import Received, Rejected, apart
from wirewatch.stream.publisher import Publisher, TransactionalPublisher

__all__ = ["Consumed", "Publisher", "Received", "Rejected", "TransactionalPublisher", "Until", "apart", "consume"]
