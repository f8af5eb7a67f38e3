"""Everything that can go wrong, by subject: each error says what happened, to which thing, and what to do.

WirewatchError                 one line for the user, exit code 1
├── UserMistake                the command or its input is wrong, exit code 2
│   ├── UnreadableInput        a file or record cannot become an article
│   ├── KnowledgeError         an actor file does not hold together
│   ├── FeedListError          a list of feeds does not hold together
│   ├── QueryError             the text of a rule cannot be read
│   ├── RuleError              a rule has no meaning, or would match everything
│   └── SettingsError          a setting has no meaning
├── ServerError
│   ├── Unavailable            Kafka or Elasticsearch does not answer (tried again by services)
│   ├── Refused                a server answers, but does not let us in or do it
│   ├── IndexMissing           an index alias is not there
│   ├── NoServers, NoAirflow   a command needs a server and knows none
│   ├── NoKibana               the same of Kibana
│   ├── KibanaNotReady         Kibana has not come up in time
│   └── ServerNotStarted       an embedded server did not come up
├── RunFailed                  a DAG's run did not succeed
├── BenchFailed                what was to be measured ended badly
└── StreamError
    ├── NewerSchema            a message comes from a newer wirewatch
    ├── TooManyRefused         so many messages are refused that the consumer is the likelier fault
    └── Fenced                 another process has taken this one's place
"""

from __future__ import annotations


class WirewatchError(Exception):
    """One line that a person can act on."""

    exit_code = 1


class UserMistake(WirewatchError):
    """What was typed or given cannot work; the line says what would."""

    exit_code = 2


class UnreadableInput(UserMistake):
    """A file, or one record in it, cannot become an article.

    ``where`` names the file, and the line where there is one.
    """

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why


class KnowledgeError(UserMistake):
    """An actor file of the knowledge base does not hold together."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why


class FeedListError(UserMistake):
    """A list of feeds (feeds.toml, OPML) does not hold together, or has not what was asked for."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why


class QueryError(UserMistake):
    """The text of a rule cannot be read; ``position`` counts code points from 0, ``instead`` is what to write."""

    def __init__(self, query: str, position: int, why: str, instead: str) -> None:
        super().__init__(" ".join(f"query, character {position + 1}: {why}; {instead}".split()))
        self.query = query
        self.position = position
        self.why = why
        self.instead = instead


class RuleError(UserMistake):
    """A rule has no meaning, or would match everything; ``where`` names the rule and the part of it."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where = where
        self.why = why


class SettingsError(UserMistake):
    """A setting has a value that means nothing."""


class ServerError(WirewatchError):
    """A server is the reason."""


class Unavailable(ServerError):
    """A server does not answer; services try again, commands say so."""

    def __init__(self, server: str, address: str, why: str) -> None:
        super().__init__(
            f"{server} at {address} cannot be reached ({why}); "
            "is it running? `wirewatch status` shows what is, `wirewatch up --detach` starts it"
        )
        self.server = server
        self.address = address


class Refused(ServerError):
    """A server answers but refuses: wrong password, missing right, impossible request."""

    def __init__(self, server: str, address: str, why: str) -> None:
        super().__init__(f"{server} at {address} refuses: {why}")
        self.server = server
        self.address = address


class IndexMissing(ServerError):
    """An index alias that should be there is not."""

    def __init__(self, alias: str, address: str) -> None:
        super().__init__(
            f"Elasticsearch at {address} has no index {alias}; `wirewatch run` or starting a consumer creates it"
        )
        self.alias = alias


class NoServers(ServerError):
    """A command needs Kafka or Elasticsearch and knows none."""

    def __init__(self) -> None:
        super().__init__(
            "no servers are running here: `wirewatch up --detach` starts them, "
            "WIREWATCH_KAFKA and WIREWATCH_ELASTICSEARCH name your own"
        )


class NoAirflow(ServerError):
    """A command needs Airflow and knows none."""

    def __init__(self) -> None:
        super().__init__(
            "no Airflow is running here: `wirewatch up --detach` starts one, WIREWATCH_AIRFLOW names yours"
        )


class NoKibana(ServerError):
    """A command needs Kibana and knows none."""

    def __init__(self) -> None:
        super().__init__("no Kibana is known: say --url http://localhost:5601, or set WIREWATCH_KIBANA")


class KibanaNotReady(ServerError):
    """Kibana does not answer, or is still starting."""

    def __init__(self, address: str, why: str, waited_s: float) -> None:
        super().__init__(f"Kibana at {address} was not ready within {waited_s:g} s: {why}; is that its address?")


class ServerNotStarted(ServerError):
    """An embedded server did not come up; the message carries the last lines of its log."""


class RunFailed(WirewatchError):
    """A DAG's run did not succeed; the line names the task and why."""


NEEDS_A_PERSON = 3
"""Exit code of a process that starting again would not mend."""


class BenchFailed(WirewatchError):
    """What was to be measured ended badly."""

    def __init__(self, what: str, said: str) -> None:
        last = next((line for line in reversed(said.splitlines()) if line.strip()), "it said nothing")
        super().__init__(f"{what} could not be measured: {last.strip()}; run the stage itself to see more")


class StreamError(WirewatchError):
    """A message or a consumer group is the reason."""


class NewerSchema(StreamError):
    """A message was written by a newer wirewatch: the program is old, the news is good."""

    exit_code = NEEDS_A_PERSON

    def __init__(self, where: str, schema: int, known: int) -> None:
        super().__init__(
            f"{where} has schema {schema}, this wirewatch reads up to {known}; "
            "nothing was skipped: update wirewatch and start it again"
        )


class TooManyRefused(StreamError):
    """So many messages are refused that the consumer is likelier wrong than they are."""

    exit_code = NEEDS_A_PERSON


class Fenced(StreamError):
    """Another process has taken this one's place; nothing of the last batch was written."""
