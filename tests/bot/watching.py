"""What somebody sees who watches a bot: its health and its numbers, read from its port."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.ports import free_port


@dataclass(frozen=True)
class Watcher:
    """Reads from a port that a bot was given by `settings`."""

    port: int = field(default_factory=free_port)

    @property
    def settings(self) -> dict[str, str]:
        return {"LDN_HEALTH_PORT": str(self.port)}

    async def get(self, path: str) -> tuple[int, str]:
        """Status and body."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}{path}") as response,
        ):
            return response.status, await response.text()

    async def ready(self) -> tuple[int, dict[str, Any]]:
        """What `/readyz` says."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}/readyz") as response,
        ):
            return response.status, await response.json()

    async def number(self, name: str, **labels: str) -> float:
        """The sum of all samples of this name that have these labels."""
        _, text = await self.get("/metrics")
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def until(self, expected: float, name: str, **labels: str) -> None:
        """Wait for a number; fails with the last one if it does not come."""
        found = -1.0
        try:
            async with asyncio.timeout(30):
                while (found := await self.number(name, **labels)) != expected:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{name} {labels} is {found}, not {expected}") from None

    async def until_ready(self, status: int, **parts: bool) -> dict[str, Any]:
        """Wait until `/readyz` has this status and these parts; fails with what it says."""
        said: Any = None
        try:
            async with asyncio.timeout(30):
                while True:
                    try:
                        got, said = await self.ready()
                    except aiohttp.ClientConnectionError:
                        got = 0
                    if got == status and parts.items() <= said.items():
                        return dict(said)
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"waited in vain for {status}; /readyz says {said}") from None
