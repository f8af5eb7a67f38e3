"""Keyword alerts: what a rule is, and which article meets it. Pure: nothing here reads a clock or a server."""

from wirewatch.alerts.index import RuleIndex
from wirewatch.alerts.match import match
from wirewatch.alerts.rule import Area, Near, Rule
from wirewatch.alerts.seen import Seen
from wirewatch.alerts.why_not import why_not

__all__ = ["Area", "Near", "Rule", "RuleIndex", "Seen", "match", "why_not"]
