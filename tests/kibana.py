"""Kibana as far as a test needs it: what its objects ask of an index, and a server that answers as it does."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from wirewatch.bench.receiver import serving

Json = dict[str, Any]

USER, PASSWORD, API_KEY = "analyst", "s3cret", "a2V5"


def specification(visualization: Json) -> Json:
    """The Vega specification that a saved visualization holds."""
    spec: Json = json.loads(json.loads(visualization["attributes"]["visState"])["params"]["spec"])
    return spec


def questions(visualization: Json) -> list[Json]:
    """What it asks Elasticsearch: index and body."""
    return [data["url"] for data in specification(visualization)["data"] if "url" in data]


def as_asked(body: Json) -> Json:
    """The body without what Kibana puts in the place of the dashboard's time, query and filters."""
    bool_ = {
        clause: [one for one in given if not isinstance(one, str) and "%timefilter%" not in json.dumps(one)]
        for clause, given in body["query"]["bool"].items()
    }
    return body | {"query": {"bool": bool_}}


def drawn(visualization: Json, answers: list[Json]) -> Json:
    """Its specification for Vega alone: what Elasticsearch answered in the place of the questions, no clicks."""
    spec = specification(visualization)
    for data, answer in zip((data for data in spec["data"] if "url" in data), answers, strict=True):
        del data["url"]
        data["values"] = answer
    spec["signals"] = [signal for signal in spec["signals"] if "on" not in signal]  # they call Kibana's functions
    return spec | {"width": 600, "height": 300}


class Panel(msgspec.Struct, frozen=True):
    """A panel of a dashboard as Kibana finds it: its own JSON and the objects that it refers to, by their names."""

    board: str
    title: str
    json: Json
    references: dict[str, Json]

    @property
    def layer(self) -> Json:
        """The one layer of a Lens panel."""
        (layer,) = self.json["embeddableConfig"]["attributes"]["state"]["datasourceStates"]["formBased"][
            "layers"
        ].values()
        assert isinstance(layer, dict)
        return layer

    @property
    def kql(self) -> str:
        """Of which documents a Lens panel is."""
        return str(self.json["embeddableConfig"]["attributes"]["state"]["query"]["query"])


def parsed(ndjson: bytes) -> dict[str, Json]:
    """The objects of a file by their ids."""
    return {line["id"]: line for line in map(json.loads, ndjson.splitlines())}


def panels(objects: dict[str, Json]) -> list[Panel]:
    """Every panel of every dashboard."""
    found = []
    for one in objects.values():
        if one["type"] != "dashboard":
            continue
        for panel in json.loads(one["attributes"]["panelsJSON"]):
            prefix = panel["panelIndex"] + ":"
            mine = {
                ref["name"].removeprefix(prefix): ref for ref in one["references"] if ref["name"].startswith(prefix)
            }
            found.append(Panel(one["attributes"]["title"], panel.get("title", panel["type"]), panel, mine))
    return found


def fields_of_kql(kql: str) -> set[str]:
    """The fields that a query names."""
    return set(re.findall(r"([\w@.]+)\s*(?::|[<>]=?)", re.sub(r"\\:|\"[^\"]*\"", "", kql)))


def as_query(kql: str) -> Json:
    """The same query for Elasticsearch: dashboards use what KQL shares with Lucene, but for the case of words."""
    if not kql:
        return {"match_all": {}}
    lucene = re.sub(r"\b(and|or|not)\b", lambda word: word[1].upper(), kql)
    return {"query_string": {"query": lucene.replace(": ", ":")}}


def aggregation(layer: Json) -> Json:
    """What a Lens panel asks of Elasticsearch: its buckets inside each other, its numbers inside them all."""
    columns = layer["columns"]
    numbers = {id_: column for id_, column in columns.items() if not column["isBucketed"]}
    inner: Json = {id_: found for id_, column in numbers.items() if (found := _number(column))}
    for id_ in reversed([id_ for id_ in layer["columnOrder"] if columns[id_]["isBucketed"]]):
        inner = {id_: _bucket(columns[id_]) | {"aggs": inner}}
    return inner


def _bucket(column: Json) -> Json:
    params = column["params"]
    match column["operationType"]:
        case "terms":
            include = {"include": params["include"][0]} if params["include"] else {}
            assert params["otherBucket"] or not params["missingBucket"], "Lens leaves out what has no value then"
            return {"terms": {"field": column["sourceField"], "size": params["size"]} | include}
        case "date_histogram":
            return {"date_histogram": {"field": column["sourceField"], "fixed_interval": "1d", "min_doc_count": 1}}
    raise AssertionError(column)


def _number(column: Json) -> Json | None:
    field = {"field": column.get("sourceField")}
    match column["operationType"]:
        case "formula" | "math":
            return None
        case "count":
            inner: Json = {}
        case "unique_count":
            inner = {"value": {"cardinality": field}}
        case "percentile":
            inner = {"value": {"percentiles": field | {"percents": [column["params"]["percentile"]]}}}
        case "last_value":
            sort = [{column["params"]["sortField"]: "desc"}]
            inner = {"value": {"top_hits": {"size": 1, "sort": sort, "_source": column["sourceField"]}}}
        case operation:
            inner = {
                "value": {{"average": "avg", "median": "median_absolute_deviation"}.get(operation, operation): field}
            }
    return {"filter": as_query(column.get("filter", {}).get("query", "")), "aggs": inner}


def numbers(answer: Json) -> Iterator[float]:
    """Every number that an answer gives for what was asked."""
    for name, value in answer.items():
        if not isinstance(value, dict):
            continue
        if name == "value":
            yield from _values(value)
        elif "buckets" in value:
            buckets = value["buckets"]
            for bucket in buckets.values() if isinstance(buckets, dict) else buckets:
                yield from numbers(bucket)
        elif "doc_count" in value and "value" not in value:
            yield value["doc_count"]
        else:
            yield from numbers(value)


def _values(value: Json) -> Iterator[float]:
    if "hits" in value:
        yield from (leaf for hit in value["hits"]["hits"] for leaf in hit["_source"].values())
    elif "values" in value:
        yield from (leaf for leaf in value["values"].values() if leaf is not None)
    elif value["value"] is not None:
        yield value["value"]


class StandIn(ThreadingHTTPServer):
    """Answers as a Kibana does to what the loader asks, for one user and one API key.

    ``starting`` is how often it still says that it is not ready, ``refuses`` the status and words of every import.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.objects: dict[tuple[str, str], Json] = {}
        self.imports: list[int] = []
        self.paths: list[str] = []
        self.starting = 0
        self.allowed = True
        self.refuses: tuple[int, Json] | None = None
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def edit(self, type_: str, id_: str) -> None:
        """Somebody saves an object in the browser: as other text, at another time."""
        self.now += timedelta(minutes=1)
        one = self.objects[type_, id_]
        one["attributes"]["description"] = "mine"
        one["updated_at"] = self.now.isoformat()

    def take(self, line: Json, overwrite: bool) -> Json | None:
        """Import one object; the error where it is not taken."""
        key = line["type"], line["id"]
        if key in self.objects and not overwrite:
            return {"type": key[0], "id": key[1], "title": "", "error": {"type": "conflict"}}
        missing = [
            ref for ref in line["references"] if ref["type"] in ("index-pattern", "search")
            and (ref["type"], ref["id"]) not in self.objects
        ]  # fmt: skip
        if missing:
            error = {"type": "missing_references", "references": missing}
            return {"type": key[0], "id": key[1], "title": "", "error": error}
        moment = self.now.isoformat()
        self.objects[key] = line | {"created_at": moment, "updated_at": moment, "version": "WzEsMV0="}
        return None


class _Request(BaseHTTPRequestHandler):
    server: StandIn

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        if self.server.starting:
            self.server.starting -= 1
            self._say(503, {"message": "Kibana server is not ready yet."})
        elif self._let_in():
            if "/api/spaces/space/" in self.path:
                known = self.path.endswith("/desk")
                self._say(200 if known else 404, {"id": "desk"} if known else {"message": "Not Found"})
            else:
                self._say(200, {"status": {"overall": {"level": "available"}}})

    def do_POST(self) -> None:
        self.server.paths.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["kbn-xsrf"], "Kibana refuses requests without it"
        if not self._let_in():
            return
        if "_export" in self.path:
            self._export(json.loads(body)["objects"])
        elif self.server.refuses:
            self._say(*self.server.refuses)
        else:
            self._import(body)

    def _export(self, asked: list[Json]) -> None:
        keys = [(one["type"], one["id"]) for one in asked]
        missing = [
            {"type": t, "id": i, "error": {"statusCode": 404}} for t, i in keys if (t, i) not in self.server.objects
        ]
        if missing:
            message = "Error fetching objects to export"
            self._say(400, {"statusCode": 400, "message": message, "attributes": {"objects": missing}})
        else:
            self._send(200, b"\n".join(json.dumps(self.server.objects[key]).encode() for key in keys))

    def _import(self, body: bytes) -> None:
        content = re.split(rb"\r\n\r\n", body, maxsplit=1)[1].rpartition(b"\r\n--")[0]
        lines = [json.loads(line) for line in content.splitlines() if line.startswith(b"{")]
        overwrite = "overwrite=true" in self.path
        errors = [error for line in lines if (error := self.server.take(line, overwrite))]
        self.server.imports.append(len(lines))
        said: Json = {"success": not errors, "successCount": len(lines) - len(errors)}
        self._say(200, said | ({"errors": errors} if errors else {}))

    def _let_in(self) -> bool:
        basic = "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers["Authorization"] not in (basic, f"ApiKey {API_KEY}"):
            self._say(401, {"statusCode": 401, "error": "Unauthorized", "message": "no such user"})
            return False
        if not self.server.allowed:
            self._say(403, {"statusCode": 403, "error": "Forbidden", "message": "Unable to import dashboard"})
            return False
        return True

    def _say(self, status: int, said: Json) -> None:
        self._send(status, json.dumps(said).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """The server for the time of the block."""
    server = StandIn()
    with serving(server):
        yield server
