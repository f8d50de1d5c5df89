"""The bot on a terminal: one answer, a conversation, or a question a line from a pipe."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterator
from contextlib import suppress
from typing import TextIO

from adapters import text as plain_text
from bot.settings import Settings
from knowledge.answer import Answer
from knowledge.desk import Desks

READABLE_WIDTH = 88
_LEAVE = frozenset({"exit", "quit", "/exit", "/quit", "bye", ":q"})


def find(desks: Desks, typed: str) -> Answer:
    """The answer to a typed line: a question, or a document's command and a question."""
    command, _, question = typed.strip().partition(" ")
    if command.startswith("/") and command[1:] in desks:
        return desks[command[1:]].ask(question)
    return desks.first.ask(typed)


def reply(desks: Desks, typed: str, out: TextIO, *, as_json: bool = False) -> Answer:
    """Print the answer to what was typed, and return it."""
    answer = find(desks, typed)
    if as_json:
        text = json.dumps(answer.to_json(), ensure_ascii=False)
    else:
        text = plain_text.render(answer)
        text = _wrapped(text) if out.isatty() else text
    print(text, file=out, flush=True)
    return answer


def converse(desks: Desks, lines: TextIO, out: TextIO, *, as_json: bool = False) -> bool:
    """Answer one line after another until the input ends; returns whether there was any."""
    typed = False
    if not lines.isatty():
        for line in lines:
            typed = True
            reply(desks, line.rstrip("\n"), out, as_json=as_json)
            if not as_json:
                print(file=out)
        return typed
    print(_wrapped(_greeting(desks)), file=out)
    # Arrow keys and a history of this conversation, kept in memory alone.
    with suppress(ImportError):
        import readline  # noqa: F401 - its import is what switches them on
    for line in _typed(desks):
        typed = True
        print(file=out)
        answer = reply(desks, line, out, as_json=as_json)
        steps = "" if as_json else plain_text.next_steps(answer)
        print(f"\n{steps}\n" if steps else "", file=out)
    return typed


def how_to_connect(settings: Settings) -> Iterator[str]:
    """A line for each platform that is not connected, saying how to connect it."""
    if not settings.discord_token:
        yield "Discord is off. To connect it, set DISCORD_TOKEN (README, “Connect Discord”)."
    if settings.slack_gap:
        yield f"Slack is off: {settings.slack_gap} is missing. Set it (README, “Connect Slack”)."
    elif not settings.slack:
        yield (
            "Slack is off. To connect it, set SLACK_BOT_TOKEN and SLACK_APP_TOKEN "
            "(README, “Connect Slack”)."
        )


def _wrapped(text: str) -> str:
    """Text wrapped between words, to the terminal's width, at most `READABLE_WIDTH`."""
    width = min(shutil.get_terminal_size().columns, READABLE_WIDTH)
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )


def _greeting(desks: Desks) -> str:
    commands = ", ".join(f"/{command}" for command in desks)
    title = desks.first.document.title
    return (
        f"\nHello. This is what members see when they type {commands}.\n"
        f"Ask about {title} in your own words; an empty line shows the topics, "
        "“exit” leaves.\n"
    )


def _typed(desks: Desks) -> Iterator[str]:
    prompt = f"/{desks.first.document.command} "
    while True:
        try:
            line = input(prompt)
        except (EOFError, KeyboardInterrupt):
            print()
            return
        if line.strip().casefold() in _LEAVE:
            return
        yield line
