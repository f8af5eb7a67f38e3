"""A real Kafka and a real Elasticsearch as child processes: embedded mode is nothing but other Settings."""

from wirewatch.embedded.servers import Running, find_servers, servers
from wirewatch.embedded.state import UpState, clear_state, read_state, write_state

__all__ = ["Running", "UpState", "clear_state", "find_servers", "read_state", "servers", "write_state"]
