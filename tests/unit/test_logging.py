"""How a log line looks, written by a process of its own as a consumer writes it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.builders import article

SCRIPT = """
import logging
from wirewatch.cli.common import configure_logging
from wirewatch.settings import load_settings
configure_logging(load_settings(), consumer="tagger")
log = logging.getLogger("consumers.tagger")
log.debug("not at this level")
logging.getLogger("some.library").info("chatter")
logging.getLogger("some.library").warning("its warning")
try:
    password = "".join(["s3", "cret"])
    1 / 0
except ZeroDivisionError:
    log.exception("an article cannot be tagged", extra={"article": "a1", "run": "nightly\\nrun"})
"""


def written(**environment: str) -> str:
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    """The lines of one process as JSON; none is anything else."""
    return [json.loads(line) for line in written(WIREWATCH_LOG_FORMAT="json").splitlines()]


def test_each_line_is_an_object_with_time_level_consumer_and_what_it_is_about(objects: list[dict[str, Any]]) -> None:
    (line,) = [one for one in objects if one["logger"] == "consumers.tagger"]
    assert line["event"] == "an article cannot be tagged"
    assert (line["level"], line["consumer"], line["article"], line["run"]) == ("error", "tagger", "a1", "nightly\nrun")
    assert line["timestamp"].endswith("Z")
    assert line["exception"].endswith("ZeroDivisionError: division by zero")


def test_libraries_are_heard_from_warnings_on(objects: list[dict[str, Any]]) -> None:
    assert [one["event"] for one in objects if one["logger"] == "some.library"] == ["its warning"]


def test_for_people_the_text_comes_first_and_the_fields_behind_it_without_colours_in_a_file() -> None:
    text = written()
    assert "an article cannot be tagged" in text
    assert "article=a1" in text
    assert "consumer=tagger" in text
    assert "ZeroDivisionError" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_never_shows_what_a_variable_held(form: str) -> None:
    text = written(WIREWATCH_LOG_FORMAT=form)
    assert "Traceback" in text
    assert "s3cret" not in text


def test_a_line_about_an_article_names_it_and_its_run() -> None:
    one = article()
    assert one.log_fields == {"article": one.id, "run": None}
