"""A rule tried on the past, before it pages anybody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Param, dag, task

from wirewatch.scheduling.forms import ALERT_FORM
from wirewatch.scheduling.tasks import COMMON, running_servers

ABOUT = """
### Try an alert

Judges the stored articles of the last days by the rule that the form describes, with the very matcher that works live,
and changes nothing. The log of **try_rule** and its *XCom* say how many articles and stories a day would have met it,
how often it would have paged, which words do the work, and some of the articles with their reasons.

| field | what it is for |
|---|---|
| **Words**, **Actors**, **Place**, **Countries** … | what the rule asks for; all that is given must be met |
| **Days back** | how much of the past it is tried on |

Once you are content, *Set an alert* has the same fields.
"""


@dag(
    dag_id="test_alert",
    dag_display_name="Try an alert",
    description="Shows what a rule would have found in the last days.",
    doc_md=ABOUT,
    schedule=None,
    tags=["wirewatch", "alerts"],
    params={
        **ALERT_FORM,
        "days": Param(
            30, type="integer", minimum=1, maximum=36_500, title="Days back", description="By the articles' own time."
        ),
    },
    **COMMON,
)
def test_alert() -> None:
    """Try the rule."""

    @task
    def try_rule(params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Judge what is stored, and say what was found."""
        import logging
        from datetime import timedelta

        import msgspec

        from wirewatch.alerts.names import load_names
        from wirewatch.alerts.render import trial_summary, trial_text
        from wirewatch.alerts.rules_file import read_rule
        from wirewatch.scheduling.forms import rule_fields
        from wirewatch.search.trial import try_rule

        form = params or {}
        settings = running_servers()
        given = {name: value for name, value in rule_fields(form).items() if value}
        rule = read_rule(given | {"id": "trial"}, load_names(settings), where="test_alert")
        trial = try_rule(settings, rule, since=datetime.now(UTC) - timedelta(days=form["days"]))
        text = trial_text(trial, form["days"])
        for line in text.splitlines():
            logging.getLogger("airflow.task").info("%s", line)
        return {"text": text, "trial": msgspec.to_builtins(trial), "says": trial_summary(trial, form["days"])}

    try_rule()


test_alert()
