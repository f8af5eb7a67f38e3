"""The command `wirewatch`: each subcommand is one module, imported only when it is called."""

from __future__ import annotations

import importlib
from typing import Any

import click

from wirewatch.errors import NEEDS_A_PERSON, UserMistake, WirewatchError

COMMANDS = {
    "run": ("run", "The main job, once: real servers, the seeds, the whole line, a summary."),
    "up": ("up", "Start everything on this machine and keep it up."),
    "down": ("down", "Stop what `up` started."),
    "status": ("status", "Say what runs, how far behind it is, and what it refused."),
    "pulse": ("pulse", "Send a pulse through the line, and tell who must know when it fails."),
    "produce": ("produce", "Push articles onto the line."),
    "consume": ("consume", "Run one consumer of the line."),
    "search": ("search", "Find articles."),
    "watch": ("watch", "Show stories and alerts as they come."),
    "report": ("report", "Write what happened into one file that can be mailed."),
    "page": ("page", "Serve the live page alone; `up` does it by itself."),
    "tag": ("tag", "Show the tags of a text, and why; needs no servers."),
    "retag": ("retag", "Tag what is stored with today's knowledge, or show what would change."),
    "actors": ("actors", "The knowledge base of actors: look into it, add to it, check it."),
    "alerts": ("alerts", "Rules that watch the news: make them, try them, see what they found."),
    "evaluate": ("evaluate", "Measure the tags against gold annotations."),
    "bench": ("bench", "Measure how fast the parts are on this machine."),
    "feeds": ("feeds", "The feeds: how they are, try them, add some, OPML."),
    "dead-letters": ("dead_letters", "What the consumers refused: list, show, replay."),
    "forget": ("forget", "Take an article down for good."),
    "backup": ("backup", "Keep rules, alerts, corrections and feeds in a file."),
    "restore": ("backup", "Put back what `backup` kept."),
    "indices": ("indices", "What the news is kept in: list, make, upgrade."),
    "dashboards": ("dashboards", "Dashboards for Kibana: load them, or write them to a file."),
    "dags": ("dags", "What Airflow runs: list, run, runs."),
    "completion": ("completion", "Print what makes your shell complete wirewatch's commands."),
}
"""Name of each command, the module it is in, and its line in the help."""


class Failure(click.ClickException):
    """An error of ours as click shows it: one line, and the exit code of its kind."""

    def show(self, file: Any = None) -> None:
        """Write the line to standard error."""
        click.echo(f"wirewatch: {self.format_message()}", file=file, err=True)


class Mistake(Failure):
    """The same for a user's mistake."""

    exit_code = UserMistake.exit_code


class NeedsAPerson(Failure):
    """The same for what starting again would not mend."""

    exit_code = NEEDS_A_PERSON


FAILURES = {kind.exit_code: kind for kind in (Failure, Mistake, NeedsAPerson)}


class LazyGroup(click.Group):
    """A group whose help is written without importing its commands, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """The commands in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command's module, and take from it the object of the same name."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"wirewatch.cli.{module}"), cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """One line a command, from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error of ours ends it in one line."""
        try:
            return super().invoke(ctx)
        except WirewatchError as error:
            raise FAILURES[error.exit_code](str(error)) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="wirewatch")
def main() -> None:
    """Watch the news: articles through Kafka, tagged by actor and place, into Elasticsearch.

    Start with:  wirewatch run
    """
