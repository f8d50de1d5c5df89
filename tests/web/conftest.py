"""The page, served as `ldn-bot preview` serves it, and a browser to look at it.

The tests of a module share one event loop, because they share one browser.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import yaml
from playwright.async_api import Browser, Page, async_playwright

from bot import preview
from bot.documents import rebuild_desks
from bot.settings import Settings
from knowledge.desk import Desks
from knowledge.documents import SHIPPED
from tests.documents import CRISIS
from tests.standins.requirements import need

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
WHY_NOT = "no chromium in PATH (Debian: apt-get install chromium)"

QUESTIONS = {
    "forms": ["is it tablets or drops?", "can i get it as a liquid", "is there an injection"],
    "mechanism": ["how does it work", "what does it do in the body"],
    "mechanism.inflammation": ["does it help with inflammation", "is it good against swelling"],
    "overview": ["what is ldn", "tell me about ldn"],
}
"""Enough for a search that is learned in a moment."""


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """The shipped article, with little to learn, to be changed."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for name in ("ldn.yaml", "ldn.source.txt"):
        shutil.copyfile(SHIPPED / name, folder / name)
    written = {"ldn.questions.yaml": {"sections": QUESTIONS}, "crisis.yaml": CRISIS}
    for name, content in written.items():
        (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


@pytest.fixture
def settings(documents: Path, data_folder: Path) -> Settings:
    """What is learned is kept for the other tests of the run."""
    return Settings.load({"LDN_DOCUMENTS": str(documents), "LDN_DATA": str(data_folder)})


@pytest_asyncio.fixture(loop_scope="module")
async def address(settings: Settings) -> AsyncIterator[str]:
    """The page's address, while it is served."""
    desks = Desks(await rebuild_desks(settings))
    async with preview.open_page(settings, desks, port=0) as address:
        yield address


@pytest_asyncio.fixture(loop_scope="module")
async def shipped_address(data_folder: Path, desks: Desks) -> AsyncIterator[str]:
    """The page with the shipped folder; `desks` has learned it already."""
    settings = Settings.load({"LDN_DATA": str(data_folder)})
    async with preview.open_page(settings, desks, port=0) as address:
        yield address


@pytest_asyncio.fixture(loop_scope="module")
async def http(address: str) -> AsyncIterator[aiohttp.ClientSession]:
    """What talks to the page without a browser."""
    async with aiohttp.ClientSession(address, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium, without a window."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    need("chromium", found is not None, WHY_NOT)
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, address: str) -> AsyncIterator[Page]:
    """The page, opened; a fault of its script, or something that its policy stops, fails a test."""
    context = await browser.new_context(
        viewport={"width": 1180, "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    opened = await context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    await opened.goto(address)
    yield opened
    await context.close()
    assert faults == []
