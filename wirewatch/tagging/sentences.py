"""Where sentences begin and end in English and in scripts with the same marks."""

from __future__ import annotations

import re
from bisect import bisect_right

# One class of characters in front: the search for the next end then skips letters fast.
_END = re.compile(r"[.!?؟。…\n](?:(?<=\n)\n*|(?<!\n)[.!?؟。…]*[\"'”’»)\]]*(?=\s))")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"“])(?:[A-Z]|[A-Za-z](?:\.[A-Za-z])+|Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col|Maj|Capt|Sgt|Cpl|Sen|Rep|Gov|Adm|Rev|Hon"
    r"|St|Ste|Mt|Ft|Jr|Sr|vs|No|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Inc|Co|Corp|Ltd|Ala|Ariz|Ark|Calif|Colo"
    r"|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Mass|Md|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Okla|Ore|Pa|Tenn|Tex|Va|Vt|Wash|Wis|Wyo"
    r"|Ont|Que|Alta)$"
)


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of ``text`` as (start, end) without the white space around them; empty text has none."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        end, mark = match.end(), match.group()
        if mark[0] == ".":
            if text[end : end + 3].lstrip()[:1].islower():
                continue
            if mark == "." and _abbreviated(text, start, end - 1):
                continue
        elif mark[0] == "…" and text[end : end + 3].lstrip()[:1].islower():
            continue
        _add(spans, text, start, end)
        start = end
    _add(spans, text, start, len(text))
    return spans


def _abbreviated(text: str, start: int, dot: int) -> bool:
    if dot >= 6 and text[dot - 6 : dot].isalpha():  # longer than any abbreviation
        return False
    return _ABBREVIATION.search(text, max(start, dot - 12), dot) is not None


def sentence_at(starts: list[int], offset: int) -> int:
    """The number of the sentence that holds ``offset``, given where sentences start."""
    return max(0, bisect_right(starts, offset) - 1)


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end].lstrip()
    if piece:
        spans.append((end - len(piece), end - len(piece) + len(piece.rstrip())))
