"""What a reload makes of a process that learns and fails."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

from bot import bootstrap
from bot.settings import Settings
from knowledge import opening
from knowledge.errors import LearningError
from tests.documents import write_document

FAILS = "raise ValueError('need at least one array')"
IS_KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "documents"
    write_document(folder)
    return Settings.load({"LDN_DOCUMENTS": str(folder), "LDN_DATA": str(tmp_path / "data")})


def learn_with(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    for module in (bootstrap, opening):
        monkeypatch.setattr(module, "learning_command", lambda *_: [sys.executable, "-c", code])


async def test_learning_that_fails_is_one_line_of_the_log_and_done_here(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    learn_with(monkeypatch, FAILS)
    desks = await bootstrap.rebuild_desks(settings)
    assert desks["garden"].ask("frost").topic == "winter"
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("the process that learns the documents failed")
    assert capfd.readouterr().err == ""


async def test_learning_that_is_killed_is_not_done_where_questions_are_answered(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn_with(monkeypatch, IS_KILLED)
    with pytest.raises(LearningError, match=r"was ended by signal 9\..* the memory is full"):
        await bootstrap.rebuild_desks(settings)
    with pytest.raises(LearningError):
        bootstrap.build_desks(settings)
