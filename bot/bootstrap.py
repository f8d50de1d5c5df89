"""Builds everything but the desks (`bot.documents`); the only place that chooses implementations.

A platform is imported only where it is built, because most bots serve one of them.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from adapters.database import SQLITE_FILE
from adapters.moderation import Moderation
from adapters.reception import Reception
from bot.files import is_there
from bot.key_values import key_value_store
from bot.lazy import LazyStores, Stores
from bot.settings import Settings
from knowledge.answer import Answer
from knowledge.communities import Communities, CommunitySettings, Sharers
from knowledge.desk import Desks
from knowledge.errors import SettingsError
from knowledge.keeper import PostKeeper
from knowledge.metrics import Metrics
from knowledge.posts import Platform
from knowledge.publishing import Publisher
from knowledge.tallies import TallyCounter

log = logging.getLogger(__name__)

SLACK_TIMEOUT = 30.0
"""Seconds that a request to Slack may take; slack_sdk's own limit."""

SLACK_IDLE = 1.5
"""Seconds for which an idle connection to Slack is used again: fewer than servers keep one open. A
message that is sent just as the server closes the connection would be lost."""

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
    """Serves one platform."""

    @property
    def connected(self) -> bool:
        """Whether questions reach us at this moment."""

    async def run(self) -> None:
        """Connect and serve until cancelled; raises `PlatformError` when refused for good."""

    async def documents_changed(self) -> None:
        """Called after the desks were replaced, to tell the platform what it has to know."""

    def describe_error(self, error: Exception) -> str:
        """An error of `run`, for the log: a few words that hold nothing of anybody's."""


@dataclass(slots=True)
class Platforms:
    """The adapter factories of the platforms whose tokens are set, and what they share."""

    adapters: dict[Platform, Callable[[], Adapter]]
    keeper: PostKeeper
    tally_counter: TallyCounter


def build_platforms(
    settings: Settings,
    desks: Desks,
    stores: LazyStores,
    metrics: Metrics,
    retry_soon: Callable[[Platform], None],
    stack: AsyncExitStack,
) -> Platforms:
    """Build everything that talks to a platform, to be closed by `stack`.

    `retry_soon`: see `PostKeeper`.
    """
    publishers: dict[Platform, Publisher] = {}
    communities = build_communities(settings, stores)
    tally_counter = TallyCounter(stores.tallies)
    keeper = PostKeeper(
        stores.posts, desks, publishers, communities, metrics, retry_soon=retry_soon
    )
    moderation = Moderation(desks, keeper, stores.posts, communities, tally_counter)
    reception = Reception(desks, moderation, communities, tally_counter, metrics)
    adapters: dict[Platform, Callable[[], Adapter]] = {}
    if settings.discord_token:
        publishers[Platform.DISCORD], adapters[Platform.DISCORD] = _discord(settings, reception)
    if settings.slack:
        session = _slack_session(stack)
        slack = _slack(settings, reception, stores, session)
        publishers[Platform.SLACK], adapters[Platform.SLACK] = slack
    return Platforms(adapters, keeper, tally_counter)


def build_health(settings: Settings, desks: Desks, stores: LazyStores) -> Health | None:
    """Metrics and health checks; None, without importing any of it, if no port is set."""
    if settings.health_port is None:
        return None
    from bot.health import Health

    return Health(settings.health_host, settings.health_port, desks, stores.reachable)


def build_stores(
    settings: Settings, stack: AsyncExitStack, *, read_only: bool = False
) -> LazyStores:
    """The stores for posts, settings, tallies and deliveries; `stack` closes them.

    `read_only`: nothing is created or migrated; the tables have to be current.
    """

    async def opened() -> Stores:
        from adapters.database.communities import SqlCommunityStore
        from adapters.database.deliveries import SqlDeliveryStore
        from adapters.database.engine import open_database, open_existing
        from adapters.database.posts import SqlPostStore
        from adapters.database.tallies import SqlTallyStore

        get = open_existing if read_only else open_database
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

    return LazyStores(opened, is_empty=lambda: database_is_missing(settings))


def database_is_missing(settings: Settings) -> bool:
    """Whether there is no database yet; PostgreSQL always counts as one."""
    if settings.database_url:
        return False
    try:
        return not is_there(settings.data / SQLITE_FILE)
    except OSError:  # opening the database will say why
        return False


def _oauth_stores(settings: Settings, database: Database) -> OAuthStores:
    from adapters.database.installations import EncryptedInstallations, OAuthStates, OAuthStores

    assert settings.slack_client_id is not None  # callers look
    keys = settings.encryption_keys
    installations = EncryptedInstallations(database, settings.slack_client_id, keys)
    return OAuthStores(installations, OAuthStates(database))


def build_communities(settings: Settings, stores: LazyStores) -> Communities:
    """The communities' settings; until a moderator sets something, the operator's apply."""
    return Communities(stores.communities, CommunitySettings(Sharers(settings.share)))


@asynccontextmanager
async def offline_keeper(
    settings: Settings, desks: Desks, *, publishing: bool, read_only: bool = False
) -> AsyncIterator[PostKeeper]:
    """A keeper for a command that runs beside the serving bot.

    Args:
        settings: name the database, and hold the tokens.
        desks: what the posts should say.
        publishing: log in to every platform whose token is set. Without it, the keeper can only
            read what is recorded.
        read_only: see `build_stores`.

    Raises:
        LdnBotError: the database or a platform cannot be used; the text says what to mend.
    """
    async with AsyncExitStack() as stack:
        stores = build_stores(settings, stack, read_only=read_only)
        publishers: dict[Platform, Publisher] = {}
        if publishing and settings.discord_token:
            from adapters.discord.gateway import set_base_urls
            from adapters.discord.publisher import DiscordPublisher

            set_base_urls(settings.discord_api_url, settings.discord_gateway_url)
            discord = publishers[Platform.DISCORD] = DiscordPublisher()
            await stack.enter_async_context(discord.logged_in(settings.discord_token))
        if publishing and (settings.slack_bot_token or settings.slack_client_id):
            from adapters.slack.publisher import SlackPublisher

            session = _slack_session(stack)
            publishers[Platform.SLACK] = SlackPublisher(_workspaces(settings, stores, session))
        yield PostKeeper(stores.posts, desks, publishers, build_communities(settings, stores))


async def register_commands(settings: Settings, desks: Desks, *, force: bool) -> bool:
    """Register the commands with Discord if they changed, or with `force`.

    Returns:
        Whether they were registered.

    Raises:
        SettingsError: there is no token.
        PlatformError: Discord refuses the token.
    """
    from adapters.discord.gateway import set_base_urls
    from adapters.discord.registration import register

    if settings.discord_token is None:
        raise SettingsError("DISCORD_TOKEN is missing. Set it (README, “Connect Discord”).")
    set_base_urls(settings.discord_api_url, settings.discord_gateway_url)
    return await register(desks, settings.discord_token, key_value_store(settings), force=force)


def _discord(
    settings: Settings, reception: Reception
) -> tuple[Publisher, Callable[[], DiscordAdapter]]:
    from adapters.discord.client import DiscordAdapter
    from adapters.discord.gateway import set_base_urls
    from adapters.discord.publisher import DiscordPublisher

    assert settings.discord_token is not None  # callers look
    token = settings.discord_token
    key_values = key_value_store(settings)
    publisher = DiscordPublisher()
    set_base_urls(settings.discord_api_url, settings.discord_gateway_url)
    return publisher, lambda: DiscordAdapter(
        reception, token, key_values, publisher, shards=settings.discord_shards
    )


def _slack(
    settings: Settings, reception: Reception, stores: LazyStores, session: ClientSession
) -> tuple[Publisher, Callable[[], Adapter]]:
    from adapters.deliveries import Deliveries
    from adapters.slack.people import SlackPeople
    from adapters.slack.publisher import SlackPublisher

    workspaces = _workspaces(settings, stores, session)
    people = SlackPeople(settings.slack_moderators)
    # Several processes need a shared store, because a repetition may reach any of them.
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
    await kept.installations.rotate_keys()
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
    """An HTTP session whose connections to Slack are reused, until the stack is closed.

    slack_sdk by itself would open a connection for each request, which delays the answer. The
    number of connections is not limited, as with slack_sdk. There are no cookies, because all
    workspaces share the session.
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
    """A client with `token`, or else with the token in the settings, if there is one."""
    from slack_sdk.web.async_client import AsyncWebClient

    from adapters.slack.publisher import with_rate_limit_retries

    client = AsyncWebClient(
        token=token or settings.slack_bot_token,
        base_url=settings.slack_api_url or AsyncWebClient.BASE_URL,
        session=session,
    )
    return with_rate_limit_retries(client)


def renderers() -> Mapping[str, Callable[[Answer], str | dict[str, Any]]]:
    """Functions that render an answer as a platform would be sent it, by the platform's name."""
    from adapters import text
    from adapters.discord import render as discord
    from adapters.slack import render as slack

    return {
        "discord": lambda answer: discord.render(answer).to_json(),
        "slack": lambda answer: slack.render(answer).to_json(),
        "text": text.render,
    }
