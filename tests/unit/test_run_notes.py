"""What a run did, in one line."""

from __future__ import annotations

from wirewatch.scheduling.notes import LONGEST, note_of


def test_a_note_counts_what_came_in_and_what_became_of_it() -> None:
    results = {
        "produce_files": {"published": 5, "refused": ["a.json: no title"], "refused_count": 1},
        "poll_feeds": {"polled": 3, "published": 7, "failing": 1},
        "tag": {"handled": 12, "refused": 1},
        "index": {"handled": 11, "refused": 0, "stored": 11},
        "alert": {"handled": 11, "refused": 0, "alerts": 2},
        "summarise": {"alerts": [["Fighting", 2, "Rebels enter Homs"]], "new": 11, "published": 12, "refused": 2},
    }
    assert (
        note_of(results) == "12 articles in, 11 new, 11 stored, 2 refused, 2 alerts, 3 feeds asked, 1 of them failing"
    )


def test_a_note_begins_with_what_failed() -> None:
    note = note_of({"poll_feeds": {"polled": 3, "published": 7, "failing": 0}}, ["tag"])
    assert note == "tag failed: the last line of its log says what to do; 7 articles in, 3 feeds asked"


def test_a_note_takes_over_what_a_task_says() -> None:
    assert note_of({"keep_rule": {"rule": "homs", "says": "Homs (homs): added"}}) == "Homs (homs): added"


def test_a_note_is_never_longer_than_airflow_takes() -> None:
    assert len(note_of({"try_rule": {"says": "x" * 5_000}})) == LONGEST


def test_a_run_without_anything_to_do_says_so() -> None:
    assert note_of({"a": None, "b": {}}) == "nothing to do"
