"""`wirewatch alerts`: the rules, what they found, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from wirewatch.cli.alerts_found import ack, log, show_alert, why_not
from wirewatch.cli.alerts_trial import test
from wirewatch.cli.channels import channel
from wirewatch.cli.common import json_option, login_name, print_json, settings_with_servers
from wirewatch.errors import UserMistake
from wirewatch.models import ActorKind

if TYPE_CHECKING:
    from wirewatch.alerts.changes import Difference
    from wirewatch.alerts.rule import Rule
    from wirewatch.settings import Settings


@click.group()
def alerts() -> None:
    """Rules that watch the news: make them, try them on the past, see what they found and why.

    \b
    wirewatch alerts test '"government forces" AND homs' --days 30
    wirewatch alerts add '"government forces" AND homs' --near 'Homs, SY' --within 50 --notify ops
    wirewatch alerts log --follow
    """


for command in (test, log, ack, why_not, show_alert, channel):
    alerts.add_command(command)


def conditions(of: Any) -> Any:
    """The options that say what a rule asks for beside its text."""
    options = [
        click.option("--name", help="What people call it."),
        click.option("--actor", "actors", multiple=True, metavar="ID", help="Any of these actors; several times."),
        click.option("--all-actors", "actors_all", multiple=True, metavar="ID", help="All of these actors."),
        click.option("--include-members", is_flag=True, default=None, help="The parts of a group count for it."),
        click.option("--kind", "kinds", multiple=True, type=click.Choice(get_args(ActorKind)), help="Any such actor."),
        click.option("--near", metavar="PLACE", help="A place near this one: 'Homs, SY' or '34.7,36.7'."),
        click.option("--within", type=click.FloatRange(0, 20_100, min_open=True), metavar="KM", help="How near."),
        click.option("--inside", multiple=True, metavar="AREA", help="A place inside a country or region."),
        click.option("--country", "countries", multiple=True, metavar="CODE", help="Any of these countries."),
        click.option("--about", is_flag=True, default=None, help="Only what the article is about counts."),
        click.option("--source", "sources", multiple=True, help="Only these outlets, by name or domain."),
        click.option("--language", "languages", multiple=True, help="Only these languages, such as en."),
        click.option("--min-sources", type=click.IntRange(1), help="Wait for so many independent outlets."),
        click.option("--exclude-stories-older-than", metavar="TIME", help="Leave old stories out: 3d."),
        click.option("--throttle", metavar="TIME", help="At most one notification in that time: 30m."),
        click.option("--quiet-hours", metavar="SPAN", help="Hold back then: 22:00-06:00."),
        click.option("--notify", multiple=True, metavar="CHANNEL", help="Who is told; several times."),
        click.option("--escalate-at", type=click.IntRange(2), help="Tell again at so many outlets."),
        click.option("--broad", is_flag=True, default=None, help="Nearly everything may meet it."),
    ]
    for option in reversed(options):
        of = option(of)
    return of


@alerts.command()
@click.argument("query", required=False)
@click.option("--id", "rule_id", help="Its id; made of the name where not given.")
@click.option("--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Load a rules file.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--yes", is_flag=True, help="Do not ask before rules are changed or taken out by a file.")
@conditions
@json_option
def add(query: str | None, file: Path | None, dry_run: bool, yes: bool, as_json: bool, **fields: Any) -> None:
    """Add a rule of QUERY, or load a rules file as a whole: what is not in it goes.

    \b
    wirewatch alerts add 'insurgent* NOT football' --actor hayat-tahrir-al-sham --near 'Homs, SY' --within 50
    wirewatch alerts add --file rules.toml --dry-run
    """
    settings = settings_with_servers()
    if file is not None:
        if query is not None:
            raise UserMistake("give either a QUERY or --file, not both")
        _load(settings, file, dry_run, yes, as_json)
        return
    from wirewatch.alerts.names import load_names
    from wirewatch.alerts.rules_file import read_rule

    rule = read_rule(as_written(query, fields), load_names(settings), where="alerts add")
    known = _rule(settings, rule.id)
    if known is not None and known.state != "deleted":
        raise UserMistake(
            f"there is a rule {rule.id} already; change it with `wirewatch alerts edit`, or give another --id"
        )
    _save(settings, [_next(known, rule)], dry_run, as_json, "added")


@alerts.command()
@click.argument("rule_id", metavar="RULE")
@click.option("--text", help="Another query.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@conditions
@json_option
def edit(rule_id: str, text: str | None, dry_run: bool, as_json: bool, **fields: Any) -> None:
    """Change what is given of RULE; the rest stays. Every alerter judges by it within two seconds.

    \b
    wirewatch alerts edit fighting-near-homs --min-sources 2 --notify ops
    """
    from wirewatch.alerts.changes import differences, fields_of
    from wirewatch.alerts.names import load_names
    from wirewatch.alerts.rules_file import read_rule, written

    settings = settings_with_servers()
    known = existing(settings, rule_id)
    changes = as_written(text, fields | {"rule_id": rule_id})
    rule = read_rule(fields_of(written(known)) | changes, load_names(settings), where="alerts edit")
    changed = differences({known.id: known}, [rule])
    if not changed:
        raise UserMistake(f"nothing of {rule_id} would change")
    if not as_json:
        _show_differences(changed)
    _save(settings, [_next(known, rule)], dry_run, as_json, "changed")


@alerts.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that were deleted, too.")
@json_option
def list_(everything: bool, as_json: bool) -> None:
    """List the rules.

    \b
    wirewatch alerts list
    """
    from wirewatch.alerts.render import rule_text
    from wirewatch.search.rules import all_rules

    rules = [rule for rule in all_rules(settings_with_servers()) if everything or rule.state != "deleted"]
    if as_json:
        print_json(rules)
        return
    if not rules:
        click.echo("there are no rules; `wirewatch alerts add 'QUERY'` makes one")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("id", "state", "asks for", "told to", "changed by", box=None)
    for rule in rules:
        table.add_row(rule.id, rule.state, rule_text(rule), " ".join(rule.notify) or "-", rule.changed_by or "")
    Console().print(table)


@alerts.command()
@click.argument("rule_id", metavar="RULE")
@json_option
def show(rule_id: str, as_json: bool) -> None:
    """Show RULE as it would stand in a rules file, and who changed what in it, and when.

    \b
    wirewatch alerts show fighting-near-homs
    """
    from wirewatch.alerts.changes import fields_of
    from wirewatch.alerts.rules_file import written

    rule = _rule(settings_with_servers(), rule_id)
    if rule is None:
        raise _unknown(rule_id)
    if as_json:
        print_json(rule)
        return
    click.echo(f"{rule.id}: {rule.state}, version {rule.version}")
    for name, value in fields_of(written(rule)).items():
        click.echo(f"  {name:<18} {value}")
    for story in rule.muted_stories:
        click.echo(f"  muted: story {story}")
    click.echo("history:")
    for change in rule.history:
        click.echo(f"  {change.version:>3}  {change.at:%Y-%m-%d %H:%M:%S}  {change.by:<12} {change.what}")


def _state_command(name: str, about: str) -> click.Command:
    @click.command(name, help=f"{about}\n\n\b\nwirewatch alerts {name} fighting-near-homs")
    @click.argument("rule_ids", metavar="RULE...", nargs=-1, required=True)
    @json_option
    def change(rule_ids: Sequence[str], as_json: bool) -> None:
        from wirewatch.alerts.changes import put

        settings = settings_with_servers()
        now, by = datetime.now(UTC), login_name()
        rules = [put(existing(settings, rule_id), name, by=by, now=now) for rule_id in rule_ids]
        _save(settings, rules, False, as_json, f"{name}d" if name.endswith("e") else f"{name}ed")

    return change


alerts.add_command(_state_command("pause", "Let RULE rest until it is resumed."))
alerts.add_command(_state_command("resume", "Let RULE watch again, from now on."))
alerts.add_command(_state_command("delete", "Take RULE out; its history and its alerts stay."))


@alerts.command()
@click.argument("rule_id", metavar="RULE")
@click.argument("story", metavar="STORY")
@json_option
def mute(rule_id: str, story: str, as_json: bool) -> None:
    """Hear no more of one STORY (its id) from RULE; other rules and other stories go on.

    \b
    wirewatch alerts mute fighting-near-homs 0f3c2a
    """
    from wirewatch.alerts.changes import muted

    settings = settings_with_servers()
    rule = muted(existing(settings, rule_id), story, by=login_name(), now=datetime.now(UTC))
    _save(settings, [rule], False, as_json, "muted for that story")


def existing(settings: Settings, rule_id: str) -> Rule:
    """The rule of that id, which is not deleted; UserMistake with likely ones where there is none."""
    rule = _rule(settings, rule_id)
    if rule is None or rule.state == "deleted":
        raise _unknown(rule_id)
    return rule


def _unknown(rule_id: str) -> UserMistake:
    return UserMistake(f"there is no rule {rule_id!r}; `wirewatch alerts list` shows them all")


def _rule(settings: Settings, rule_id: str) -> Rule | None:
    from wirewatch.search.rules import get_rule

    return get_rule(settings, rule_id)


def _next(known: Rule | None, rule: Rule) -> Rule:
    from wirewatch.alerts.changes import edited

    return edited(known, rule, by=login_name(), now=datetime.now(UTC))


def as_written(query: str | None, fields: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, as fields of a rules file."""
    near, within = fields["near"], fields["within"]
    if within is not None and near is None:
        raise UserMistake("--within says how near, but not to what: add --near PLACE")
    given = {
        ("id" if k == "rule_id" else k): v
        for k, v in fields.items()
        if v not in (None, ()) and k not in ("near", "within")
    }
    if query is not None:
        given["text"] = query
    if near is not None:
        given["near"] = {"place": near} | ({"within_km": within} if within is not None else {})
    return given


def _load(settings: Settings, file: Path, dry_run: bool, yes: bool, as_json: bool) -> None:
    from wirewatch.alerts.changes import differences, put
    from wirewatch.alerts.names import load_names
    from wirewatch.alerts.rules_file import read_rules
    from wirewatch.search.rules import all_rules

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserMistake(f"{file}: {error}") from None
    rules = {rule.id: rule for rule in read_rules(text, load_names(settings), where=file.name)}
    known = {rule.id: rule for rule in all_rules(settings)}
    changes = differences(known, list(rules.values()))
    if not as_json:
        _show_differences(changes)
    if not dry_run and not yes and not as_json and any(change.what != "add" for change in changes):
        click.confirm("change them so?", abort=True)
    now, by = datetime.now(UTC), login_name()
    after = [
        put(known[change.id], "delete", by=by, now=now)
        if change.what == "delete"
        else _next(known.get(change.id), rules[change.id])
        for change in changes
    ]
    _save(settings, after, dry_run, as_json, "changed" if changes else "as they are in the file already")


def _show_differences(changes: Sequence[Difference]) -> None:
    signs = {"add": "+", "edit": "~", "delete": "-"}
    for change in changes:
        click.echo(f"{signs[change.what]} {change.id}")
        for name, (before, after) in change.fields.items():
            click.echo(f"    {name}: {before!r} -> {after!r}")


def _save(settings: Settings, rules: list[Rule], dry_run: bool, as_json: bool, done: str) -> None:
    from wirewatch.search.indices import ensure_indices
    from wirewatch.search.rules import save_rules

    if not dry_run and rules:
        ensure_indices(settings)
        save_rules(settings, rules)
    if as_json:
        print_json(rules)
    elif dry_run:
        click.echo("nothing was changed (--dry-run)")
    else:
        click.echo(f"{', '.join(rule.id for rule in rules) or 'all rules'}: {done}")
