"""A real Kafka and a real Elasticsearch as child processes: embedded mode is nothing but other Settings."""

from wirewatch.embedded.kept import Kept
from wirewatch.embedded.process import Child, stop_all
from wirewatch.embedded.servers import find_servers, servers
from wirewatch.embedded.state import UpState, clear_state, process_created, read_state, write_state

__all__ = [
    "Child",
    "Kept",
    "UpState",
    "clear_state",
    "find_servers",
    "process_created",
    "read_state",
    "servers",
    "stop_all",
    "write_state",
]
