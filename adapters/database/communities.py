"""SqlCommunityStore: `knowledge.communities.CommunityStore` in a database."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from adapters.database.engine import Database
from adapters.database.tables import communities
from knowledge.communities import CommunitySettings, Sharers, Visibility
from knowledge.posts import Platform

_MINUTE = timedelta(minutes=1)


class SqlCommunityStore:
    """A `CommunityStore`. Every method is one statement, and raises `StoreError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def settings(self, platform: Platform, community: str) -> CommunitySettings | None:
        """What was set for a community; None if nothing ever was."""
        rows = await self._database.read(
            select(communities).where(
                communities.c.platform == platform, communities.c.community == community
            )
        )
        if not rows:
            return None
        [row] = rows
        return CommunitySettings(
            share=Sharers(row.share),
            visibility=Visibility(row.visibility),
            plain=row.plain,
            cooldown=row.cooldown * _MINUTE,
        )

    async def set_settings(
        self, platform: Platform, community: str, settings: CommunitySettings
    ) -> None:
        """Let these settings hold from now on; of a cooldown, its whole minutes are kept."""
        key = {"platform": platform, "community": community}
        values = {
            "share": settings.share,
            "visibility": settings.visibility,
            "plain": settings.plain,
            "cooldown": settings.cooldown // _MINUTE,
        }
        await self._database.execute(
            self._database.insert(communities)
            .values(**key, **values)
            .on_conflict_do_update(index_elements=list(key), set_=values)
        )
