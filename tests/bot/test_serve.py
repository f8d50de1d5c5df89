"""What keeps posts true while the bot serves goes on, whatever fails once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import attrs
import pytest
import tenacity
from sqlalchemy import select

from adapters.database.engine import open_database
from adapters.database.errors import StoreError
from adapters.database.posts import SqlPostStore
from adapters.database.tables import tallies
from adapters.slack import render as slack_render
from adapters.slack.socket_mode import SlackSocketAdapter
from bot import documents, serve
from bot.settings import Settings
from knowledge import publishing
from knowledge.errors import DocumentError, PlatformError
from knowledge.keeper import PostKeeper
from knowledge.posts import Platform
from knowledge.publishing import STORE_AWAY
from tests.bot.folders import change_credit, sections, small_folder
from tests.conversations.on_slack import ask_to_share, share
from tests.conversations.seeding import Seed, seed
from tests.shipped import FORMS
from tests.standins.base import UnansweredError
from tests.standins.slack import SlackStandIn, not_ok, server_error

pytestmark = pytest.mark.usefixtures("collector_as_it_was")


@pytest.fixture
def settings(tmp_path: Path, slack_standin: SlackStandIn) -> Settings:
    """Slack alone: it connects at once."""
    return Settings.load(
        {
            "SLACK_BOT_TOKEN": slack_standin.bot_token,
            "SLACK_APP_TOKEN": slack_standin.app_token,
            "LDN_SLACK_API_URL": slack_standin.api_url,
            "LDN_DOCUMENTS": str(small_folder(tmp_path / "documents")),
            "LDN_DATA": str(tmp_path / "data"),
        }
    )


async def posted(settings: Settings, slack: SlackStandIn) -> Seed:
    """One post, as of the documents as they are."""
    database = await open_database(None, settings.data)
    [post] = await seed(database, sections(settings.documents), slack, channels=1, each=1)
    await database.close()
    return post


@asynccontextmanager
async def serving(settings: Settings, slack: SlackStandIn) -> AsyncIterator[serve.Service]:
    """Everything that `ldn-bot run` runs."""
    service = serve.Service(settings)
    task = asyncio.create_task(service.run())
    await slack.connected(timeout=30)
    try:
        yield service
    finally:
        task.cancel()
        await asyncio.wait([task])


def failing_once(working: Callable[..., Any]) -> Callable[..., Any]:
    """A function that fails the first time, in a way that nobody has thought of."""
    calls = 0

    def call(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("nobody has thought of this")
        return working(*arguments)

    return call


@pytest.mark.long
async def test_a_post_that_the_platform_did_not_answer_for_is_edited_a_while_later(
    settings: Settings, slack_standin: SlackStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "TRY_AGAIN_AFTER", 0.1)
    monkeypatch.setattr(publishing, "LONGEST_WAIT", 0.01)
    post = await posted(settings, slack_standin)
    change_credit(settings.documents)
    slack_standin.faults.add(server_error(), route="chat.update", times=publishing.ATTEMPTS + 1)
    async with serving(settings, slack_standin):
        await slack_standin.until(lambda: post.edits, "the edit", timeout=30)
    assert slack_standin.faults.waiting == 0
    assert post.edits == 1


@pytest.mark.long
async def test_a_post_that_was_refused_is_edited_once_that_is_allowed_again(
    settings: Settings, slack_standin: SlackStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "REFUSED_AGAIN_AFTER", 0.1)
    post = await posted(settings, slack_standin)
    change_credit(settings.documents)
    slack_standin.faults.add(not_ok("is_archived"), route="chat.update")
    async with serving(settings, slack_standin):
        await slack_standin.until(lambda: post.edits, "the edit", timeout=30)
    assert slack_standin.faults.waiting == 0


@pytest.mark.long
async def test_what_a_moderators_change_left_open_is_done_a_while_later(
    settings: Settings, slack_standin: SlackStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "UNFINISHED_AGAIN_AFTER", 0.1)
    monkeypatch.setattr(publishing, "LONGEST_WAIT", 0.01)
    post = await posted(settings, slack_standin)
    async with serving(settings, slack_standin):
        await slack_standin.until(
            lambda: any(call.route == "pins.list" for call in slack_standin.requests),
            "the look at the start",
            timeout=30,
        )
        slack_standin.faults.add(server_error(), route="chat.update", times=publishing.ATTEMPTS)
        moderator = slack_standin.moderator
        await slack_standin.command("/ldn-mod", "settings plain=on", user=moderator)
        await slack_standin.until(lambda: post.edits, "the edit", timeout=30)


async def test_of_several_times_to_look_again_the_soonest_counts_and_no_other(
    settings: Settings,
) -> None:
    service = serve.Service(settings)
    requested = service._refresh_requested[Platform.SLACK]
    for after in (3600, 0, 7200):
        service._refresh_after(Platform.SLACK, after)
    await asyncio.wait_for(requested.wait(), 10)
    service._refresh_after(Platform.SLACK, 3600)
    due = service._due[Platform.SLACK]
    service._refresh_after(Platform.SLACK, 7200)
    assert service._due[Platform.SLACK] is due
    due.cancel()


@pytest.mark.long
async def test_a_refresh_that_breaks_is_made_again_a_while_later(
    settings: Settings, slack_standin: SlackStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "TRY_AGAIN_AFTER", 0.1)
    post = await posted(settings, slack_standin)
    change_credit(settings.documents)
    breaking = failing_once(PostKeeper.refresh)
    monkeypatch.setattr(PostKeeper, "refresh", breaking)
    async with serving(settings, slack_standin):
        await slack_standin.until(lambda: post.edits, "the edit", timeout=30)


@pytest.mark.long
async def test_what_was_posted_while_the_store_failed_is_recorded_a_while_later(
    settings: Settings, slack_standin: SlackStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "UNFINISHED_AGAIN_AFTER", 0.1)
    recording = SqlPostStore.record
    full = AsyncMock(side_effect=StoreError("The disk is full."))
    monkeypatch.setattr(SqlPostStore, "record", full)
    async with serving(settings, slack_standin):
        said = await share(slack_standin)
        assert STORE_AWAY in said.text
        [message] = slack_standin.channels.posts()
        monkeypatch.setattr(SqlPostStore, "record", recording)
        change_credit(settings.documents)
        await slack_standin.until(lambda: message.edits, "the edit", timeout=30)
    assert slack_standin.channels.posts() == [message]


@pytest.mark.parametrize("waits", [False, pytest.param(True, marks=pytest.mark.long)])
async def test_what_was_posted_while_the_store_failed_is_recorded_when_the_bot_is_stopped(
    settings: Settings,
    slack_standin: SlackStandIn,
    monkeypatch: pytest.MonkeyPatch,
    waits: bool,
) -> None:
    recording, away = SqlPostStore.record, asyncio.Event()

    async def fail(*_: Any) -> None:
        away.set()
        if waits:
            await asyncio.Event().wait()
        raise StoreError("The disk is full.")

    monkeypatch.setattr(SqlPostStore, "record", fail)
    slack_standin.answer_timeout = 0.5
    async with serving(settings, slack_standin):
        preview = await ask_to_share(slack_standin)
        with suppress(UnansweredError):
            await slack_standin.press(preview, preview.labels["Post"])
        await away.wait()
        monkeypatch.setattr(SqlPostStore, "record", recording)
    [message] = slack_standin.channels.posts()
    database = await open_database(None, settings.data)
    [post] = await SqlPostStore(database).all()
    await database.close()
    assert post.message == message.ts


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (StoreError("The disk is full."), "The disk is full."),
        (TimeoutError(), "the store does not"),
    ],
)
async def test_a_post_that_cannot_be_recorded_before_the_end_is_told(
    fault: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = AsyncMock(spec=PostKeeper)
    keeper.record_pending.side_effect = fault
    await serve._record_pending(keeper)
    assert f"what was posted could not be recorded: {said}" in caplog.text


@pytest.mark.long
async def test_what_was_counted_since_the_start_is_kept_though_a_database_has_to_be_made_first(
    settings: Settings, slack_standin: SlackStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "FLUSH_TIMEOUT", 0.01)  # in which no database can be made
    monkeypatch.setattr(serve, "FIRST_FLUSH_TIMEOUT", 30)
    async with serving(settings, slack_standin):
        await slack_standin.command("/ldn", "forms")
    database = await open_database(None, settings.data)
    [row] = await database.read(select(tallies))
    await database.close()
    assert (row.topic, row.count) == ("forms", 1)


async def test_started_while_the_documents_have_a_fault_the_bot_serves_the_last_good_ones(
    settings: Settings,
    slack_standin: SlackStandIn,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = settings.documents / "ldn.yaml"
    text = written.read_text(encoding="utf-8")
    await documents.rebuild_desks(settings)
    written.write_text(text[: len(text) // 2], encoding="utf-8")
    async with serving(settings, slack_standin) as service:
        assert FORMS in (await slack_standin.command("/ldn", "forms")).text
        assert "the documents are not taken, the last good ones serve on" in caplog.text
        assert service._desks.reload_error
        written.write_text(text, encoding="utf-8")
        mended = "the documents that were mended"
        await slack_standin.until(lambda: not service._desks.reload_error, mended, timeout=30)

    # Neither those of another folder, nor of another version.
    written.write_text(text[: len(text) // 2], encoding="utf-8")
    other = settings.documents.with_name("other")
    shutil.copytree(settings.documents, other)
    with pytest.raises(DocumentError):
        await serve.Service(attrs.evolve(settings, documents=other)).run()
    monkeypatch.setattr(documents, "code_fingerprint", lambda: "of another version")
    with pytest.raises(DocumentError):
        await serve.Service(settings).run()


@pytest.mark.long
async def test_after_a_reload_that_broke_the_next_one_is_taken(
    settings: Settings, slack_standin: SlackStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = await posted(settings, slack_standin)
    async with serving(settings, slack_standin) as service:
        breaking = failing_once(documents.rebuild_desks)
        monkeypatch.setattr(documents, "rebuild_desks", breaking)
        service.reload_requested.set()
        await slack_standin.until(lambda: not service.reload_requested.is_set(), "a reload")
        change_credit(settings.documents)
        await slack_standin.until(lambda: post.edits, "the edit", timeout=30)


@pytest.mark.long
async def test_a_link_that_is_switched_and_a_folder_that_is_made_anew_are_followed(
    settings: Settings, slack_standin: SlackStandIn
) -> None:
    documents = settings.documents
    first, second = (documents.with_name(name) for name in ("first", "second"))
    documents.rename(first)
    shutil.copytree(first, second)
    documents.symlink_to(first.name)
    post = await posted(settings, slack_standin)
    async with serving(settings, slack_standin) as service:
        change_credit(second, "Switched.")
        switched = documents.with_name("switched")
        switched.symlink_to(second.name)
        switched.replace(documents)
        await slack_standin.until(lambda: post.edits == 1, "the edit", timeout=30)

        second.rename(second.with_name("away"))
        gone = "what is wrong with a folder that is gone"
        await slack_standin.until(lambda: service._desks.reload_error, gone, timeout=30)
        shutil.copytree(second.with_name("away"), second)
        made_anew = "the folder that was made anew"
        await slack_standin.until(lambda: not service._desks.reload_error, made_anew, timeout=30)

        change_credit(second, "Edited.")
        await slack_standin.until(lambda: post.edits == 2, "the second edit", timeout=30)
    assert post.says(sections(documents)["overview"])


@pytest.mark.long
async def test_after_a_reload_nothing_is_kept_that_was_made_of_the_documents_before(
    settings: Settings, slack_standin: SlackStandIn
) -> None:
    post = await posted(settings, slack_standin)
    old = sections(settings.documents)["overview"]
    async with serving(settings, slack_standin):
        slack_render.render(old)
        change_credit(settings.documents)
        await slack_standin.until(lambda: post.edits, "the edit", timeout=30)
        missed = slack_render.render.cache_info().misses
        slack_render.render(old)
        assert slack_render.render.cache_info().misses == missed + 1


@pytest.mark.long
async def test_a_platform_that_cannot_be_told_of_new_documents_has_its_posts_edited(
    settings: Settings, slack_standin: SlackStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = await posted(settings, slack_standin)
    breaking = failing_once(SlackSocketAdapter.documents_changed)
    monkeypatch.setattr(SlackSocketAdapter, "documents_changed", breaking)
    async with serving(settings, slack_standin):
        for edits, words in ((1, "Once."), (2, "Twice.")):
            change_credit(settings.documents, words)
            await slack_standin.until(lambda: post.edits >= edits, f"{edits} edits", timeout=30)  # noqa: B023
    assert post.says(sections(settings.documents)["overview"])


async def test_a_platform_that_broke_after_it_ran_well_is_soon_tried_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By nothing but its own clock: an adapter that only lasts, and breaks."""
    attempts: list[int] = []
    lasts = iter((0.0, 0.0, 0.0, 0.2, 0.0))

    class Adapter:
        async def run(self) -> None:
            if (seconds := next(lasts, None)) is None:
                raise PlatformError("Refused.")
            await asyncio.sleep(seconds)
            raise ConnectionError

    def refused(_: Any, __: Platform, state: tenacity.RetryCallState) -> None:
        attempts.append(state.attempt_number)

    monkeypatch.setattr(serve, "WELL_AFTER", 0.1)
    monkeypatch.setattr(serve, "LONGEST_WAIT", 0.01)
    monkeypatch.setattr(serve.Service, "_report", refused)
    service = serve.Service(settings)
    make: Any = Adapter
    await service._keep_running(Platform.SLACK, make)
    assert attempts == [1, 2, 3, 1, 2]


@pytest.mark.parametrize(
    ("broken", "said", "frames"),
    [(ConnectionError(), "Slack cannot be reached", False), (KeyError(), "Slack failed", True)],
)
async def test_a_fault_that_ends_a_platform_is_told_from_a_platform_that_is_away(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    broken: Exception,
    said: str,
    frames: bool,
) -> None:
    adapter = AsyncMock(describe_error=lambda _: "why")
    adapter.run.side_effect = [broken, PlatformError("Refused.")]
    monkeypatch.setattr(serve, "LONGEST_WAIT", 0.01)
    await serve.Service(settings)._keep_running(Platform.SLACK, lambda: adapter)
    record, _ = caplog.records
    assert record.getMessage() == f"{said}; trying again (why)"
    assert bool(record.exc_info) is frames


async def test_what_takes_too_long_to_close_is_cut_short_when_the_end_comes_once_more() -> None:
    """So the tallies are flushed and posts recorded before the process is killed."""
    closing, cut_short = asyncio.Event(), asyncio.Event()

    async def platform() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            closing.set()
            try:
                await asyncio.Event().wait()
            finally:
                cut_short.set()

    running = asyncio.create_task(serve._run_until_done([platform()], []))
    await asyncio.sleep(0)
    running.cancel()
    await closing.wait()
    running.cancel()
    await asyncio.wait_for(cut_short.wait(), 10)
    await asyncio.wait([running])
    assert running.cancelled()
