"""`wirewatch dashboards` against an HTTP server that answers as Kibana does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.kibana import API_KEY, PASSWORD, USER, StandIn, parsed, stand_in
from wirewatch.cli import main
from wirewatch.kibana.objects import saved_objects

COUNT = len(saved_objects())
BOARD = ("dashboard", "wirewatch-board-situation")


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in() as server:
        yield server


def load(server: StandIn, *options: str, **environ: str) -> Result:
    given = {"WIREWATCH_KIBANA": server.url, "WIREWATCH_KIBANA_USER": USER, "WIREWATCH_KIBANA_PASSWORD": PASSWORD}
    return CliRunner().invoke(main, ["dashboards", "load", *options], env=given | environ)


def states(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    return {one["id"]: one["state"] for one in json.loads(result.stdout)}


def test_a_first_load_brings_everything_and_a_second_changes_nothing(server: StandIn) -> None:
    assert set(states(load(server, "--json")).values()) == {"new"}
    assert len(server.objects) == COUNT
    assert set(states(load(server, "--json")).values()) == {"same"}
    assert server.imports == [COUNT]


def test_what_wirewatch_would_write_otherwise_today_is_changed(server: StandIn) -> None:
    load(server)
    references = server.objects[BOARD]["references"]
    references[-1]["name"] = "wirewatch-of-a-former-version"
    assert states(load(server, "--json"))[BOARD[1]] == "changed"
    assert server.imports == [COUNT, 1]


def test_what_a_user_has_edited_stays_until_it_is_forced(server: StandIn) -> None:
    load(server)
    server.edit(*BOARD)
    kept = load(server)
    assert "edited in Kibana, kept" in kept.output
    assert server.objects[BOARD]["attributes"]["description"] == "mine"
    assert "edited in Kibana, overwritten" in load(server, "--force").output
    assert server.objects[BOARD]["attributes"]["description"] != "mine"
    assert set(states(load(server, "--json")).values()) == {"same"}


def test_an_object_that_is_not_wirewatchs_is_not_overwritten(server: StandIn) -> None:
    load(server)
    server.objects[BOARD]["references"] = []
    assert states(load(server, "--json"))[BOARD[1]] == "edited"


def test_a_kibana_that_is_starting_is_waited_for(server: StandIn) -> None:
    server.starting = 2
    assert states(load(server, "--json", "--wait", "30"))


def test_a_kibana_that_does_not_come_up_is_said_in_one_line(server: StandIn) -> None:
    server.starting = 1_000
    result = load(server, "--wait", "0.5")
    assert result.exit_code == 1
    assert result.stderr.count("\n") <= 2
    assert "was not ready within 0.5 s: Kibana server is not ready yet." in result.stderr


def test_an_api_key_opens_as_well(server: StandIn) -> None:
    assert load(server, "--api-key", API_KEY, WIREWATCH_KIBANA_USER="", WIREWATCH_KIBANA_PASSWORD="").exit_code == 0


def test_a_wrong_password_and_a_missing_right_are_said(server: StandIn) -> None:
    assert "user, password or API key is wrong (401)" in load(server, "--password", "no").stderr
    server.allowed = False
    result = load(server)
    assert (result.exit_code, "may not do this (403)" in result.stderr) == (1, True)


def test_a_space_is_used_and_one_that_is_missing_is_said(server: StandIn) -> None:
    assert load(server, "--space", "desk").exit_code == 0
    assert any(path.startswith("/s/desk/api/saved_objects/_import") for path in server.paths)
    assert "it has no space nowhere" in load(server, "--space", "nowhere").stderr


def test_what_kibana_refuses_is_said_with_its_reason(server: StandIn) -> None:
    server.refuses = 422, {"statusCode": 422, "message": "Document belongs to a more recent version of Kibana"}
    assert "belongs to a more recent version of Kibana (422)" in load(server).stderr
    conflict = {"type": "dashboard", "id": "x", "error": {"type": "conflict"}}
    server.refuses = 200, {"success": False, "successCount": 0, "errors": [conflict]}
    result = load(server)
    assert (result.exit_code, "dashboard x: somebody has put it there this moment" in result.stderr) == (1, True)


def test_no_kibana_at_all_is_said() -> None:
    result = CliRunner().invoke(main, ["dashboards", "load"], env={"WIREWATCH_KIBANA": ""})
    assert (result.exit_code, "no Kibana is known" in result.stderr) == (1, True)


def test_the_file_that_is_exported_is_what_is_loaded(server: StandIn, tmp_path: Path) -> None:
    file = tmp_path / "wirewatch.ndjson"
    assert CliRunner().invoke(main, ["dashboards", "export", str(file)]).exit_code == 0
    load(server)
    view = parsed(file.read_bytes())["wirewatch-view-articles"]["attributes"]
    assert '{"key":"irgc","value":"Islamic Revolutionary Guard Corps"}' in view["fieldFormatMap"]
    assert {(one["type"], one["id"]) for one in parsed(file.read_bytes()).values()} == set(server.objects)
