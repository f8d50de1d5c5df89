"""Sends what people do to the bot on Slack, and waits for what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from tests.contracts import Problem
from tests.contracts import slack as contract
from tests.standins.base import UnansweredError
from tests.standins.recording import JSON, Call, Violation
from tests.standins.slack_interactions import ACK_S, Delivery, SlackInteraction, SlackReply
from tests.standins.slack_payloads import event_payload
from tests.standins.slack_server import SlackServer
from tests.standins.slack_state import SlackChannel, SlackMessage, SlackPerson, fresh_id


@dataclass(frozen=True)
class Overheard:
    """An event that the bot got, and every call that it made in the moment after."""

    delivery: Delivery
    calls: list[Call]

    @property
    def acked(self) -> bool:
        """Whether the bot acknowledged it, so that Slack does not deliver it again."""
        return self.delivery.acked

    @property
    def said(self) -> list[Call]:
        """The calls that show something to anyone."""
        return [call for call in self.calls if call.route in _SHOWING]


_SHOWING = frozenset(
    {
        *("chat.postMessage", "chat.postEphemeral", "chat.update", "response_url"),
        *("views.open", "views.push", "views.update", "views.publish"),
    }
)


class SlackDriver(SlackServer):
    """The server, and the way from an envelope to what a person gets to see."""

    ack_timeout = ACK_S
    answer_timeout = 10.0

    async def event(
        self,
        event: JSON,
        *,
        event_id: str | None = None,
        retry_attempt: int = 0,
        retry_reason: str = "",
    ) -> Delivery:
        """Deliver an event and wait at most 3 s for its acknowledgement (see `Delivery.acked`)."""
        payload = event_payload(event, event_id or fresh_id("Ev"))
        ack = await self.way.send(
            "events_api",
            payload,
            answerable=False,
            timeout=self.ack_timeout,
            retry_attempt=retry_attempt,
            retry_reason=retry_reason,
        )
        return Delivery(payload, acked=ack is not None)

    async def redeliver(
        self, delivery: Delivery | SlackReply, attempt: int = 1, reason: str = "timeout"
    ) -> Delivery:
        """Deliver the same event once more, as Slack does when no acknowledgement came.

        Of a reply, that is the mention, direct message or opened Home tab that it answers.
        """
        if isinstance(delivery, SlackReply):
            delivery = delivery.delivery
        return await self.event(
            delivery.payload["event"],
            event_id=delivery.event_id,
            retry_attempt=attempt,
            retry_reason=reason,
        )

    async def overhear(self, event: JSON, *, wait: float = 0.3) -> Overheard:
        """Deliver an event that needs no answer, and wait until nothing comes for ``wait`` seconds.

        The wait begins with the acknowledgement, or 3 s after the event where none comes: then
        `Overheard.acked` is false, and Slack would deliver the event again.
        """
        before = len(self.requests)
        delivery = await self.event(event)
        await self.quiet(wait)
        return Overheard(delivery, self.requests[before:])

    def _response_url(self, interaction: SlackInteraction) -> str:
        return f"{self.url}/response/{interaction.response_token}"

    def _new(
        self,
        what: str,
        user: SlackPerson | None,
        channel: SlackChannel | None,
        takes: frozenset[str],
        source: SlackMessage | None = None,
        view_id: str | None = None,
    ) -> SlackInteraction:
        person = user or self.member
        return self.interactions.add(
            SlackInteraction(what, person, channel, takes, source, view_id)
        )

    async def _ask(self, interaction: SlackInteraction, kind: str, payload: JSON) -> SlackReply:
        with self._somebody_waits():
            await self._deliver(interaction, kind, payload)
            return await self._reply(interaction)

    async def _deliver(self, interaction: SlackInteraction, kind: str, payload: JSON) -> None:
        interaction.sent_at = asyncio.get_running_loop().time()
        ack = await self.way.send(kind, payload, answerable=True, timeout=self.ack_timeout)
        if ack is None:
            raise self._not_acknowledged(interaction.what)
        interaction.acked_at = asyncio.get_running_loop().time()
        interaction.ack_payload = ack.get("payload")
        said = interaction.ack_payload or {}
        if "ack" in interaction.takes and ("text" in said or "blocks" in said):
            self._check_ack(interaction, contract.message("ack", said))
            interaction.show(self.surfaces.answer(interaction, "ack", said))

    def _not_acknowledged(self, what: str) -> UnansweredError:
        return UnansweredError(f"{what} was not acknowledged within {self.ack_timeout:g} s")

    def _check_ack(self, interaction: SlackInteraction, problems: Iterator[Problem]) -> None:
        if self.validate:
            what = f"acknowledgement of {interaction.what}"
            self.violations.extend(Violation(what, problem) for problem in problems)

    async def _said(
        self,
        what: str,
        person: SlackPerson,
        channel: SlackChannel | None,
        event: JSON,
        takes: frozenset[str],
    ) -> SlackReply:
        interaction = self._new(what, person, channel, takes)
        interaction.sent_at = asyncio.get_running_loop().time()
        with self._somebody_waits():
            delivery = await self.event(event)
            interaction.delivery = delivery
            if not delivery.acked:
                raise self._not_acknowledged(what)
            interaction.acked_at = asyncio.get_running_loop().time()
            return await self._reply(interaction)

    async def _reply(
        self, interaction: SlackInteraction, timeout: float | None = None
    ) -> SlackReply:
        limit = timeout or self.answer_timeout
        try:
            shown = await asyncio.wait_for(interaction.shown.get(), limit)
        except TimeoutError:
            interaction.answered = True  # nobody waits for it any longer
            raise UnansweredError(
                f"{interaction.what} was acknowledged but showed nothing within {limit:g} s"
                f"{interaction.refused}"
            ) from None
        assert interaction.acked_at is not None
        return SlackReply(
            shown=shown,
            interaction=interaction,
            seconds=interaction.acked_at - interaction.sent_at,
        )
