"""What ten thousand rules cost an article, folding included, on one core.

Rules have 1 to 4 words that are drawn as often as they come in the articles, without those that are in nearly all;
a fifth also name an actor and a fifth a place, both taken from the articles.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from random import Random
from statistics import median

import msgspec

from wirewatch.alerts.index import RuleIndex
from wirewatch.alerts.match import match
from wirewatch.alerts.rule import Near, Rule
from wirewatch.alerts.seen import Seen
from wirewatch.folding import fold
from wirewatch.models import Story, TaggedArticle

TOO_COMMON = 0.25
"""Share of the articles from which on nobody asks for a word."""
TOO_COMMON_ALONE = 0.03
"""The same for a rule of that single word."""


class RuleFigures(msgspec.Struct, frozen=True):
    """Processor time an article in ms (median of the runs), and what the rules and articles were like, on average."""

    rules: int
    articles: int
    words: int
    matching: float
    sharing_a_word: float
    ms_per_article: float
    ms_per_article_with_reasons: float
    build_s: float


def made_rules(articles: Sequence[TaggedArticle], count: int, *, seed: int = 1) -> list[Rule]:
    """``count`` rules that ask for what the articles hold."""
    random = Random(seed)  # noqa: S311  # the same rules each time are what is wanted
    every = [fold(f"{t.article.title}\n{t.article.text}").tokens for t in articles]
    comes = Counter(token for tokens in every for token in tokens)
    in_articles = Counter(token for tokens in every for token in set(tokens))
    common = TOO_COMMON * len(articles)
    words = [word for word in comes if in_articles[word] <= common]
    weights = [comes[word] for word in words]
    rare = [word for word in words if in_articles[word] <= max(1, TOO_COMMON_ALONE * len(articles))]
    rare_weights = [comes[word] for word in rare]
    rules = []
    for number in range(count):
        length = random.choice((1, 1, 2, 2, 3, 4))
        drawn = (rare, rare_weights) if length == 1 else (words, weights)
        asked = random.choices(*drawn, k=length)
        text = " AND ".join(f'"{word}"' for word in asked)
        rules.append(_with_names(Rule(f"r{number}", text, text=text), random.choice(articles), random))
    return rules


def measure(articles: Sequence[TaggedArticle], rules: Sequence[Rule], *, runs: int = 3) -> RuleFigures:
    """Judge the articles by the rules, after one run for the index to learn which words are rare."""
    began = time.process_time()
    index = RuleIndex(rules)
    build_s = time.process_time() - began
    for article in articles:
        index.matching(Seen(article), _story(article))
    index = index.rebuilt()
    plain, reasoned, matching = [], [], 0
    for _ in range(runs):
        began = time.process_time()
        matching = sum(len(index.matching(Seen(article), _story(article))) for article in articles)
        plain.append(time.process_time() - began)
        began = time.process_time()
        for article in articles:
            seen, story = Seen(article), _story(article)
            for rule in index.matching(seen, story):
                match(rule, seen, story)
        reasoned.append(time.process_time() - began)
    words_of = [frozenset(fold(rule.text or "").tokens) - {"and"} for rule in rules]
    a_few = [Seen(article).words for article in articles[:50]]
    return RuleFigures(
        rules=len(rules),
        articles=len(articles),
        words=round(sum(len(article.article.text.split()) for article in articles) / len(articles)),
        matching=round(matching / len(articles), 1),
        sharing_a_word=round(sum(not words.isdisjoint(asked) for words in a_few for asked in words_of) / len(a_few), 1),
        ms_per_article=round(1000 * median(plain) / len(articles), 3),
        ms_per_article_with_reasons=round(1000 * median(reasoned) / len(articles), 3),
        build_s=round(build_s, 2),
    )


def _with_names(rule: Rule, of: TaggedArticle, random: Random) -> Rule:
    fifth = random.randrange(5)
    points = [place.point for place in of.tags.places if place.point and place.precision == "city"]
    if fifth == 0 and of.tags.actors:
        return msgspec.structs.replace(rule, actors=(random.choice(of.tags.actors).id,))
    if fifth == 1 and points:
        return msgspec.structs.replace(rule, near=(Near("there", random.choice(points), 100.0),))
    return rule


def _story(tagged: TaggedArticle) -> Story:
    article = tagged.article
    return Story(article.id, article.title, article.id, article.timestamp, article.timestamp, 1, 1)
