"""How an actor is found by what a user types."""

from __future__ import annotations

import pytest

from wirewatch.cli.known import like, named
from wirewatch.errors import UserMistake
from wirewatch.knowledge.model import Actor, ConditionalAlias

ACTORS = (
    Actor("united-nations", "United Nations", "international_org", aliases=("UN",), names={"fr": ("Nations Unies",)}),
    Actor("pkk", "Kurdistan Workers' Party", "armed_group", conditional=(ConditionalAlias("The Party"),)),
    Actor("other-party", "Other Party", "political_party", conditional=(ConditionalAlias("the party"),)),
)


@pytest.mark.parametrize("wanted", ["united-nations", "united NATIONS", "un", "Nations unies"])
def test_an_actor_is_found_by_its_id_and_by_any_of_its_names(wanted: str) -> None:
    assert named(ACTORS, wanted).id == "united-nations"


def test_a_name_that_several_share_is_a_mistake_that_names_their_ids() -> None:
    with pytest.raises(UserMistake, match="pkk or other-party"):
        named(ACTORS, "the party")


def test_a_misspelt_name_gets_a_suggestion() -> None:
    with pytest.raises(UserMistake, match="did you mean united-nations"):
        named(ACTORS, "Unitd Nations")


def test_a_name_like_no_other_gets_no_suggestion() -> None:
    assert like(ACTORS, "zzzzzz") == ""
