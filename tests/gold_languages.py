"""The texts of tests/gold/languages: how their marks are read, and the same as lines of JSON for `wirewatch evaluate`.

A text is a paragraph. ``{name|Homs, SY}`` is a place, by its name in the gazetteer and its country; ``{name|~SY}`` a
people or an adjective of a country; ``{name|@slug}`` an actor. Marks may stand in each other.

    python -m tests.gold_languages      # writes each .jsonl anew, beside its .txt
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from wirewatch.tagging import Tagger

FOLDER = Path(__file__).parent / "gold" / "languages"


class Mark(NamedTuple):
    """One mark: where it stands in the bare text, and what it says."""

    start: int
    end: int
    name: str
    says: str


def texts_of(language: str) -> list[str]:
    """The marked texts of a language."""
    return [text.strip() for text in (FOLDER / f"{language}.txt").read_text(encoding="utf-8").split("\n\n")]


def unmark(marked: str) -> tuple[str, list[Mark]]:
    """The bare text and its marks, in the order of their starts."""
    bare: list[str] = []
    open_at: list[int] = []
    marks: list[Mark] = []
    i = 0
    while i < len(marked):
        if marked[i] == "{":
            open_at.append(len(bare))
        elif marked[i] == "|":
            end = marked.index("}", i)
            start = open_at.pop()
            marks.append(Mark(start, len(bare), "".join(bare[start:]), marked[i + 1 : end]))
            i = end
        else:
            bare.append(marked[i])
        i += 1
    return "".join(bare), sorted(marks)


def lines_of(language: str, tagger: Tagger) -> list[dict[str, Any]]:
    """The texts in the format of gold sets; peoples and adjectives are neither right nor wrong."""
    from wirewatch.tagging.languages.names import row_of

    gazetteer, listed = tagger._gazetteer, tagger._lexicon.actors

    lines = []
    for number, marked in enumerate(texts_of(language), 1):
        text, marks = unmark(marked)
        places: list[dict[str, Any]] = []
        actors: list[dict[str, Any]] = []
        ignored: list[dict[str, Any]] = []
        for mark in marks:
            span = {"start": mark.start, "end": mark.end}
            if mark.says[0] == "@":
                kind = listed[mark.says[1:]].kind
                type_ = "person" if kind == "person" else "organisation"
                actors.append({**span, "name": mark.name, "type": type_, "id": mark.says[1:]})
            elif mark.says[0] == "~":
                ignored.append({**span, "layer": "toponyms"})
            else:
                row = row_of(gazetteer, mark.says)
                assert row is not None, f"{language} {number}: {mark.says} is in no gazetteer"
                place = gazetteer.place(row)
                where = {"lat": round(place.point.lat, 4), "lon": round(place.point.lon, 4)}
                id_ = {"geonameid": place.id} if place.id.isdigit() else {}
                places.append({**span, "name": mark.name, **where, **id_})
        lines.append(
            {
                "id": f"{language}-{number:02}",
                "language": language,
                "text": text,
                "source": "written for wirewatch",
                "licence": "Apache-2.0",
                "toponyms": places,
                "actors": actors,
                "ignore": ignored,
            }
        )
    return lines


def main() -> None:
    """Write the lines of every language."""
    from wirewatch.settings import Settings
    from wirewatch.tagging import load_tagger

    tagger = load_tagger(Settings())
    for file in sorted(FOLDER.glob("*.txt")):
        lines = lines_of(file.stem, tagger)
        written = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        file.with_suffix(".jsonl").write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
