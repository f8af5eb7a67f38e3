"""Alerts: what fired, by which rule, where, how late, and what became of it."""

from __future__ import annotations

from wirewatch.kibana.boards.maps import WHERE_ALERTS_FIRED
from wirewatch.kibana.boards.sheets import ALERTS_AND_REASONS, LATE_ALERTS, UNDELIVERED_ALERTS
from wirewatch.kibana.panels import (
    BLUE,
    NAMES_FIRST,
    ORANGE,
    RED,
    Board,
    Control,
    Terms,
    bars,
    count,
    number,
    over_time,
    percentile,
    row,
    table,
)
from wirewatch.kibana.views import ALERTS

FIRED = "not status: waiting"
PAGED = "not status: (waiting or late or muted)"

BOARD = Board(
    "alerts",
    "Alerts",
    "What the rules found, why, how long after it was published, and what became of it.",
    controls=(
        Control("Rule", ALERTS, "rule_name"),
        Control("State", ALERTS, "status"),
        Control("Country", ALERTS, "countries"),
        Control("Actor", ALERTS, "actors"),
        Control("Outlet", ALERTS, "source.name"),
        Control("Language", ALERTS, "language"),
    ),
    since="now-7d",
    rows=(
        row(
            5,
            number("Fired", "Rules met by a story; a rule and a story have one alert.", ALERTS,
                   count("alerts", color=RED), kql=FIRED),
            number("Told", "Alerts that went to their channels.", ALERTS, count("sent"), kql="status: sent"),
            number("Held back", "By throttle or quiet hours; they come with the next digest.", ALERTS,
                   count("for a digest"), kql="status: held"),
            number("Late", "Too old to page anybody when they were found.", ALERTS, count("paged nobody"),
                   kql="status: late"),
            number("Waiting", "Met, but not yet by as many independent outlets as the rule asks for.", ALERTS,
                   count("for more outlets"), kql="status: waiting"),
            number("Not delivered", "A channel did not take them at the last try.", ALERTS,
                   count("by a channel", color=ORANGE), kql="channels.state: failed"),
            number("Half within", "Half of the alerts that page were made within this time of the publication.", ALERTS,
                   percentile("age_ms", 50, "of publication"), kql=PAGED),
        ),
        row(
            14,
            WHERE_ALERTS_FIRED,
            over_time("Fired over time", "Alerts by the time they were made, by rule.", ALERTS,
                      split=Terms("rule_name", 8), kql=FIRED),
            table("Rules", "Of each rule: how many alerts, how many of them late, how soon half were there.", ALERTS,
                  (Terms("rule_name", 50, "Rule"),), count("Alerts"), count("Late", kql="status: late"),
                  count("Held", kql="status: held"), percentile("age_ms", 50, "After publication"), kql=FIRED),
        ),
        row(
            12,
            over_time("From publication to the alert", "Half and 95 of 100 alerts that page were made in this time. "
                      "Most of it is the feed: how often it is asked, how late it shows what it published.", ALERTS,
                      percentile("age_ms", 50, "half", color=BLUE), percentile("age_ms", 95, "95 of 100", color=RED),
                      kql=PAGED, line=True),
            over_time("From arrival to the alert", "The same since the article came here: what this line adds.",
                      ALERTS, percentile("delay_ms", 50, "half", color=BLUE),
                      percentile("delay_ms", 95, "95 of 100", color=RED), kql=PAGED, line=True),
        ),
        row(
            13,
            bars("Actors", "Actors of the articles that met a rule. A click leads to the actor.", ALERTS,
                 Terms("actors", 12), count("Alerts"), to="actor", kql=FIRED),
            bars("Countries", "Countries of these articles. A click leads to the place.", ALERTS,
                 Terms("countries", 12), count("Alerts"), to="place", kql=FIRED),
            bars("Words", "Words of the articles that met a rule's text: many of one kind may be noise.", ALERTS,
                 Terms("reasons.words", 12), count("Alerts"), kql=FIRED),
            bars("Channels", "What became of alerts in each channel.", ALERTS, Terms("channels.name", 12),
                 count("Alerts"), split=Terms("channels.state", 4)),
            widths=NAMES_FIRST,
        ),
        row(16, ALERTS_AND_REASONS),
        row(13, LATE_ALERTS, UNDELIVERED_ALERTS, widths=(3, 2)),
    ),
)  # fmt: skip
