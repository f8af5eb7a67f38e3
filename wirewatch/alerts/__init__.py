"""Keyword alerts: what a rule is, and which article meets it. Pure: nothing here reads a clock or a server."""
