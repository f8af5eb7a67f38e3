"""What actor files may and may not say, each with a folder of its own beside the shipped files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from wirewatch.errors import KnowledgeError
from wirewatch.knowledge import Actor, Country, Knowledge, check, government_aliases, load_knowledge

GOOD = '[[actor]]\nid = "grey-heron-front"\nname = "Grey Heron Front"\nkind = "armed_group"\n'
Complaints = Callable[[str], list[str]]


@pytest.fixture
def complaints(tmp_path: Path) -> Complaints:
    """What the check says of a user's file and of nothing else."""
    shipped = _shipped_complaints()

    def about(text: str) -> list[str]:
        (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
        return [line for line in check(tmp_path) if line not in shipped]

    return about


@cache
def _shipped_complaints() -> frozenset[str]:
    return frozenset(check())


def test_a_good_actor_gives_no_complaint(complaints: Complaints) -> None:
    assert complaints(GOOD) == []


BAD = {
    "an unknown key": (GOOD + 'alias = ["Herons"]\n', "unknown field `alias`"),
    "a kind that is none": (GOOD.replace("armed_group", "gang"), "Invalid enum value 'gang'"),
    "a table that is none": ('[[actors]]\nid = "x"\n', "a file holds [[actor]] and [[country]] and nothing else"),
    "a file that is not TOML": ("[[actor]\n", "is not TOML"),
    "an actor without an id": ('[[actor]]\nname = "Grey Heron Front"\nkind = "armed_group"\n', "an entry has no id"),
    "an id given twice": (GOOD + GOOD, "is also given in"),
    "an id that is no slug": (GOOD.replace("grey-heron-front", "Grey_Heron"), "not a readable slug"),
    "a parent nobody knows": (GOOD + 'parent = "nobody"\n', 'parent "nobody" is no actor'),
    "an actor that is part of itself": (GOOD + 'parent = "grey-heron-front"\n', "part of itself"),
    "a country nobody knows": (GOOD + 'countries = ["QQ"]\n', 'country "QQ" is in no countries file'),
    "an end before the beginning": (GOOD + "since = 2020-01-02\nuntil = 2020-01-01\n", "is after until 2020-01-01"),
    "an empty alias": (GOOD + 'aliases = [" "]\n', "an alias is empty"),
    "an alias of one letter": (GOOD + 'aliases = ["G."]\n', "is too short"),
    "an alias with two spaces": (GOOD + 'aliases = ["Grey  Herons"]\n', "spaces too many"),
    "an alias that is a common word": (GOOD + 'aliases = ["Also"]\n', "is a common word"),
    "an alias without a capital": (GOOD + 'aliases = ["herons"]\n', "single word without a capital"),
    "an alias that another has": (GOOD + 'aliases = ["Vladimir Putin"]\n', "is also an alias of vladimir-putin"),
    "a foreign name that another has": (GOOD + 'names = { ru = ["Путин"] }\n', "is also an alias of vladimir-putin"),
    "the name of a country as alias": (GOOD + 'aliases = ["Georgia"]\n', "is a name of the country GE"),
    "a condition without a condition": (GOOD + 'conditional = [{ name = "Herons" }]\n', "has no condition"),
    "a condition that is not folded": (
        GOOD + 'conditional = [{ name = "Herons", words = ["Marsh"] }]\n',
        'condition "Marsh" is not folded; write it "marsh"',
    ),
    "a language that is none": (GOOD + 'names = { french = ["Hérons"] }\n', "names.french is no language"),
    "an office of a group": (GOOD + 'offices = [{ title = "king", country = "SE" }]\n', "only a person does"),
    "an office in capitals": (GOOD + 'offices = [{ title = "King", country = "SE" }]\n', "not written in lower case"),
    "an office of nothing": (GOOD + 'offices = [{ title = "king" }]\n', "needs either a country or of"),
    "an office of nobody": (GOOD + 'offices = [{ title = "king", of = "nobody" }]\n', 'of "nobody", which is no actor'),
    "an office that ends before it begins": (
        GOOD + 'offices = [{ title = "king", country = "SE", since = 2020-01-02, until = 2020-01-01 }]\n',
        "before it begins",
    ),
    "a country with a long code": ('[[country]]\ncode = "SYR"\nname = "Heronia"\n', "is not two capital letters"),
    "a country with another's name": ('[[country]]\ncode = "QQ"\nname = "Burma"\n', "is also a name of MM"),
    "a government that is no actor": (
        '[[country]]\ncode = "SY"\ngovernment = "nobody"\n',
        'government "nobody" is no actor',
    ),
    "armed forces that are no actor": (
        '[[country]]\ncode = "SY"\narmed_forces = "nobody"\n',
        'armed_forces "nobody" is no actor',
    ),
    "an actor in a derived government's place": (
        GOOD.replace("grey-heron-front", "fiji-government"),
        "is derived from the country",
    ),
}


@pytest.mark.parametrize(("text", "why"), BAD.values(), ids=BAD)
def test_the_check_names_the_file_and_says_why(complaints: Complaints, text: str, why: str) -> None:
    found = [line for line in complaints(text) if why in line]
    assert found, complaints(text)
    if "derived" not in why:
        assert "mine.toml" in found[0]


def test_loading_raises_the_first_problem_and_names_the_actor(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD + 'parent = "nobody"\n')
    with pytest.raises(KnowledgeError, match=r"mine\.toml:2, grey-heron-front: parent"):
        load_knowledge(tmp_path)


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b"# caf\xe9\n")
    assert [line for line in check(tmp_path) if "mine.toml: is not UTF-8" in line]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="WIREWATCH_KNOWLEDGE"):
        load_knowledge(tmp_path / "nowhere")


def test_two_actors_may_share_an_alias_that_is_conditional_in_both(complaints: Complaints) -> None:
    shared = 'conditional = [{ name = "Herons", countries = ["SE"] }]\n'
    other = GOOD.replace("grey-heron-front", "white-heron-front").replace("Grey", "White")
    assert complaints(GOOD + shared + other + shared) == []


def test_a_user_s_folder_adds_an_actor_and_replaces_only_the_fields_it_gives(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD + '[[actor]]\nid = "vladimir-putin"\naliases = ["Putin", "VVP"]\n')
    known = {actor.id: actor for actor in load_knowledge(tmp_path).actors}
    shipped = {actor.id: actor for actor in load_knowledge().actors}
    assert known["grey-heron-front"].name == "Grey Heron Front"
    assert known["vladimir-putin"].aliases == ("Putin", "VVP")
    assert known["vladimir-putin"].offices == shipped["vladimir-putin"].offices
    assert len(known) == len(shipped) + 1


def test_the_version_changes_with_the_knowledge_and_with_nothing_else(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    before = load_knowledge(own).version
    (own / "mine.toml").write_text("# nothing said\n")
    assert load_knowledge(own).version == before == load_knowledge().version
    (own / "mine.toml").write_text(GOOD)
    assert load_knowledge(own).version != before


def test_the_cache_gives_the_same_knowledge_and_a_broken_one_is_read_anew(tmp_path: Path) -> None:
    fresh = load_knowledge(cache_dir=tmp_path)
    (cached,) = tmp_path.iterdir()
    assert load_knowledge(cache_dir=tmp_path) == fresh
    cached.write_bytes(cached.read_bytes()[:100])
    assert load_knowledge(cache_dir=tmp_path) == fresh


def test_a_changed_file_is_never_answered_from_the_cache(tmp_path: Path) -> None:
    own, cache = tmp_path / "own", tmp_path / "cache"
    own.mkdir()
    load_knowledge(own, cache_dir=cache)
    (own / "mine.toml").write_text(GOOD)
    assert "grey-heron-front" in {actor.id for actor in load_knowledge(own, cache_dir=cache).actors}


def test_a_government_s_aliases_come_from_names_adjectives_and_seats() -> None:
    country = Country(
        code="FR",
        name="France",
        demonyms=("French", "Frenchman", "Frenchmen"),
        seats=("Quai d'Orsay",),
        capital="Paris",
    )
    assert government_aliases(country) == (
        "France government",
        "France's government",
        "government of France",
        "French government",
        "French regime",
        "French authorities",
        "French administration",
        "Quai d'Orsay",
    )


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Philippines", "government of the Philippines"),
        ("U.K.", "government of the U.K."),
        ("Honduras", "government of Honduras"),
        ("Cyprus", "Cyprus' government"),
    ],
)
def test_a_government_s_aliases_keep_to_grammar(name: str, form: str) -> None:
    assert form in government_aliases(Country(code="QQ", name=name))


def test_a_german_is_an_adjective_and_germans_are_not() -> None:
    forms = government_aliases(Country(code="DE", name="Germany", demonyms=("German", "Germans")))
    assert "German government" in forms
    assert "Germans government" not in forms


def test_governments_that_share_an_adjective_claim_it_in_their_own_country_only() -> None:
    known = {actor.id: actor for actor in load_knowledge().actors}
    for government, code in (
        ("democratic-republic-of-the-congo-government", "CD"),
        ("republic-of-the-congo-government", "CG"),
    ):
        assert "Congolese government" not in known[government].aliases
        assert [c.countries for c in known[government].conditional if c.name == "Congolese government"] == [(code,)]


def holders(title: str, country: str, day: date) -> list[str]:
    return [actor.id for actor in _shipped().actors if _held(actor, title, country, day)]


@cache
def _shipped() -> Knowledge:
    return load_knowledge()


def _held(actor: Actor, title: str, country: str, day: date) -> bool:
    return any(
        office.title == title
        and office.country == country
        and (office.since or date.min) <= day <= (office.until or date.max)
        for office in actor.offices
    )


@pytest.mark.parametrize(
    ("title", "country", "day", "holder"),
    [
        ("president", "RU", date(2010, 6, 1), "dmitry-medvedev"),
        ("president", "RU", date(2022, 6, 1), "vladimir-putin"),
        ("president", "US", date(2019, 1, 1), "donald-trump"),
        ("president", "SY", date(2024, 12, 1), "bashar-al-assad"),
        ("president", "SY", date(2025, 3, 1), "ahmed-al-sharaa"),
        ("prime minister", "GB", date(2022, 10, 1), "liz-truss"),
        ("prime minister", "IL", date(2021, 12, 1), "naftali-bennett"),
        ("chancellor", "DE", date(2024, 1, 1), "olaf-scholz"),
        ("foreign minister", "RU", date(2015, 1, 1), "sergei-lavrov"),
    ],
)
def test_an_office_has_one_holder_on_a_day(title: str, country: str, day: date, holder: str) -> None:
    assert holders(title, country, day) == [holder]
