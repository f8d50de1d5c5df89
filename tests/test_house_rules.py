"""Rules of the house that no single module can keep: which way imports run, what is committed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter import cli as import_linter

ROOT = Path(__file__).parents[1]


def test_imports_run_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    # It would silence every logger that other tests of this process listen to.
    monkeypatch.setattr("logging.config.dictConfig", lambda _: None)
    status = import_linter.lint_imports(
        config_filename=str(ROOT / "pyproject.toml"), no_cache=True, is_debug_mode=True
    )
    assert status == import_linter.EXIT_STATUS_SUCCESS


LIGHT = {
    "knowledge.loader": ["discord", "slack_sdk", "slack_bolt", "aiohttp", "sqlalchemy"],
    "adapters.text": ["discord", "slack_sdk", "slack_bolt", "aiohttp"],
    "adapters.slack.render": ["discord"],
    "adapters.discord.render": ["slack_sdk", "slack_bolt"],
    "bot.cli": ["discord", "slack_sdk", "slack_bolt", "aiohttp", "numpy", "yaml"],
    "bot.lazy": ["sqlalchemy"],
    "bot.serve": ["discord", "slack_sdk", "slack_bolt", "aiohttp.web", "prometheus_client"],
    "bot.terminal": ["discord", "slack_sdk", "slack_bolt", "aiohttp"],
}
"""What is not needed to answer on one surface is not imported for it."""


@pytest.mark.parametrize("module", LIGHT)
def test_a_module_brings_only_what_it_needs(module: str) -> None:
    program = f"import sys, {module}; print(*(n for n in {LIGHT[module]!r} if n in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == []


def committed() -> list[Path]:
    """Every file that git keeps, or would; where there is no git, every file of the packages."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        listed = subprocess.run(
            [git, "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        files = [ROOT / name for name in listed.stdout.splitlines()]
    else:
        folders = ("adapters", "bot", "docs", "knowledge", "tests")
        files = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    return [path for path in files if path.is_file() and "__pycache__" not in path.parts]


# Written in two pieces, for this file is committed as well.
REGISTRIES = [
    "pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "npmjs" + ".com",
    "crates" + ".io", "rubygems" + ".org", "jfrog" + ".io", "artif" + "actory", "devpi" + ".net",
    "anaconda" + ".org", "proxy.golang" + ".org", "index" + "-url",
]  # fmt: skip


def test_no_committed_file_names_a_package_registry() -> None:
    registry = re.compile("|".join(map(re.escape, REGISTRIES)), re.IGNORECASE)
    naming = []
    for path in committed():
        text = path.read_bytes().decode("utf-8", "replace")
        naming += [f"{path.relative_to(ROOT)}: {found[0]}" for found in registry.finditer(text)]
    assert naming == []


def test_committed_text_is_utf_8_with_plain_line_ends() -> None:
    wrong = []
    for path in committed():
        content = path.read_bytes()
        if b"\0" in content:
            continue  # not text
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            wrong.append(f"{path.relative_to(ROOT)} is not UTF-8")
        if b"\r\n" in content:
            wrong.append(f"{path.relative_to(ROOT)} has line ends of another system")
    assert wrong == []


@pytest.mark.parametrize("name", ["LICENSE", "knowledge/documents/LICENSE-article.md"])
def test_code_and_article_each_carry_their_terms(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8").strip()
