"""Rules as people write them: what is read, what is refused and what is said about it, and what a change changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import NOW, replaced
from wirewatch.alerts.changes import differences, edited, fields_of, muted, put
from wirewatch.alerts.names import Names, load_names
from wirewatch.alerts.rule import Rule
from wirewatch.alerts.rules_file import read_rule, read_rules, written
from wirewatch.errors import RuleError
from wirewatch.resources import seed_rules
from wirewatch.settings import Settings

FULL = """
[[rule]]
id = "fighting-near-homs"
name = "Fighting near Homs"
text = '(insurgent* OR rebels) AND "government forces" NOT football'
actors = ["hayat-tahrir-al-sham"]
actors_all = ["Syrian Observatory for Human Rights"]
include_members = true
kinds = ["armed_group"]
near = { place = "Homs, SY", within_km = 50 }
inside = ["Syria", "Aleppo Governorate, SY"]
countries = ["SY", "Lebanon"]
about = true
sources = ["harbourwire.example"]
languages = ["EN"]
min_sources = 2
exclude_stories_older_than = "3d"
throttle = "30m"
quiet_hours = "22:00-06:00"
notify = ["ops"]
escalate_at = 5
"""


@pytest.fixture(scope="module")
def names() -> Names:
    return load_names(Settings())


def one(fields: str, names: Names) -> Rule:
    (rule,) = read_rules(f'[[rule]]\nid = "r"\n{fields}', names, where="rules.toml")
    return rule


def test_every_field_of_a_rules_file_is_read(names: Names) -> None:
    (rule,) = read_rules(FULL, names, where="rules.toml")
    assert rule.near[0].id == "169577"
    assert abs(rule.near[0].point.lat - 34.73) < 0.1
    assert (rule.countries, rule.languages) == (("SY", "LB"), ("en",))
    assert rule.actors_all == ("syrian-observatory-for-human-rights",)
    assert [(area.country, area.admin1 is not None) for area in rule.inside] == [("SY", False), ("SY", True)]
    assert rule.members["hayat-tahrir-al-sham"] == names.members("hayat-tahrir-al-sham")


def test_a_rule_written_again_is_the_same_rule(names: Names) -> None:
    (rule,) = read_rules(FULL, names, where="rules.toml")
    assert read_rule(fields_of(written(rule)), names, where="again") == rule


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ('actors = ["hezbolah"]', "no actor 'hezbolah' is known; did you mean hezbollah"),
        ('countries = ["Syriah"]', "did you mean SY"),
        ('near = { place = "Nowhereville-on-Sea" }', "no place"),
        ('near = { place = "Syria" }', "inside"),
        ('near = { place = "Homs", within_km = 0 }', "within_km"),
        ('inside = ["Homs district of nowhere"]', "no country and no first-level region"),
        ('text = "rebels && homs"', "query, character 8: && is no operator; write AND"),
        ('text = "rebels"\nthrotle = "3m"', "throtle is no field of a rule; did you mean throttle?"),
        ('text = "rebels"\nthrottle = "soon"', "throttle: 'soon' is no length of time"),
        ('text = "rebels"\nquiet_hours = "night"', "quiet_hours"),
        ('text = "rebels"\nkinds = ["armed"]', "kinds: 'armed' is none of person"),
        ('text = "rebels"\nmin_sources = 0', "min_sources"),
        ('text = "rebels"\nmin_sources = 3\nescalate_at = 3', "escalate_at"),
        ('text = "NOT football"', "nearly every article would meet it"),
        ('languages = ["en"]', "every article would meet it"),
        ("", "every article would meet it"),
    ],
)
def test_what_has_no_meaning_is_refused_in_one_line_that_names_the_rule(fields: str, said: str, names: Names) -> None:
    with pytest.raises(RuleError) as caught:
        one(fields, names)
    assert said in str(caught.value)
    assert "rules.toml, rule 1" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "toml", ["[[rule]\n", "x = 1", '[[rule]]\nid = "a"\ntext = "x"\n[[rule]]\nid = "a"\ntext = "y"']
)
def test_a_file_that_does_not_hold_together_is_refused(toml: str, names: Names) -> None:
    with pytest.raises(RuleError, match=r"rules\.toml"):
        read_rules(toml, names, where="rules.toml")


def test_everything_is_taken_by_a_rule_that_says_broad(names: Names) -> None:
    assert one('text = "NOT football"\nbroad = true', names).broad


def test_the_rules_that_come_with_wirewatch_are_eight_and_hold_together(names: Names) -> None:
    rules = read_rules(seed_rules().read_text(encoding="utf-8"), names, where="seeds/rules.toml")
    assert len(rules) == 8


def test_a_change_is_a_new_version_with_who_made_it(names: Names) -> None:
    later = NOW + timedelta(hours=1)
    first = edited(None, one('text = "homs"', names), by="ana", now=NOW)
    assert (first.version, first.created_by, first.since) == (1, "ana", NOW)
    renamed = edited(first, replaced(one('text = "homs"', names), name="Other"), by="bob", now=later)
    assert (renamed.version, renamed.since, renamed.created_at, renamed.changed_by) == (2, NOW, NOW, "bob")
    other = edited(renamed, one('text = "hama"', names), by="bob", now=later)
    assert (other.since, other.created_at) == (later, NOW)
    assert [(change.version, change.by, change.what) for change in other.history] == [
        (1, "ana", "add"), (2, "bob", "edit"), (3, "bob", "edit")
    ]  # fmt: skip
    assert other.history[0].rule["text"] == "homs"


def test_a_rule_that_rested_asks_from_its_return_on(names: Names) -> None:
    later = NOW + timedelta(hours=1)
    rule = put(edited(None, one('text = "homs"', names), by="ana", now=NOW), "pause", by="ana", now=NOW)
    assert rule.state == "paused"
    assert (put(rule, "resume", by="ana", now=later).state, put(rule, "resume", by="ana", now=later).since) == (
        "active", later
    )  # fmt: skip
    assert muted(muted(rule, "s1", by="a", now=NOW), "s1", by="a", now=NOW).muted_stories == ("s1",)


def test_the_difference_names_what_comes_what_changes_and_what_goes(names: Names) -> None:
    known = {i: replaced(one('text = "homs"', names), id=i) for i in ("kept", "changed", "gone")}
    known["deleted"] = replaced(known["gone"], id="deleted", state="deleted")
    after = [known["kept"], replaced(known["changed"], text="hama"), replaced(known["kept"], id="fresh")]
    found = {change.id: (change.what, change.fields) for change in differences(known, after)}
    assert found == {
        "changed": ("edit", {"text": ("homs", "hama")}),
        "fresh": ("add", {}),
        "gone": ("delete", {}),
    }
