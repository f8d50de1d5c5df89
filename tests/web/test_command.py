"""`ldn-bot preview`, and the page of `ldn-bot` without tokens, as processes."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.bot.on_terminal import on_a_terminal
from tests.shipped import FORMS

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(rb"open (http://127\.0\.0\.1:\d+/) in a browser")


def environment(documents: Path, data_folder: Path, temporary: Path) -> dict[str, str]:
    """That of a command which writes nowhere but into these folders."""
    temporary.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(temporary.parent),
        "TMPDIR": str(temporary),
        "LDN_DATA": str(data_folder),
        "LDN_DOCUMENTS": str(documents),
        "PYTHONPATH": str(ROOT),
        "TERM": "dumb",
    }


def page_at(address: str) -> str:
    with urlopen(address, timeout=20) as answer:
        return str(answer.read().decode())


@pytest.mark.long
@pytest.mark.parametrize("arguments", [["preview"], ["run"], []])
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_without_tokens_and_a_terminal_the_page_is_served_until_a_signal(
    arguments: list[str], sign: signal.Signals, documents: Path, data_folder: Path, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=tmp_path,
        env=environment(documents, data_folder, temporary),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    said = await asyncio.wait_for(process.stdout.readline(), 60)
    found = ADDRESS.search(said)
    assert found is not None
    html = await asyncio.to_thread(page_at, found[1].decode())
    assert "What members will see" in html
    process.send_signal(sign)
    assert await asyncio.wait_for(process.wait(), 20) == 0
    assert list(temporary.iterdir()) == []


def test_on_a_terminal_the_page_stands_beside_the_conversation(
    documents: Path, data_folder: Path, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    with on_a_terminal(tmp_path, environment(documents, data_folder, temporary)) as terminal:
        while not (found := ADDRESS.search(terminal.shown)) or b"exit" not in terminal.shown:
            terminal.read()
        assert "What members will see" in page_at(found[1].decode())
        terminal.type(b"forms\nexit\n")
        assert terminal.ended() == 0
    assert FORMS.encode() in terminal.shown
    assert list(temporary.iterdir()) == []


def test_lines_from_a_pipe_are_answered_and_that_is_all(
    documents: Path, data_folder: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot"],
        cwd=tmp_path,
        env=environment(documents, data_folder, tmp_path / "temporary"),
        input=b"forms\n",
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert b"It is delivered by capsule" in done.stdout
    assert ADDRESS.search(done.stdout + done.stderr) is None


@pytest.mark.parametrize("port", ["0", "70000", "first"])
def test_a_wrong_port_is_a_wrong_call(
    port: str, documents: Path, data_folder: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "preview", "--port", port],
        cwd=tmp_path,
        env=environment(documents, data_folder, tmp_path / "temporary"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
