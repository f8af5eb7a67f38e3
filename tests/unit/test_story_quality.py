"""Which articles tell one event: measured on sets of our own, tuned on one half and reported on the other."""

from __future__ import annotations

import pytest

from tests.stories import bcubed, gold, judged


@pytest.mark.parametrize(
    ("half", "precise", "whole", "copied_precise"), [("tuned", 0.95, 0.92, 0.99), ("held", 0.92, 0.90, 0.92)]
)
def test_stories_of_a_half_come_out_as_docs_stories_says(
    half: str, precise: float, whole: float, copied_precise: float
) -> None:
    lines = gold(half)
    found = judged(lines)
    english = [line for line in lines if line["kind"] != "translation"]
    precision, recall = bcubed(english, found)
    copies = [line for line in lines if line["kind"] in ("original", "copy")]
    copied = bcubed(copies, found)
    originals = {line["story"]: found[line["id"]] for line in lines if line["kind"] == "original"}
    abroad = [line for line in lines if line["kind"] == "translation"]
    joined = sum(found[line["id"]] == originals[line["story"]] for line in abroad)
    print(
        f"{half}: {precision:.3f}/{recall:.3f}, copies {copied[0]:.3f}/{copied[1]:.3f}, {joined}/{len(abroad)} joined"
    )
    assert precision >= precise
    assert recall >= whole
    assert copied[0] >= copied_precise
    assert copied[1] >= 0.95
    assert joined >= 0.75 * len(abroad)
