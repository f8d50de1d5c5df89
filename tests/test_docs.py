"""The documents for people: every link leads somewhere, and what they name is there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def links(page: Path) -> list[tuple[Path, str]]:
    """Where a page leads to in this repository: the file, and the anchor in it."""
    found = []
    for address in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        path, _, anchor = address.partition("#")
        if "://" not in path:
            found.append(((page.parent / path).resolve() if path else page, anchor))
    return found


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for file, anchor in links(page):
        assert file.exists(), file
        assert not anchor or anchor in anchors(file), f"{file.name}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_by_its_path_exists(page: Path) -> None:
    named = set(
        re.findall(r"`((?:adapters|bot|docs|knowledge|packaging|tests)/[\w./-]+)`", prose(page))
    )
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, new = {README}, [README]
    while new:
        onwards = {file for file, _ in links(new.pop()) if file in PAGES} - reached
        reached |= onwards
        new += onwards
    assert reached == set(PAGES)


def test_the_decisions_say_why_each_library_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["test"],
    ]
    names = {re.split(r"[\[<>=,]", each)[0].casefold() for each in wanted}
    told = re.findall(r"\*\*(.+?)\.?\*\*", prose(ROOT / "docs" / "decisions.md").casefold())
    assert names - set(told) == set()


def row_of(package: Path) -> str:
    """What the architecture says of a package's own modules: others may have the same names."""
    page = prose(ROOT / "docs" / "architecture.md")
    top, *below = package.relative_to(ROOT).parts
    part = page.partition(f"**`{top}/`**")[2].partition("**`")[0]
    rows = {row.partition("/`")[0]: row for row in part.splitlines() if re.match(r"\| `\w+/`", row)}
    if below:
        return rows[f"| `{below[0]}"]
    return "".join(row for row in part.splitlines() if row not in rows.values())


def test_the_architecture_names_every_module_where_it_tells_of_its_package() -> None:
    modules = [
        path
        for package in ("adapters", "bot", "knowledge")
        for path in sorted((ROOT / package).rglob("*.py"))
        if not path.stem.startswith("__")
        # They are one line there.
        and not {"database", "documents", "migrations"} & set(path.parts[len(ROOT.parts) :])
    ]
    assert len(modules) > 80
    assert [str(path) for path in modules if f"`{path.stem}`" not in row_of(path.parent)] == []


def test_every_benchmark_is_in_the_table() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    commands = {
        path.stem
        for path in (ROOT / "tests" / "benchmarks").glob("*.py")
        if f"\n    python -m tests.benchmarks.{path.stem}" in path.read_text(encoding="utf-8")
    } - {"floors"}  # which the benchmark of latency starts
    assert len(commands) > 5
    assert set(re.findall(r"^\| `python -m tests\.benchmarks\.(\w+)` \|", page, re.M)) == commands


def test_the_conversation_that_is_shown_to_contributors_is_one_of_the_tests() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"^```python\n(.+?)^```$", page, re.MULTILINE | re.DOTALL)
    conversations = (ROOT / "tests" / "conversations").glob("test_*.py")
    assert any(shown in path.read_text(encoding="utf-8") for path in conversations)


def ways_to_run_some_tests() -> list[str]:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.findall(r"^(?:LDN_\w+=\S+ )*\.venv/bin/pytest ((?:.* )?tests/[^#\n]+)", page, re.M)
    assert found
    return found


@pytest.mark.long
@pytest.mark.parametrize("arguments", ways_to_run_some_tests())
def test_each_way_to_run_some_tests_finds_them(arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *shlex.split(arguments), "-n0", "--collect-only", "-q"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-500:]
