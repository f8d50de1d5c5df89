"""Shards: Discord's way of distributing servers over connections, in one process or several.

Shard `n` of `count` gets the servers with `(id >> 22) % count == n`; direct messages go to shard 0
(https://docs.discord.com/developers/events/gateway#sharding).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WRITTEN = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?/([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Shards:
    """The shards of one process: `first` to `last` (both included) of `count` in all, from 0.

    Raises:
        ValueError: there are no such shards.
    """

    first: int
    last: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last < self.count:
            raise ValueError("there are no such shards")

    @classmethod
    def parse(cls, text: str) -> Shards:
        """Parse `LDN_DISCORD_SHARDS`: `0-3/16` (shards 0, 1, 2, 3 of 16), or `4/16`.

        Raises:
            ValueError: it is not written like this, or there are no such shards.
        """
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError("not like 0-3/16")
        first, last, count = found.groups()
        return cls(int(first), int(last or first), int(count))

    @property
    def ids(self) -> list[int]:
        """The number of each shard."""
        return list(range(self.first, self.last + 1))
