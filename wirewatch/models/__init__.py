"""The types of the line, each named after the stage that made it, all frozen.

Article -> TaggedArticle -> ClusteredArticle        what flows through Kafka
Assignment                                          what the clusterer remembers of an article
Alert                                               what the alerter made of a rule and a story
Correction                                          what an analyst says of a tag
Metric                                              what was measured
DeadLetter                                          what a consumer had to refuse
"""

from wirewatch.models.alerts import Alert, AlertStatus, ChannelState, Condition, Occasion, Reason, alert_id
from wirewatch.models.articles import TAKEN_DOWN, TAKEN_DOWN_TITLE, Article, Lineage, Origin, Source
from wirewatch.models.kept import Correction, DeadLetter, Metric
from wirewatch.models.stories import Assignment, ClusteredArticle, DecisionNumber, Story
from wirewatch.models.tags import (
    UNLISTED,
    ActorKind,
    ActorTag,
    Argument,
    Choice,
    Mention,
    PlaceTag,
    Precision,
    RunnerUp,
    TaggedArticle,
    Tags,
)

__all__ = [
    "TAKEN_DOWN",
    "TAKEN_DOWN_TITLE",
    "UNLISTED",
    "ActorKind",
    "ActorTag",
    "Alert",
    "AlertStatus",
    "Argument",
    "Article",
    "Assignment",
    "ChannelState",
    "Choice",
    "ClusteredArticle",
    "Condition",
    "Correction",
    "DeadLetter",
    "DecisionNumber",
    "Lineage",
    "Mention",
    "Metric",
    "Occasion",
    "Origin",
    "PlaceTag",
    "Precision",
    "Reason",
    "RunnerUp",
    "Source",
    "Story",
    "TaggedArticle",
    "Tags",
    "alert_id",
]
