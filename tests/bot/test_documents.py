"""What a reload makes of a process that learns and fails, and of what is saved meanwhile; what it
lets go of.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import pytest

from adapters import text as plain_text
from adapters.discord import render as discord_render
from adapters.slack import render as slack_render
from bot import bootstrap, documents
from bot.settings import Settings
from knowledge import markup, opening
from knowledge.desk import Desks
from knowledge.errors import LearningError
from tests.bot.users import NOBODY, unwritable
from tests.documents import write_document

FAILS = "raise ValueError('need at least one array')"
IS_KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
HAS_STARTED_ANOTHER = "import subprocess; subprocess.Popen(['sleep', '3600'])\n" + IS_KILLED


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "documents"
    write_document(folder)
    return Settings.load({"LDN_DOCUMENTS": str(folder), "LDN_DATA": str(tmp_path / "data")})


def learn_with(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(opening, "learning_command", lambda *_: [sys.executable, "-c", code])


async def test_learning_that_fails_is_one_line_of_the_log_and_done_here(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    learn_with(monkeypatch, FAILS)
    [desk] = await documents.rebuild_desks(settings)
    assert desk.ask("frost").topic == "winter"
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("the process that learns the documents failed")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("code", [IS_KILLED, HAS_STARTED_ANOTHER])
async def test_learning_that_is_killed_is_not_done_where_questions_are_answered(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    learn_with(monkeypatch, code)
    with pytest.raises(LearningError, match=r"was ended by signal 9\..* the memory is full"):
        await documents.rebuild_desks(settings)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can give files away")
def test_what_a_command_of_roots_has_learned_belongs_to_whom_the_data_folder_belongs(
    settings: Settings,
) -> None:
    """Otherwise the service can neither read nor replace it, and learns at every start."""
    settings.data.mkdir()
    os.chown(settings.data, NOBODY, NOBODY)
    documents.build_desks(settings)
    made = list(settings.data.rglob("*"))
    assert settings.data / "models" in made
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(NOBODY, NOBODY)}


async def test_what_was_learned_is_used_though_nothing_can_be_written(
    public: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_document(public / "documents")
    settings = Settings(documents=public / "documents", data=public / "data")
    await documents.rebuild_desks(settings)
    monkeypatch.delattr(opening, "learning_command")
    monkeypatch.delattr(documents, "learn_in_process")
    with unwritable(settings.data):
        [desk] = await documents.rebuild_desks(settings)
    assert desk.ask("frost").topic == "winter"
    [record] = caplog.records
    assert record.getMessage().startswith(f"Nothing can be written to {settings.data}, so what is")


async def test_what_cannot_be_kept_is_learned_all_the_same(public: Path) -> None:
    write_document(public / "documents")
    settings = Settings(documents=public / "documents", data=public / "data")
    settings.data.mkdir()
    with unwritable(settings.data):
        [desk] = await documents.rebuild_desks(settings)
    assert desk.ask("frost").topic == "winter"
    assert list(settings.data.iterdir()) == []


def test_nothing_is_kept_that_was_rendered_of_documents_which_are_not_served_any_more(
    desks: Desks,
) -> None:
    answer = desks.first.ask("forms")
    for render in bootstrap.renderers().values():
        render(answer)
    kept = {
        f"{module.__name__}.{name}": made
        for module in (plain_text, discord_render, slack_render, markup)
        for name, made in vars(module).items()
        if hasattr(made, "cache_info") and made.__module__ == module.__name__
    }
    assert [name for name, made in kept.items() if not made.cache_info().currsize] == []
    documents.clear_render_caches()
    assert [name for name, made in kept.items() if made.cache_info().currsize] == []


@pytest.mark.long
async def test_what_is_saved_while_it_is_learned_is_learned_by_a_process_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = settings.documents / "garden.yaml"
    earlier = path.read_text(encoding="utf-8")
    later = earlier.replace("title: Watering", "title: Morning dew")
    command_for, saves = opening.learning_command, [later]

    def while_it_is_saved(folder: Path, cache: Path, name: str) -> list[str]:
        for text in saves:
            path.write_text(text, encoding="utf-8")
        saves.clear()
        return command_for(folder, cache, name)

    monkeypatch.setattr(opening, "learning_command", while_it_is_saved)
    monkeypatch.delattr(opening, "learn_in_process")
    [desk] = await documents.rebuild_desks(settings)
    assert desk.ask("water").heading == "Morning dew"

    path.write_text(earlier, encoding="utf-8")
    [desk] = await documents.rebuild_desks(settings)
    assert desk.ask("water").heading == "Watering", "each is kept under its own name"
