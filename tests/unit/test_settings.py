"""Settings are read once, checked, and all documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from wirewatch.errors import SettingsError
from wirewatch.settings import Settings, load_settings
from wirewatch.settings_page import page

ROOT = Path(__file__).parents[2]


def test_the_page_of_settings_is_up_to_date() -> None:
    written = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m wirewatch.settings_page > docs/settings.md"


def test_the_environment_is_read_and_converted(tmp_path: Path) -> None:
    settings = load_settings({"WIREWATCH_BATCH_SIZE": "7", "WIREWATCH_NER": "off", "HOME": "/"}, tmp_path)
    assert (settings.batch_size, settings.ner) == (7, "off")


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "wirewatch.toml").write_text('ner = "off"\nbatch_size = 9\n')
    settings = load_settings({"WIREWATCH_NER": "full"}, tmp_path)
    assert (settings.batch_size, settings.ner) == (9, "full")


def test_an_empty_variable_is_one_that_is_not_set(tmp_path: Path) -> None:
    assert load_settings({"WIREWATCH_KAFKA": ""}, tmp_path).kafka is None


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"WIREWATCH_BATCHSIZE": "7"}, "WIREWATCH_BATCHSIZE is no setting"),
        ({"WIREWATCH_BATCH_SIZE": "many"}, "batch_size"),
        ({"WIREWATCH_BATCH_SIZE": "0"}, "batch_size"),
        ({"WIREWATCH_NER": "maybe"}, "ner"),
        ({"WIREWATCH_TIMEZONE": "Mars/Olympus"}, "timezone 'Mars/Olympus' is none"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(environ: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings(environ, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "wirewatch.toml").write_text("ner = ")
    with pytest.raises(SettingsError, match=r"wirewatch\.toml: not readable as TOML"):
        load_settings({}, tmp_path)


def test_settings_go_to_a_child_process_and_come_back(tmp_path: Path) -> None:
    settings = Settings(kafka="h:1", batch_size=3, data_dir="/d", cache_dir="/c")
    assert load_settings(settings.environment(), tmp_path) == settings
