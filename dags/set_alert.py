"""A rule made or changed by a form."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Param, dag, task

from wirewatch.scheduling.forms import ALERT_FORM, list_of
from wirewatch.scheduling.tasks import COMMON, running_servers

ABOUT = """
### Set an alert

Makes a rule that watches the news, or changes the one of that name. Every alerter judges by it within two seconds.

| field | what it is for |
|---|---|
| **Name** | what people call it; the same name again changes that rule |
| **Words** | `insurgent* AND "government forces" NOT football`; empty where another condition is enough |
| **Actors** | any of them, by id or name; `wirewatch actors list` shows them |
| **Place**, **Radius** | a place within so many km of this one |
| **Countries** | any of them, by code or name |
| **Outlets** | so many independent outlets must tell the story before it fires |
| **Channels** | who is told; `wirewatch alerts channel list` shows them. Empty: nobody, what it finds is only kept |

All that is given must be met. What the form does not ask (throttle, quiet hours, languages) stays as it is in a rule
that exists; `wirewatch alerts edit` changes it. *Try an alert* shows first what a rule would have found.

**A rule that cannot work is refused in words**, in the last line of the task's log. Running it twice changes nothing
more.
"""


@dag(
    dag_id="set_alert",
    dag_display_name="Set an alert",
    description="Makes a rule that watches the news, or changes one.",
    doc_md=ABOUT,
    schedule=None,
    tags=["wirewatch", "alerts"],
    params={
        "name": Param(
            "",
            type="string",
            minLength=1,
            maxLength=200,
            title="Name",
            description="Such as Fighting near Homs. The name of a rule that exists changes that rule.",
        ),
        **ALERT_FORM,
        "channels": list_of("Channels", "Who is told: names of channels, one a line. Empty: nobody."),
    },
    **COMMON,
)
def set_alert() -> None:
    """Check the rule and keep it."""

    @task
    def keep_rule(params: dict[str, Any] | None = None, dag_run: Any = None) -> dict[str, Any]:
        """Make the rule, or change the one of that name."""
        from producers import rules
        from wirewatch.alerts.render import rule_text
        from wirewatch.scheduling.forms import rule_fields

        form = params or {}
        kept = rules.set_rule(
            running_servers(),
            rule_fields(form) | {"name": form["name"], "notify": form["channels"]},
            by=getattr(dag_run, "triggering_user_name", None) or "airflow",
            now=datetime.now(UTC),
            where="set_alert",
        )
        rule = kept.rule
        told = f"told to {', '.join(rule.notify)}" if rule.notify else "told to nobody"
        says = f"{rule.name} ({rule.id}): {kept.what}, {rule.state}, version {rule.version}; {rule_text(rule)}; {told}"
        return {"rule": rule.id, "what": kept.what, "version": rule.version, "says": says}

    keep_rule()


set_alert()
