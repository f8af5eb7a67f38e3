"""What an actor file may say: one schema for the files that come with wirewatch and for a user's own."""

from __future__ import annotations

from datetime import date

import msgspec

from wirewatch.models import ActorKind


class Office(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An office a person held: "president" of a country (ISO 3166 alpha-2) or of an actor (its id).

    ``since`` and ``until`` are days, both inclusive; None is open. An alias such as "the Russian president"
    resolves to whoever held the office on the article's day.
    """

    title: str
    country: str | None = None
    of: str | None = None
    since: date | None = None
    until: date | None = None


class ConditionalAlias(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An alias that several actors share, or that is also an ordinary word.

    It stands for the actor only in an article that names one of ``countries`` (ISO 3166 alpha-2), or one of
    ``words`` (folded, anywhere in the article).
    """

    name: str
    countries: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class Actor(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Somebody who acts in the news.

    ``aliases`` are other English spellings and acronyms; one written in capitals or holding a capital inside is
    matched with its case. ``names`` are names in other languages by ISO 639-1 code. ``parent`` is the id of the
    actor this one is a part of. ``since`` and ``until`` say when it existed.
    """

    id: str
    name: str
    kind: ActorKind
    countries: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    conditional: tuple[ConditionalAlias, ...] = ()
    names: dict[str, tuple[str, ...]] = {}
    parent: str | None = None
    since: date | None = None
    until: date | None = None
    offices: tuple[Office, ...] = ()
    note: str | None = None


class Country(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A country or territory, as a place and as the maker of a government.

    ``aliases`` are other names of the country ("U.S.", "Burma"); ``demonyms`` the adjectives and peoples
    ("Syrian", "Syrians"); ``seats`` are what stands for its government and nothing else ("Kremlin", "White
    House"); ``capital`` stands for it where it speaks ("Moscow said"). ``armed_forces`` is the id of its army's
    actor, where there is one.
    """

    code: str
    name: str
    demonyms: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    capital: str | None = None
    seats: tuple[str, ...] = ()
    government: str | None = None
    armed_forces: str | None = None


class Knowledge(msgspec.Struct, frozen=True):
    """All actors and countries, checked; ``version`` is a hash of them, so equal knowledge has an equal version."""

    actors: tuple[Actor, ...]
    countries: tuple[Country, ...]
    version: str
