"""The settings: one frozen record, read from ``wirewatch.toml`` and ``WIREWATCH_*`` in entry points only.

Source of the field documentation for docs/settings.md: the ``description`` of each field.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import platformdirs
from msgspec import Meta

from wirewatch.errors import SettingsError

PREFIX = "WIREWATCH_"
FILE = "wirewatch.toml"
NOT_SETTINGS = (PREFIX + "FAILPOINT", PREFIX + "TEST_")
"""Variables of our prefix that are for tests and not for users."""


def _about(description: str, **limits: Any) -> Meta:
    return Meta(description=description, **limits)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set; each field is ``WIREWATCH_<NAME>`` in the environment."""

    kafka: Annotated[
        str | None,
        _about("`host:port` of your own Kafka (several with commas). Unset: an embedded one is started."),
    ] = None
    elasticsearch: Annotated[
        str | None,
        _about("URL of your own Elasticsearch. Unset: an embedded one is started."),
    ] = None
    elasticsearch_user: Annotated[str | None, _about("User of your own Elasticsearch.")] = None
    elasticsearch_password: Annotated[str | None, _about("Its password.")] = None
    elasticsearch_ca: Annotated[
        str | None, _about("File with the CA certificate that signed your Elasticsearch's certificate.")
    ] = None
    elasticsearch_replicas: Annotated[
        int, _about("Replicas of each index when it is created; 0 for a single node.", ge=0, le=10)
    ] = 0
    data_dir: Annotated[
        str,
        _about("Folder of the embedded servers' data and of what `wirewatch up` remembers."),
    ] = msgspec.field(default_factory=lambda: platformdirs.user_data_dir("wirewatch"))
    cache_dir: Annotated[
        str,
        _about("Folder of what can be made again: the servers' files, the gazetteer's index."),
    ] = msgspec.field(default_factory=lambda: platformdirs.user_cache_dir("wirewatch"))
    name_prefix: Annotated[
        str,
        _about("Put before every topic, group and index name, so that several lines share servers."),
    ] = ""
    ner: Annotated[
        Literal["off", "auto", "full"],
        _about(
            "Names that are in no list, by spaCy: `off`, `auto` (sentences with capitalised words that nothing "
            "else explains) or `full` (every sentence)."
        ),
    ] = "auto"
    knowledge: Annotated[
        str | None,
        _about(
            "Your own folder of actor files; they add to and override the ones that come with wirewatch. Unset: "
            "`knowledge` in the data folder, which `wirewatch actors add` makes."
        ),
    ] = None
    disputed: Annotated[
        str,
        _about(
            "The country of places in disputed territories: `recognised`, `control` or `open` (none), and changes of "
            "single ones behind commas, such as `control, taiwan=CN`; see docs/disputed.md."
        ),
    ] = "recognised"
    text_limit: Annotated[
        int,
        _about(
            "Code points of an article's text that are kept; what is longer is cut and marked `truncated`.",
            ge=1_000,
            le=1_000_000,
        ),
    ] = 200_000
    batch_size: Annotated[int, _about("Messages a consumer takes at once at most.", ge=1, le=10_000)] = 200
    bulk_batch_size: Annotated[
        int,
        _about(
            "The same for the slow lane; small, because a live article waits for the batch before it.",
            ge=1,
            le=10_000,
        ),
    ] = 10
    refused_share: Annotated[
        float,
        _about(
            "Share of the last messages that may be refused before the consumer stops, taking itself for the fault.",
            gt=0,
            le=1,
        ),
    ] = 0.2
    refused_window: Annotated[
        int, _about("How many of the last messages `refused_share` looks at.", ge=10, le=1_000_000)
    ] = 500
    refused_allowed: Annotated[
        int, _about("So many refusals are always allowed, whatever their share.", ge=0, le=1_000_000)
    ] = 25
    alert_max_age_h: Annotated[
        float,
        _about(
            "What is older (hours, from publication; for files pushed by hand from their arrival) makes an alert that "
            "is marked `late` and pages nobody.",
            gt=0,
            le=8760,
        ),
    ] = 6.0
    story_hours: Annotated[int, _about("So long after its first article a story takes new ones.", ge=1, le=720)] = 72
    stories_kept: Annotated[
        int,
        _about(
            "Articles whose stories the clusterer keeps in memory, some 2 GB a million; the oldest go first.",
            ge=100,
            le=20_000_000,
        ),
    ] = 1_000_000
    session_timeout_s: Annotated[
        float,
        _about("After so long without a sign of life a consumer's work goes to another.", ge=1, le=300),
    ] = 10.0
    connect_timeout_s: Annotated[
        float, _about("How long a command waits for a server that does not answer.", gt=0, le=300)
    ] = 10.0
    feeds: Annotated[
        str | None,
        _about(
            "Your feeds.toml. Unset: `produce rss` takes the one that comes with wirewatch, the schedule takes none."
        ),
    ] = None
    feeds_contact: Annotated[
        str | None,
        _about("Web or mail address in the User-Agent, so that a feed's owner can reach you."),
    ] = None
    feeds_allow_private: Annotated[
        bool,
        _about("Ask feeds and pages inside your own network too: private, loopback and link-local addresses."),
    ] = False
    feeds_at_once: Annotated[int, _about("Feeds that are asked at the same time.", ge=1, le=2_000)] = 200
    feeds_timeout_s: Annotated[
        float, _about("Seconds after which a feed or a page that is not there yet has failed.", gt=0, le=600)
    ] = 30.0
    feeds_max_mb: Annotated[
        float, _about("Megabytes of a feed or a page at most, before and after decompression.", gt=0, le=100)
    ] = 10.0
    airflow: Annotated[
        str | None,
        _about("URL of your own Airflow, for `wirewatch dags`. Unset: the one that `wirewatch up` starts."),
    ] = None
    airflow_user: Annotated[str, _about("User of your own Airflow.")] = "admin"
    airflow_password: Annotated[str | None, _about("Its password.")] = None
    airflow_port: Annotated[
        int,
        _about(
            "Port of the Airflow that `wirewatch up` starts; 0 takes 8080, or another where that is taken.",
            ge=0,
            le=65535,
        ),
    ] = 0
    airflow_paused: Annotated[bool, _about("Whether DAGs start paused in the Airflow that `wirewatch up` starts.")] = (
        False
    )
    page_port: Annotated[
        int,
        _about("Port of the live page on 127.0.0.1; 0 takes 8090, or another where that is taken.", ge=0, le=65535),
    ] = 0
    kibana: Annotated[str | None, _about("URL of your Kibana, for `wirewatch dashboards`.")] = None
    kibana_user: Annotated[str | None, _about("User of your Kibana.")] = None
    kibana_password: Annotated[str | None, _about("Its password.")] = None
    kibana_api_key: Annotated[str | None, _about("An API key instead of user and password, as Kibana shows it.")] = None
    kibana_space: Annotated[
        str | None, _about("The space of Kibana that dashboards go to. Unset: the default one.")
    ] = None
    kibana_ca: Annotated[str | None, _about("File with the CA certificate that signed your Kibana's certificate.")] = (
        None
    )
    channels: Annotated[
        str | None,
        _about(
            "File of the channels that alerts go to, with their secrets. Unset: `channels.json` in the data folder."
        ),
    ] = None
    operations: Annotated[
        str | None,
        _about("Name of the channel that is told when the line itself is in trouble. Unset: only a log is."),
    ] = None
    pulse_every_s: Annotated[
        float, _about("So often `wirewatch pulse` sends a pulse through the whole line (seconds).", ge=1, le=3600)
    ] = 60.0
    pulse_within_s: Annotated[float, _about("So soon (seconds) it has to have come through.", gt=0, le=600)] = 30.0
    lag_limit: Annotated[
        int, _about("Trouble when a consumer is more messages behind; the slow lane may be.", ge=0, le=1_000_000_000)
    ] = 5_000
    dead_letters_limit: Annotated[
        int, _about("Trouble when a consumer has more dead letters that wait.", ge=0, le=1_000_000_000)
    ] = 20
    undelivered_limit_s: Annotated[
        float, _about("Trouble when a channel has not taken an alert for so long (seconds).", ge=0, le=86_400)
    ] = 300.0
    feed_silence_h: Annotated[
        float,
        _about(
            "Trouble when a feed cannot be read, or none is asked, for so long (hours); one that is unusually quiet "
            "(docs/feeds.md) is trouble at once.",
            gt=0,
            le=8760,
        ),
    ] = 6.0
    keep_days: Annotated[
        int,
        _about(
            "Articles and records of the line are deleted so many days after they came, alerts never; Kafka keeps "
            "all a week less.",
            ge=14,
            le=36_500,
        ),
    ] = 365
    keep_gb: Annotated[
        float,
        _about("Gigabytes of stored articles at most; the ones that came first go first. 0: no limit.", ge=0),
    ] = 0.0
    digest: Annotated[
        str | None,
        _about("Name of the channel that gets the daily digest. Unset: it is only a file in the data folder."),
    ] = None
    metrics: Annotated[
        str | None,
        _about(
            "`host:port` where a consumer shows Prometheus its rates, lag and durations; those of `wirewatch up` take "
            "this port and the ones behind it. Unset: nowhere."
        ),
    ] = None
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _about("How much is logged.")] = "info"
    log_format: Annotated[
        Literal["text", "json"], _about("How log lines look: for people, or an object a line for a log collector.")
    ] = "text"
    timezone: Annotated[
        str, _about("Time zone in which times are shown and quiet hours kept, such as `Europe/Paris`.")
    ] = "UTC"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which times are shown; raises SettingsError where there is none of that name."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise SettingsError(f"timezone {self.timezone!r} is none; write one such as Europe/Paris") from None

    def with_servers(self, kafka: str, elasticsearch: str) -> Settings:
        """The same settings with the addresses of servers that run."""
        return msgspec.structs.replace(self, kafka=kafka, elasticsearch=elasticsearch)

    def impatient(self, seconds: float) -> Settings:
        """The same settings, with no server waited for longer than ``seconds``."""
        return msgspec.structs.replace(self, connect_timeout_s=min(self.connect_timeout_s, seconds))

    def environment(self) -> dict[str, str]:
        """These settings as environment variables, for a child process."""
        return {
            PREFIX + name.upper(): str(value)
            for name, value in msgspec.structs.asdict(self).items()
            if value is not None
        }


def load_settings(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """The settings of this process: defaults, then ``wirewatch.toml`` in ``folder``, then ``WIREWATCH_*``.

    Raises SettingsError for an unknown name or a value that means nothing.
    """
    environ = os.environ if environ is None else environ
    path = (folder or Path.cwd()) / FILE
    values: dict[str, Any] = {}
    if path.is_file():
        try:
            values.update(tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: not readable as TOML: {error}") from None
    known = {field.name for field in msgspec.structs.fields(Settings)}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable.startswith(NOT_SETTINGS):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in known:
            raise SettingsError(f"{variable} is no setting; docs/settings.md lists them all")
        if value:
            values[name] = value
        else:
            values.pop(name, None)
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"settings ({PREFIX}* or {path.name}): {error}") from None
    assert settings.zone  # one that is none is told now, and not in the middle of the night
    return settings
