"""The commands that are registered with Discord, for documents whose own are as long as may be."""

from __future__ import annotations

from pathlib import Path

from adapters.discord.commands import commands_payload
from tests.contracts import discord as contract
from tests.documents import open_folder, write_document

LONGEST = "lawn-and-borders-of-gardens"
"""A command of a document, with as many characters as one may have."""


async def test_long_commands_that_begin_alike_are_registered_within_discords_limits(
    tmp_path: Path,
) -> None:
    commands = {LONGEST, f"{LONGEST[:-1]}z"}
    for command in commands:
        write_document(tmp_path, command=command, title="T" * 75)
    payload = await commands_payload(open_folder(tmp_path))
    assert [str(problem) for problem in contract.commands(payload)] == []
    assert {each["name"] for each in payload} == {
        *commands,
        *(f"{command}-mod" for command in commands),
        "Answer with LAWN-AND-BORDERS-OF…",
    }
