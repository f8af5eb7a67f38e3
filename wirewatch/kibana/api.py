"""A running Kibana: whether it is ready, what it holds of ours, and how objects get into it.

Only its status and the import and export of saved objects are used: these are what 8.12, later 8.x and 9.x have in
common. Source: Kibana's own description of its API.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec

from wirewatch.errors import KibanaNotReady, NoKibana, Refused, SettingsError
from wirewatch.kibana.saved import Found, SavedObject, found, ndjson
from wirewatch.settings import Settings

SERVER = "Kibana"
ASK_EVERY_S = 1.0
TIMEOUT_S = 120.0
"""An import may take as long; a Kibana that has just started is slow."""

_PLAIN = {
    "conflict": "somebody has put it there this moment; run it again",
    "missing_references": "something that it needs is not there",
    "unsupported_type": "this Kibana has no such objects",
}

Key = tuple[str, str]
"""Type and id of a saved object."""


class Kibana:
    """A Kibana that lets us in; see `kibana`."""

    def __init__(self, http: httpx.Client, address: str, space: str = "") -> None:
        self._http, self.address, self._space = http, address, space

    def wait(self, within_s: float, waiting: Callable[[str], None] = lambda _: None) -> None:
        """Return when it is ready; ``waiting`` hears why it is not yet. Raises KibanaNotReady, or Refused at once."""
        give_up = time.monotonic() + within_s
        while (why := self._not_ready()) is not None:
            if time.monotonic() + ASK_EVERY_S > give_up:
                raise KibanaNotReady(self.address, why, within_s)
            waiting(why)
            time.sleep(ASK_EVERY_S)
        if self._space:
            there = self._send("GET", f"/api/spaces/space/{self._space}")
            if there.status_code == 404:
                raise self._refused(f"it has no space {self._space}")
            self._good(there)

    def there(self, objects: Sequence[SavedObject]) -> dict[Key, Found]:
        """Those of ``objects`` that it has, and how they are."""
        asked = [{"type": one.type, "id": one.id} for one in objects]
        while asked:
            body = {"objects": asked, "includeReferencesDeep": False, "excludeExportDetails": True}
            answer = self._send("POST", "/api/saved_objects/_export", json=body)
            missing = _missing(answer)
            if missing:
                asked = [one for one in asked if (one["type"], one["id"]) not in missing]
                continue
            lines = map(self._decoded, self._good(answer).content.splitlines())
            return {(line["type"], line["id"]): found(line) for line in lines}
        return {}

    def send(self, objects: Sequence[SavedObject], tag: str, *, over: bool) -> None:
        """Put ``objects`` in, ``over`` those that are there or beside them; nothing is sent where there are none.

        Raises Refused with the first reason where it does not take one: without ``over`` also one that is there.
        """
        if not objects:
            return
        file = {"file": ("wirewatch.ndjson", ndjson(objects, tag), "application/ndjson")}
        answer = self._send("POST", "/api/saved_objects/_import", params={"overwrite": str(over).lower()}, files=file)
        said = self._decoded(self._good(answer).content)
        if said.get("success"):
            return
        refused = said.get("errors") or [{}]
        one = refused[0]
        error = one.get("error", {})
        why = _PLAIN.get(error.get("type"), error.get("message") or error.get("type") or "it does not say why")
        raise self._refused(f"{one.get('type')} {one.get('id')}: {why} ({len(refused)} of {len(objects)} objects)")

    def _not_ready(self) -> str | None:
        try:
            answer = self._http.get("/api/status", timeout=10)
        except httpx.TransportError as error:
            return " ".join(str(error).split()) or type(error).__name__
        if answer.status_code == 503:
            return _reason(answer) or "it is starting"
        said = self._decoded(self._good(answer).content)
        level = said.get("status", {}).get("overall", {}).get("level")
        return None if level in ("available", "degraded") else f"its status is {level or 'unknown'}"

    def _send(self, method: str, path: str, **given: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **given)
        except httpx.TransportError as error:
            raise KibanaNotReady(self.address, " ".join(str(error).split()) or "no answer", TIMEOUT_S) from error

    def _good(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code == 401:
            raise self._refused("user, password or API key is wrong (401)")
        if answer.status_code == 403:
            raise self._refused(f"the user may not do this (403): {_reason(answer)}")
        if answer.status_code == 404:
            raise self._refused("it knows no such address (404); is the space there, and the path of the URL right?")
        if answer.is_error or answer.is_redirect:
            raise self._refused(f"{_reason(answer)} ({answer.status_code})")
        return answer

    def _decoded(self, content: bytes) -> dict[str, Any]:
        try:
            return msgspec.json.decode(content, type=dict[str, Any])
        except msgspec.DecodeError:
            raise self._refused("its answer is not JSON; is it Kibana?") from None

    def _refused(self, why: str) -> Refused:
        return Refused(SERVER, self.address, why)


@contextmanager
def kibana(settings: Settings) -> Iterator[Kibana]:
    """The Kibana of the settings, in their space; raises NoKibana, or SettingsError for what cannot be an address."""
    if not settings.kibana:
        raise NoKibana
    space = settings.kibana_space if settings.kibana_space not in (None, "default") else ""
    headers = {"kbn-xsrf": "wirewatch"}
    if settings.kibana_api_key:
        headers["Authorization"] = f"ApiKey {settings.kibana_api_key}"
    user = (settings.kibana_user, settings.kibana_password or "") if settings.kibana_user else None
    try:
        url = httpx.URL(settings.kibana)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError("not an http(s) URL such as http://localhost:5601")
        base = url.copy_with(username="", password="", path=url.path.rstrip("/") + (f"/s/{space}" if space else ""))
        verify = ssl.create_default_context(cafile=settings.kibana_ca) if url.scheme == "https" else True
        client = httpx.Client(base_url=base, auth=user, headers=headers, verify=verify, timeout=TIMEOUT_S)
    except (ValueError, OSError, httpx.InvalidURL) as error:
        raise SettingsError(f"kibana {settings.kibana}: {error}") from None
    with client:
        yield Kibana(client, str(base), space or "")


def _missing(answer: httpx.Response) -> set[Key]:
    """Which of the asked objects an export says it has not."""
    if answer.status_code != 400:
        return set()
    try:
        objects = answer.json()["attributes"]["objects"]
        return {(one["type"], one["id"]) for one in objects if one["error"]["statusCode"] == 404}
    except (ValueError, KeyError, TypeError):
        return set()


def _reason(answer: httpx.Response) -> str:
    """What it says of a failure, in one line."""
    try:
        said = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        said = answer.text
    return " ".join(said.split())[:300]
