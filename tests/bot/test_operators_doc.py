"""docs/operators.md tells what each line of the log means."""

from __future__ import annotations

import ast
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from bot.health import CannotListenError, Health
from bot.settings import Settings
from knowledge.desk import Desks
from knowledge.errors import SettingsError

ROOT = Path(__file__).parents[2]
PACKAGES = ("adapters", "bot", "knowledge")
LEVELS = ("info", "warning", "error", "exception", "critical")

ELSEWHERE = {
    "No platform is left to serve, so the bot has stopped.",  # the command line's last words
    "The bot cannot listen on …, port …",  # the same, of `bot.health`
    "discord.http, request, line 740",  # as `bot.logs` makes them of what libraries say
}
"""What an operator sees that no `log` of ours says."""


def sentences() -> set[str]:
    """Whatever our modules log, as the document has it. Debugging is not for operators."""
    said = set()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            said |= {as_documented(text) for text in logged(tree)}
    return said - {"…"}  # an error in words of its own; those that end a platform are in here


def logged(tree: ast.Module) -> Iterator[str]:
    """The texts that a module logs, or raises for a platform to end with; … for each value."""
    constants = {
        name.id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for name in statement.targets
        if isinstance(name, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Attribute(ast.Name("log"), level), arguments) if level in LEVELS:
                yield re.sub(r"%[sdr]", "…", text_of(arguments[0], constants))
            case ast.Call(ast.Name("PlatformError"), [argument]):
                yield text_of(argument, constants)


def text_of(node: ast.expr, constants: dict[str, ast.expr]) -> str:
    """What an expression of our code says, with … for each value in it."""
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(parts):
            return "".join(text_of(part, constants) for part in parts)
        case ast.FormattedValue():
            return "…"
        case ast.Name(name) if name in constants:
            return text_of(constants[name], constants)
    raise AssertionError(f"cannot tell what this says: {ast.unparse(node)}")


def as_documented(text: str) -> str:
    """The first sentence, without what stands in brackets or after a colon at its end."""
    return re.split(r"\. |\.$|:\s…$| \(…\)", text)[0]


def documented() -> set[str]:
    """Whatever the table tells the meaning of."""
    guide = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    [section] = re.findall(r"^## What the log says\n(.*?)^## ", guide, re.MULTILINE | re.DOTALL)
    cells = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    return {text for cell in cells for text in re.findall(r"`(.+?)`", cell)}


def test_an_operator_finds_every_line_of_the_log() -> None:
    assert sentences() - documented() == set()


def test_no_line_is_explained_that_the_log_does_not_have() -> None:
    assert documented() - sentences() == ELSEWHERE


def test_a_wrong_setting_is_told_as_the_document_shows_it() -> None:
    guide = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    [(variable, value, sentence)] = re.findall(
        r"^\$ (LDN_\w+)=(\w+) ldn-bot run\n(.+)\n```$", guide, re.MULTILINE
    )
    with pytest.raises(SettingsError) as caught:
        Settings.load({variable: value})
    assert str(caught.value) == sentence


async def test_a_health_port_that_is_taken_is_told_as_the_document_has_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host, port = taken.getsockname()
        health = Health(host, port, Desks([]), AsyncMock())
        with pytest.raises(CannotListenError) as caught:
            async with health.listening(dict):
                pass
    told, _, _ = str(caught.value).replace(f"{host}, port {port}", "…, port …").partition(" (")
    assert told in documented()


def test_a_line_is_known_by_its_fixed_words() -> None:
    module = ast.parse(
        "WHY = 'Nothing works. Mend it.'\n"
        "def f():\n"
        "    log.debug('nothing for operators')\n"
        "    log.warning('%d things of %s broke (%s)', 1, 2, 3)\n"
        "    log.exception('it broke:\\n%s', 1)\n"
        "    log.error(WHY)\n"
        "    raise PlatformError(f'{who} refuses {what}. Copy it.')\n"
    )
    assert {as_documented(text) for text in logged(module)} == {
        "… things of … broke",
        "it broke",
        "Nothing works",
        "… refuses …",
    }
