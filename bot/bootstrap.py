"""Builds everything; the only place that chooses an implementation.

Platforms are imported where they are built: answering on a terminal needs neither of them.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from adapters.database import SQLITE_FILE
from adapters.moderation import Moderation
from adapters.reception import Reception
from bot.lazy import LazyStores, Stores
from bot.memory import FileMemory
from bot.settings import Settings
from knowledge.answer import Answer
from knowledge.bundle import code_fingerprint, fingerprint
from knowledge.communities import Communities, CommunitySettings, Sharers
from knowledge.desk import Desks
from knowledge.errors import SettingsError
from knowledge.keeper import PostKeeper
from knowledge.library import Library
from knowledge.metrics import Metrics
from knowledge.opening import (
    LEARNING_OPTIONS,
    end_learning,
    judge_learning,
    learn_here,
    learning_command,
    open_folder,
    reopen_folder,
)
from knowledge.posts import Platform
from knowledge.publishing import Publisher
from knowledge.tallies import Tallying

log = logging.getLogger(__name__)

SLACK_TIMEOUT = 30.0
"""Seconds that a request to Slack may take; slack_sdk's own limit."""

SLACK_IDLE = 1.5
"""Seconds for which a connection to Slack is used again: fewer than servers keep one that is idle.
What is posted just as the other side closes it would be lost."""

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
    from slack_sdk.web.async_client import AsyncWebClient

    from adapters.database.engine import Database
    from adapters.database.installations import OAuthStores
    from adapters.discord.client import DiscordAdapter
    from adapters.slack.workspaces import Workspaces
    from bot.health import Health


class Adapter(Protocol):
    """A platform that questions come from."""

    name: str

    @property
    def connected(self) -> bool:
        """Whether questions reach us at this moment."""

    async def run(self) -> None:
        """Connect and serve until cancelled; raises `PlatformError` when refused for good."""

    async def documents_changed(self) -> None:
        """The desks have been replaced: tell the platform what it has to know."""


def load_checked_library(folder: Path) -> Library:
    """The documents of a folder, checked against the limits of every platform as well.

    Raises:
        DocumentError: with every fault of every file.
    """
    from adapters.discord import render as discord
    from adapters.slack import render as slack
    from knowledge.folder import load_library

    return load_library(folder, fits=(discord.public_content, slack.render))


def build_desks(settings: Settings) -> Desks:
    """A help desk for each document of the settings' folder.

    Raises:
        DocumentError: with every fault of every file.
        LearningError: the process that learns was ended from outside.
    """
    return Desks(open_folder(settings.documents, _cache(settings)))


def look_at_desks(settings: Settings) -> Desks:
    """As `build_desks`, but what has to be learned is not kept.

    Raises:
        DocumentError: with every fault of every file.
    """
    folder = settings.documents
    return Desks(reopen_folder(_models(settings), fingerprint(folder)) or learn_here(folder))


async def rebuild_desks(settings: Settings) -> Desks:
    """As `build_desks`, beside everything else; learning ends with the task that waits for it.

    What is saved meanwhile is learned next, by a process again. Only where none can do it, or keep
    what it learned, is it done here, in a thread that goes on to its end.

    Raises:
        DocumentError: with every fault of every file.
        LearningError: the process that learns was ended from outside.
    """
    folder = settings.documents
    if cache := _cache(settings):
        learned = ""
        # Not in a thread: it takes a moment only, and a thread keeps its memory.
        while not (desks := reopen_folder(cache, name := fingerprint(folder))) and name != learned:
            with suppress(OSError):  # no process can be started
                await _learn_elsewhere(folder, cache, name)
            learned = name
        if desks:
            _remember_good(settings, name)
            return Desks(desks)
    return Desks(await asyncio.to_thread(learn_here, folder))


def last_good_desks(settings: Settings) -> Desks:
    """The desks that `rebuild_desks` made last of the settings' folder; none if not kept.

    For a start while the folder has a fault. What another version of the bot made is not used.
    """
    code, _, name = (_memory(settings).get(_last_good(settings)) or "").partition(" ")
    return Desks(reopen_folder(_models(settings), name) if code == code_fingerprint() else [])


def _remember_good(settings: Settings, name: str) -> None:
    memory, key, value = _memory(settings), _last_good(settings), f"{code_fingerprint()} {name}"
    if memory.get(key) != value:
        memory.set(key, value)


def _last_good(settings: Settings) -> str:
    return f"documents of {settings.documents.absolute()}"


async def _learn_elsewhere(folder: Path, cache: Path, name: str) -> None:
    """As `knowledge.opening` does, without waiting in this thread."""
    command = learning_command(folder, cache, name)
    learning = await asyncio.create_subprocess_exec(*command, **LEARNING_OPTIONS)
    try:
        said, _ = await learning.communicate()
        judge_learning(await learning.wait(), said)
    finally:
        end_learning(learning.pid)
        # Until its output has ended too, asyncio holds what it cannot let go of after the loop.
        await learning.communicate()


def _models(settings: Settings) -> Path:
    return settings.data / "models"


def _cache(settings: Settings) -> Path | None:
    """The folder for what is learned; None, with a word about it, if nothing can be kept."""
    cache = _models(settings)
    with suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
        if os.access(cache, os.W_OK):
            return cache
    log.warning(
        "Nothing can be written to %s, so every start takes longer and nothing can be shared. "
        "Set LDN_DATA to a folder that can be written.",
        settings.data,
    )
    return None


def forget_rendered() -> None:
    """Let go of what was made of documents that are not served any more: nobody asks for it again.

    What is served now is made anew, once each.
    """
    from adapters import text
    from adapters.discord import render as discord
    from adapters.slack import render as slack
    from knowledge import markup

    for made in (discord.render, discord.contents, slack.render, text.render, markup.parse_kept):
        made.cache_clear()


@dataclass(slots=True)
class Platforms:
    """What serves each platform whose tokens are set, and what posts there."""

    adapters: dict[Platform, Callable[[], Adapter]]
    keeper: PostKeeper
    tallying: Tallying


def build_platforms(
    settings: Settings,
    desks: Desks,
    stores: LazyStores,
    metrics: Metrics,
    look_again: Callable[[Platform], None],
    stack: AsyncExitStack,
) -> Platforms:
    """Everything that talks to a platform; what it holds open is closed with the stack.

    `look_again`: see `PostKeeper`.
    """
    publishers: dict[Platform, Publisher] = {}
    communities = _communities(settings, stores)
    tallying = Tallying(stores.tallies)
    keeper = PostKeeper(
        stores.posts, desks, publishers, communities, metrics, look_again=look_again
    )
    moderation = Moderation(desks, keeper, stores.posts, communities, tallying)
    reception = Reception(desks, moderation, communities, tallying, metrics)
    adapters: dict[Platform, Callable[[], Adapter]] = {}
    if settings.discord_token:
        publishers[Platform.DISCORD], adapters[Platform.DISCORD] = _discord(settings, reception)
    if settings.slack:
        session = _slack_session(stack)
        slack = _slack(settings, reception, stores, session)
        publishers[Platform.SLACK], adapters[Platform.SLACK] = slack
    return Platforms(adapters, keeper, tallying)


def build_health(settings: Settings, desks: Desks, stores: LazyStores) -> Health | None:
    """What counts, and shows how things stand on a port; None where no port is set.

    Nothing of it is even imported then.
    """
    if settings.health_port is None:
        return None
    from bot.health import Health

    return Health(settings.health_host, settings.health_port, desks, stores.reachable)


def build_stores(settings: Settings, stack: AsyncExitStack, *, looking: bool = False) -> LazyStores:
    """Where posts, settings and tallies are kept; closed together with `stack`.

    `looking`: there is a database with current tables, and it is only read.
    """

    async def opened() -> Stores:
        from adapters.database.communities import SqlCommunityStore
        from adapters.database.deliveries import SqlDeliveryStore
        from adapters.database.engine import look_into, open_database
        from adapters.database.posts import SqlPostStore
        from adapters.database.tallies import SqlTallyStore

        get = look_into if looking else open_database
        database = await get(settings.database_url, settings.data)
        stack.push_async_callback(database.close)
        deliveries = SqlDeliveryStore(database)
        stack.push_async_callback(deliveries.close)
        return Stores(
            SqlPostStore(database),
            SqlCommunityStore(database),
            SqlTallyStore(database),
            deliveries,
            database.check,
            _oauth_stores(settings, database) if settings.slack_client_id else None,
        )

    return LazyStores(opened, is_empty=lambda: nothing_kept(settings))


def nothing_kept(settings: Settings) -> bool:
    """Whether there is no database yet, as can be told without opening one."""
    if settings.database_url:
        return False
    try:
        return not (settings.data / SQLITE_FILE).exists()
    except OSError:  # where we may not look: opening it says why
        return False


def _oauth_stores(settings: Settings, database: Database) -> OAuthStores:
    from adapters.database.installations import EncryptedInstallations, OAuthStates, OAuthStores

    assert settings.slack_client_id is not None  # callers look
    keys = settings.encryption_keys
    installations = EncryptedInstallations(database, settings.slack_client_id, keys)
    return OAuthStores(installations, OAuthStates(database))


def _communities(settings: Settings, stores: LazyStores) -> Communities:
    return Communities(stores.communities, CommunitySettings(Sharers(settings.share)))


@asynccontextmanager
async def offline_keeper(
    settings: Settings, desks: Desks, *, publishing: bool, looking: bool = False
) -> AsyncIterator[PostKeeper]:
    """A keeper for work beside the serving bot.

    Args:
        settings: where the database is, and the tokens.
        desks: what the posts should say.
        publishing: log in to every platform whose token is set. Without it, only what is recorded
            can be looked at.
        looking: see `build_stores`.

    Raises:
        LdnBotError: the database or a platform cannot be used; the text says what to mend.
    """
    async with AsyncExitStack() as stack:
        stores = build_stores(settings, stack, looking=looking)
        publishers: dict[Platform, Publisher] = {}
        if publishing and settings.discord_token:
            from adapters.discord.client import use_addresses
            from adapters.discord.publisher import DiscordPublisher

            use_addresses(settings.discord_api_url, settings.discord_gateway_url)
            discord = publishers[Platform.DISCORD] = DiscordPublisher()
            await stack.enter_async_context(discord.logged_in(settings.discord_token))
        if publishing and (settings.slack_bot_token or settings.slack_client_id):
            from adapters.slack.publisher import SlackPublisher

            session = _slack_session(stack)
            publishers[Platform.SLACK] = SlackPublisher(_workspaces(settings, stores, session))
        yield PostKeeper(stores.posts, desks, publishers, _communities(settings, stores))


async def register_commands(settings: Settings, desks: Desks, *, force: bool) -> bool:
    """Register the commands with Discord if they changed, or by `force`; whether it was done.

    Raises:
        SettingsError: there is no token.
        PlatformError: Discord refuses the token.
    """
    from adapters.discord.client import register

    if settings.discord_token is None:
        raise SettingsError("DISCORD_TOKEN is missing. Set it (README, “Connect Discord”).")
    memory = _memory(settings)
    url = settings.discord_api_url
    return await register(desks, settings.discord_token, memory, force=force, api_url=url)


def _discord(
    settings: Settings, reception: Reception
) -> tuple[Publisher, Callable[[], DiscordAdapter]]:
    from adapters.discord.client import DiscordAdapter
    from adapters.discord.publisher import DiscordPublisher

    assert settings.discord_token is not None  # callers look
    token = settings.discord_token
    memory = _memory(settings)
    publisher = DiscordPublisher()
    return publisher, lambda: DiscordAdapter(
        reception,
        token,
        memory,
        publisher,
        shards=settings.discord_shards,
        api_url=settings.discord_api_url,
        gateway_url=settings.discord_gateway_url,
    )


def _memory(settings: Settings) -> FileMemory:
    return FileMemory(settings.data / "memory.json")


def _slack(
    settings: Settings, reception: Reception, stores: LazyStores, session: ClientSession
) -> tuple[Publisher, Callable[[], Adapter]]:
    from adapters.deliveries import Deliveries
    from adapters.slack.people import SlackPeople
    from adapters.slack.publisher import SlackPublisher

    workspaces = _workspaces(settings, stores, session)
    people = SlackPeople(settings.slack_moderators)
    # What several processes could get has to be known to all of them.
    deliveries = Deliveries(stores.deliveries if settings.database_url else None)
    publisher = SlackPublisher(workspaces)
    if settings.slack_signing_secret is None:
        from adapters.slack.socket_mode import SlackSocketAdapter

        assert settings.slack_app_token is not None  # callers look
        app_token = settings.slack_app_token
        return publisher, lambda: SlackSocketAdapter(
            reception, _web_client(settings, session), app_token, people, deliveries
        )

    from adapters.slack.http import SlackHttpAdapter

    secret = settings.slack_signing_secret
    return publisher, lambda: SlackHttpAdapter(
        reception,
        _web_client(settings, session),
        people,
        deliveries,
        secret,
        settings.slack_host,
        settings.slack_port,
        (lambda: _oauth_flow(settings, stores, session)) if settings.slack_client_id else None,
    )


async def _oauth_flow(
    settings: Settings, stores: LazyStores, session: ClientSession
) -> AsyncOAuthFlow:
    from adapters.slack.oauth import oauth_flow

    kept = (await stores.open()).oauth
    client_id, client_secret = settings.slack_client_id, settings.slack_client_secret
    assert kept is not None  # callers look
    assert client_id is not None
    assert client_secret is not None
    await kept.installations.encrypt_anew()
    return oauth_flow(
        _web_client(settings, session),
        client_id,
        client_secret,
        kept.installations,
        kept.states,
        settings.public_url,
    )


def _workspaces(settings: Settings, stores: LazyStores, session: ClientSession) -> Workspaces:
    from adapters.slack.workspaces import ManyWorkspaces, OneWorkspace

    if not settings.slack_client_id:
        return OneWorkspace(_web_client(settings, session))

    async def token_of(team: str) -> str | None:
        kept = (await stores.open()).oauth
        return await kept.installations.token_of(team) if kept else None

    return ManyWorkspaces(token_of, lambda token: _web_client(settings, session, token))


def _slack_session(stack: AsyncExitStack) -> ClientSession:
    """Connections to Slack that are used again, for as long as the stack lasts.

    slack_sdk would open one for each request, and whoever waits for an answer would wait for it.
    As many as are needed, like its own; and without cookies, for workspaces share them.
    """
    from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

    session = ClientSession(
        connector=TCPConnector(limit=0, keepalive_timeout=SLACK_IDLE),
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=SLACK_TIMEOUT),
    )
    stack.push_async_callback(session.close)
    return session


def _web_client(
    settings: Settings, session: ClientSession, token: str | None = None
) -> AsyncWebClient:
    """A client with a token, or with the settings' one, if they hold one."""
    from slack_sdk.web.async_client import AsyncWebClient

    from adapters.slack.publisher import with_patience

    client = AsyncWebClient(
        token=token or settings.slack_bot_token,
        base_url=settings.slack_api_url or AsyncWebClient.BASE_URL,
        session=session,
    )
    return with_patience(client)


def renderers() -> Mapping[str, Callable[[Answer], str | dict[str, Any]]]:
    """What a platform would be sent, by the platform's name."""
    from adapters import text
    from adapters.discord import render as discord
    from adapters.slack import render as slack

    return {
        "discord": lambda answer: discord.render(answer).to_json(),
        "slack": lambda answer: slack.render(answer).to_json(),
        "text": text.render,
    }
