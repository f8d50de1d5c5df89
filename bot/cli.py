"""The command `ldn-bot`.

Exit status: 0 done, 1 the work failed, 2 the call or the settings are wrong.
"""

from __future__ import annotations

import asyncio
import errno
import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from bot.settings import Settings, describe
from knowledge.errors import DocumentError, LdnBotError, SettingsError

if TYPE_CHECKING:
    from knowledge.desk import Desks


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Why a file takes no more of what is printed into it."""


class _Group(click.Group):
    """Adds the settings to the help, and prints our errors as a sentence, with an exit status."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Settings (environment, or a file .env in the current folder)"):
            formatter.write_dl(describe())

    def main(self, *arguments: Any, **options: Any) -> Any:
        _prepare_streams()
        return super().main(*arguments, **options)

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _printing():  # the help, and the version
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _printing():
                return super().invoke(ctx)
        except SettingsError as error:
            _fail(str(error), status=2)
        except DocumentError as error:
            count = len(error.problems)
            _fail(f"{error}\n{count} {'fault' if count == 1 else 'faults'} to mend.")
        except LdnBotError as error:
            _fail(str(error))


def _prepare_streams() -> None:
    """Make sure that every standard stream exists, and can read and write any character."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            # It was closed by the parent process, so the next file opened would get its number.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            # A character that the terminal cannot show, or invalid UTF-8, must raise no error.
            stream.reconfigure(errors="replace")


@contextmanager
def _printing() -> Iterator[None]:
    """Flush what the block prints; if the output cannot be written, end the program."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output has ended, as `| head` does.
        _discard_output()
        raise SystemExit(0) from None
    except OSError as error:
        if error.filename is not None or error.errno not in _NO_ROOM:
            raise
        _discard_output()
        why = error.strerror
        _fail(f"The output cannot be written ({why}). Make room, or send it somewhere else.")


def _discard_output() -> None:
    """Discard the buffered output, so that Python does not fail to write it when it ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@click.group(
    cls=_Group,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="ldn-bot")
@click.pass_context
def main(context: click.Context) -> None:
    """Answers questions from a published article, word for word, on Discord and Slack.

    Without a command it is `ldn-bot run`.
    """
    if context.invoked_subcommand is None:
        context.invoke(run)


@main.command()
def run() -> None:
    """Serve every platform whose tokens are set; with none, a conversation and the page."""
    from bot import documents, serve, terminal
    from bot.logs import configure

    settings = Settings.load()
    if settings.any_platform:
        _say_what_is_off(settings)
        configure(settings.log_level, settings.log_format)
        if not asyncio.run(serve.serve(settings)):
            _fail("No platform is left to serve, so the bot has stopped.")
        return
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})  # see `bot.__main__`
    desks = documents.build_desks(settings)
    _say_what_is_off(settings)
    if sys.stdin.isatty():
        _converse_beside_page(settings, desks)
    elif not terminal.converse(desks, sys.stdin, sys.stdout):
        _serve_page(settings, desks)


@main.command()
@click.argument("question", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each answer.")
def ask(question: tuple[str, ...], as_json: bool) -> None:
    """Answer one QUESTION; without one, hold a conversation, or read a question a line."""
    from bot import documents, terminal

    desks = documents.build_desks(Settings.load())
    if question:
        terminal.reply(desks, " ".join(question), sys.stdout, as_json=as_json)
    else:
        terminal.converse(desks, sys.stdin, sys.stdout, as_json=as_json)


@main.command("preview")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=None,
    help="Where to serve it (8610, or a free one if that is taken).",
)
def preview_command(port: int | None) -> None:
    """Show in a browser, on this machine alone, what members will see."""
    from bot import documents

    settings = Settings.load()
    _serve_page(settings, documents.build_desks(settings), port)


@main.command()
def topics() -> None:
    """List every topic with its id."""
    from bot import documents

    for desk in documents.build_desks(Settings.load()).values():
        click.echo(f"/{desk.document.command}: {desk.document.title}")
        width = max(len(section.id) for section in desk.document.sections)
        for section in desk.document.sections:
            click.echo(f"  {section.id:<{width}}  {section.title}")


@main.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def check(folder: Path | None) -> None:
    """Check a FOLDER of documents; every fault is named with its file, line and mend."""
    from bot import documents

    settings = Settings.load()
    folder = folder or settings.documents
    library = documents.load_checked_library(folder)
    for warning in library.warnings:
        click.echo(f"Warning: {warning}", err=True)
    for document in library.documents:
        count = len(document.sections)
        cover = "1 section covers" if count == 1 else f"{count} sections cover"
        click.echo(f"{document.title}: {cover} the whole article. Command: /{document.command}.")


@main.command()
@click.argument("surface", type=click.Choice(["discord", "slack", "text"]))
@click.argument("question", nargs=-1)
def render(surface: str, question: tuple[str, ...]) -> None:
    """Print exactly what a platform would be sent for QUESTION."""
    from bot import bootstrap, documents, terminal

    answer = terminal.find(documents.build_desks(Settings.load()), " ".join(question))
    rendered = bootstrap.renderers()[surface](answer)
    click.echo(rendered if isinstance(rendered, str) else _json(rendered))


@main.command()
def manifest() -> None:
    """Print the manifest of the Slack app, to paste into Slack's page."""
    from adapters.slack.manifest import manifest as slack_manifest
    from bot import documents

    settings = Settings.load()
    click.echo(_json(slack_manifest(documents.build_desks(settings), settings.public_url)))


@main.command()
@click.option("--sync", is_flag=True, help="Register them with Discord, if they changed.")
@click.option("--force", is_flag=True, help="With --sync: even if they did not change.")
def commands(sync: bool, force: bool) -> None:
    """Print what registers the commands with Discord."""
    from adapters.discord.commands import commands_payload
    from bot import bootstrap, documents

    if force and not sync:
        raise click.UsageError("--force registers nothing without --sync. Give both.")
    settings = Settings.load()
    desks = documents.build_desks(settings)
    if not sync:
        click.echo(_json(asyncio.run(commands_payload(desks))))
        return
    done = asyncio.run(bootstrap.register_commands(settings, desks, force=force))
    click.echo("Registered." if done else "Nothing changed since the last registration.")


@main.command()
@click.option("--refresh", is_flag=True, help="Bring every post up to date.")
@click.option("--dry-run", is_flag=True, help="With --refresh: only tell what would change.")
def pins(refresh: bool, dry_run: bool) -> None:
    """List what is posted where, and whether it is current."""
    from bot import documents, posts

    if dry_run and not refresh:
        raise click.UsageError("--dry-run tells what --refresh would change. Give both.")
    settings = Settings.load()
    desks = documents.build_desks(settings)
    if dry_run or not refresh:
        asyncio.run(posts.show(settings, desks, only_outdated=refresh))
    elif not asyncio.run(posts.refresh(settings, desks)):
        _fail("Not every post could be brought up to date.")


@main.command("evaluate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--document", "command", default=None, help="The command of the document to ask.")
def evaluate_command(file: Path, command: str | None) -> None:
    """Ask the labelled questions of FILE and say how well they are answered.

    FILE holds a JSON object a line: {"q": "how is it taken", "expect": ["forms"]}; `expect` may
    also be "none" (not covered) or "crisis", and `ok` may list what is acceptable besides.
    """
    from bot import documents
    from knowledge.evaluation import CRISIS, NONE, evaluate, read_labelled, reply_of

    desks = documents.build_desks(Settings.load())
    if command is not None and command not in desks:
        _fail(f"There is no document with the command {command}.", status=2)
    desk = desks[command] if command else desks.first
    labelled = read_labelled(file)
    known = {*desk.document.by_id, NONE, CRISIS}
    if unknown := sorted({id for each in labelled for id in each.expect} - known):
        _fail(
            f"{file.name} expects what is no section of /{desk.document.command}: "
            f"{', '.join(unknown)}. Correct the ids; `ldn-bot topics` lists them."
        )
    click.echo(str(evaluate(lambda question: reply_of(desk.ask(question)), labelled)))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each finding.")
@click.option("--offline", is_flag=True, help="Do not compare clocks with the platforms.")
def doctor(as_json: bool, offline: bool) -> None:
    """Look at everything that the bot needs, and say what to mend."""
    from bot.doctor import Level, examine

    findings = asyncio.run(examine(online=not offline))
    for finding in findings:
        click.echo(_json_line(finding.to_json()) if as_json else str(finding))
    if any(finding.level is Level.FAULT for finding in findings):
        raise SystemExit(1)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Copy what SQLite keeps into the new FILE; the bot may go on serving."""
    from bot.backup import back_up_database

    settings = Settings.load()
    back_up_database(settings, file)
    click.echo(f"Wrote {file}. It holds no tokens and no documents: keep those as well.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Put the backup FILE in the place of what SQLite keeps; the bot has to be stopped."""
    from bot.backup import restore_database

    replaced = restore_database(Settings.load(), file)
    if replaced:
        click.echo(f"What was there before is kept as {replaced}.")
    click.echo("Restored. Start the bot: it brings its posts up to date by itself.")


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder for the two new files (the current one).",
)
@click.option("--command", "command", default=None, help="What people will type after the slash.")
def import_article(file: Path, folder: Path, command: str | None) -> None:
    """Make a draft document from an article: FILE is plain text or Markdown."""
    from knowledge.draft import draft_document

    for path in draft_document(file, folder, command):
        click.echo(f"Wrote {path}.")
    click.echo("Correct the lines marked TODO, then run `ldn-bot check` on the folder.")


@main.command()
def schema() -> None:
    """Print the JSON Schema of a document, for editors' programs."""
    from knowledge.schema import json_schema

    click.echo(_json(json_schema()))


def _say_what_is_off(settings: Settings) -> None:
    from bot import terminal

    for line in terminal.how_to_connect(settings):
        click.echo(line, err=True)


def _converse_beside_page(settings: Settings, desks: Desks) -> None:
    """Hold a conversation, and serve the page meanwhile, if that is possible."""
    from bot import preview, terminal

    with ExitStack() as stack:
        try:
            address = stack.enter_context(preview.serve_in_thread(settings, desks))
            click.echo(f"To see what members will see, open {address} in a browser.", err=True)
        except (LdnBotError, OSError):
            click.echo("The page cannot be served. `ldn-bot preview` says why.", err=True)
        terminal.converse(desks, sys.stdin, sys.stdout)


def _serve_page(settings: Settings, desks: Desks, port: int | None = None) -> None:
    from bot import preview
    from bot.logs import configure

    def say(address: str) -> None:
        how_to_end = " Ctrl-C ends it." if sys.stdout.isatty() else ""
        click.echo(f"To see what members will see, open {address} in a browser.{how_to_end}")

    configure(settings.log_level, settings.log_format)
    asyncio.run(preview.serve_page(settings, desks, port, say))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _json_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _fail(sentence: str, status: int = 1) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(status)
