"""The gateway client: opens as many shards as Discord recommends, at the pace that Discord allows,
and caches no servers.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import discord
import yarl
from cachetools import LRUCache
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.state import AutoShardedConnectionState

from adapters.discord.reading import reduced, skip_unreadable_messages
from adapters.discord.render import NO_MENTIONS
from adapters.discord.shards import Shards
from knowledge.metrics import Metrics
from knowledge.posts import Platform

log = logging.getLogger(__name__)

RECENT_SERVERS = 256
"""Servers whose placeholder object is cached, the most recent ones. To make one takes discord.py
about as long as all our own work on an answer."""
IDENTIFY_EVERY = 5.5
"""Seconds between two IDENTIFYs of one bucket. Discord requires five between their arrivals
(https://docs.discord.com/developers/events/gateway#session-start-limit-object)."""
LONGEST_LIMIT = 60.0
"""Seconds that discord.py waits for a rate limit to pass, at most. A request that would have to
wait longer fails instead, so that somebody is told: daily limits last for hours."""
CONNECT_WITHIN = 60.0
"""Seconds in which all shards have to connect, besides the pauses between their IDENTIFYs."""
_COMPONENT = discord.InteractionType.component


class IdentifyLimiter:
    """Delays each IDENTIFY until Discord accepts it.

    Discord puts shards into buckets, by their number modulo its `max_concurrency`, and accepts one
    IDENTIFY of each bucket every five seconds. discord.py does not know of buckets.
    """

    def __init__(self, max_concurrency: int = 1) -> None:
        self._buckets = max_concurrency
        self._free_at: dict[int, float] = {}

    async def wait(self, shard: int) -> None:
        """Wait until this shard may send its IDENTIFY."""
        now = asyncio.get_running_loop().time()
        bucket = shard % self._buckets
        turn = max(now, self._free_at.get(bucket, now))
        self._free_at[bucket] = turn + IDENTIFY_EVERY
        await asyncio.sleep(turn - now)


class _StateWithoutServers(AutoShardedConnectionState[Any]):
    """discord.py's connection state without a cache of servers.

    READY lists every server that the bot is in, and discord.py would keep an object for each. None
    is needed: an interaction holds all that has to be known of its server.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._recent: LRUCache[int, discord.Guild] = LRUCache(RECENT_SERVERS)

    def _add_guild(self, guild: discord.Guild) -> None:
        """Called by discord.py to cache a server; does nothing."""

    def _get_or_create_unavailable_guild(
        self, guild_id: int, *, data: dict[str, Any] | None = None
    ) -> discord.Guild:
        """The server of an interaction, as a placeholder that holds nothing but its id."""
        if guild_id not in self._recent:
            self._recent[guild_id] = super()._get_or_create_unavailable_guild(guild_id)
        return self._recent[guild_id]

    def parse_interaction_create(self, data: Any) -> None:
        """Called by discord.py for each interaction, which is read before anything is done."""
        try:
            super().parse_interaction_create(data)
        except Exception as error:
            needed: Any = reduced(data)
            super().parse_interaction_create(needed)
            log.warning("a part of an interaction cannot be read (%s)", type(error).__name__)

    def _update_references(self, ws: DiscordWebSocket) -> None:
        """Called by discord.py for every connection, before anything is read from it."""
        super()._update_references(ws)
        skip_unreadable_messages(ws)


class GatewayClient(discord.AutoShardedClient):
    """discord.py's sharded client without intents and caches.

    `shards` are those of this process; None for all, as many as Discord recommends.
    """

    def __init__(self, shards: Shards | None, metrics: Metrics) -> None:
        own: dict[str, Any] = {}
        if shards is not None:
            own = {"shard_ids": shards.ids, "shard_count": shards.count}
        super().__init__(
            intents=discord.Intents.none(),
            allowed_mentions=NO_MENTIONS,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            # Without intents, no server data follows READY, so there is nothing to wait for.
            guild_ready_timeout=0,
            max_ratelimit_timeout=LONGEST_LIMIT,
            **own,
        )
        self._metrics = metrics
        self._identify_limiter = IdentifyLimiter()
        self._up: set[int] = set()
        self._were_up: set[int] = set()

    @property
    def has_first_shard(self) -> bool:
        """Whether shard 0 is one of this process's; its process does what is done only once."""
        return not self.shard_ids or 0 in self.shard_ids

    @property
    def is_connected(self) -> bool:
        """Whether events reach us on every shard of this process, at this moment."""
        shards = self.shards
        wanted = len(self.shard_ids or range(self.shard_count or 1))
        up = [number for number in self._up if number in shards and not shards[number].is_closed()]
        return not self.is_closed() and len(up) == wanted

    def _get_state(self, **options: Any) -> _StateWithoutServers:
        return _StateWithoutServers(
            dispatch=self.dispatch,
            handlers=self._handlers,
            hooks=self._hooks,
            http=self.http,
            **options,
        )

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Called by discord.py for every event, several times for each question.

        discord.py would begin a task for each event that has a handler, also for commands, which
        the tree handles. Nobody may `wait_for` other events: they are dropped here.
        """
        is_command = event == "interaction" and args[0].type is not _COMPONENT
        if not is_command and hasattr(self, f"on_{event}"):
            super().dispatch(event, *args, **kwargs)

    async def launch_shards(self) -> None:
        """Called by discord.py after the login: connect all shards of this process.

        Raises:
            TimeoutError: a shard did not connect in time; discord.py itself would wait for ever.
        """
        recommended, _, limits = await self.http.get_bot_gateway()
        if self.shard_count is None:
            self.shard_count = recommended
        count = len(self.shard_ids or range(self.shard_count))
        if limits["remaining"] < count:
            # Discord revokes the token of a bot that connects all the same (same page as above).
            log.warning("Discord allows no more connections today; waiting until it does")
            await asyncio.sleep(limits["reset_after"] / 1000)
        self._identify_limiter = IdentifyLimiter(limits["max_concurrency"])
        async with asyncio.timeout(CONNECT_WITHIN + IDENTIFY_EVERY * count):
            await super().launch_shards()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Called by discord.py before each IDENTIFY."""
        await self._identify_limiter.wait(shard_id or 0)

    async def on_shard_connect(self, shard_id: int) -> None:
        """Called by discord.py when a shard has a new session."""
        self._comes_up(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Called by discord.py when a shard has resumed its session."""
        self._comes_up(shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Called by discord.py when a shard has lost its connection."""
        self._up.discard(shard_id)

    def _comes_up(self, shard: int) -> None:
        self._metrics.connected(Platform.DISCORD, shard)
        self._up.add(shard)
        if shard in self._were_up:
            log.info("connected to Discord again (shard %d)", shard)
            return
        self._were_up.add(shard)
        if self.is_connected:
            log.info("connected to Discord")


def set_base_urls(api_url: str | None, gateway_url: str | None) -> None:
    """Set other base addresses than Discord's own, for the whole process; None changes nothing.

    discord.py has no other place for them than class attributes.
    """
    if api_url:
        Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
