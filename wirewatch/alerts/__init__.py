"""Keyword alerts: what a rule is, and which article meets it. Pure: nothing here reads a clock or a server."""

from wirewatch.alerts.rule import Area, Near, Rule

__all__ = ["Area", "Near", "Rule"]
