"""SqlCommunityStore: `knowledge.communities.CommunityStore` in a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

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
        """The settings of a community; None if it has set nothing yet."""
        rows = await self._database.read(
            select(communities).where(
                communities.c.platform == platform, communities.c.community == community
            )
        )
        return _settings(rows[0]) if rows else None

    async def change(
        self,
        platform: Platform,
        community: str,
        changes: Mapping[str, Any],
        default: CommunitySettings,
    ) -> CommunitySettings:
        """See `CommunityStore.change`. A cooldown is rounded down to whole minutes."""
        key = {"platform": platform, "community": community}
        values = _columns(replace(default, **changes))
        changed = {name: values[name] for name in changes}
        insert = self._database.insert(communities).values(**key, **values)
        # Without changes the key is set to itself, so that the row is returned all the same.
        changing = insert.on_conflict_do_update(
            index_elements=list(key), set_=changed or {"community": community}
        ).returning(communities)

        async def work(connection: AsyncConnection) -> CommunitySettings:
            return _settings((await connection.execute(changing)).one())

        return await self._database.write(work)


def _columns(settings: CommunitySettings) -> dict[str, Any]:
    return {
        "share": settings.share,
        "visibility": settings.visibility,
        "plain": settings.plain,
        "cooldown": settings.cooldown // _MINUTE,
    }


def _settings(row: Row[Any]) -> CommunitySettings:
    return CommunitySettings(
        share=Sharers(row.share),
        visibility=Visibility(row.visibility),
        plain=row.plain,
        cooldown=row.cooldown * _MINUTE,
    )
