"""What a person does to the bot on Slack, and what came back."""

from __future__ import annotations

import asyncio
import copy
import secrets
from dataclasses import dataclass, field, replace

from tests.standins.base import NotOfferedError
from tests.standins.recording import JSON
from tests.standins.slack_blocks import elements, text_of
from tests.standins.slack_state import SlackChannel, SlackMessage, SlackPerson, fresh_id

ACK_S = 3.0
TRIGGER_LIFETIME_S = 3.0
RESPONSE_URL_USES = 5


@dataclass(frozen=True)
class Shown:
    """One thing that a person got to see, and the way it came.

    ``via`` is ``ack``, ``response_url`` or the name of a Web API method.
    """

    via: str
    raw: JSON
    message: SlackMessage | None = None
    view: JSON | None = None
    replaced_original: bool = False
    deleted_original: bool = False
    content: JSON = field(default_factory=dict)  # the message or view as it was then


@dataclass(frozen=True)
class Delivery:
    """One event as it was delivered, so that it can be delivered again."""

    payload: JSON
    acked: bool

    @property
    def event_id(self) -> str:
        """The id that stays the same when Slack tries again."""
        return str(self.payload["event_id"])


@dataclass(eq=False)
class SlackInteraction:
    """One thing that a person did, from its sending on.

    ``takes`` names the ways (see `Shown.via`) by which its answer may come. ``view_id`` is the
    modal or Home tab in which it was done; ``delivery`` the event that told of it.
    """

    what: str
    person: SlackPerson
    channel: SlackChannel | None
    takes: frozenset[str]
    source: SlackMessage | None = None
    view_id: str | None = None
    delivery: Delivery | None = None
    response_token: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    trigger_id: str = field(default_factory=lambda: f"{fresh_id('')}.{secrets.token_hex(8)}")
    sent_at: float = 0.0
    acked_at: float | None = None
    ack_payload: JSON | None = None
    response_url_uses: int = 0
    response_url_expired: bool = False
    trigger_used: bool = False
    refusals: list[str] = field(default_factory=list)
    answered: bool = False
    shown: asyncio.Queue[Shown] = field(default_factory=asyncio.Queue)

    def trigger_expired(self, now: float) -> bool:
        """Whether it is too late to open a modal; ``now`` is the event loop's clock."""
        return now - self.sent_at > TRIGGER_LIFETIME_S

    @property
    def refused(self) -> str:
        """What answers were tried and refused, to go with an error message."""
        return "".join(f"; refused: {refusal}" for refusal in self.refusals)

    def show(self, shown: Shown) -> None:
        """Hand something on to whoever waits for the answer."""
        self.answered = True
        now = shown.message.data if shown.message is not None else shown.view or {}
        self.shown.put_nowait(replace(shown, content=copy.deepcopy(now)))


@dataclass(frozen=True)
class SlackReply:
    """What the person got to see, as it was then: a message, a modal or a Home tab.

    ``raw`` is the body as the bot sent it. ``seconds`` is the time until the acknowledgement.
    """

    shown: Shown
    interaction: SlackInteraction
    seconds: float

    @property
    def text(self) -> str:
        """The text of a message; of a view, all text of its blocks (see `text_of`)."""
        if self.shown.view is not None:
            return text_of(self.blocks)
        return str(self.shown.content.get("text", ""))

    @property
    def blocks(self) -> list[JSON]:
        """The blocks, each with the block_id that Slack gives it."""
        return list(self.shown.content.get("blocks") or [])

    @property
    def raw(self) -> JSON:
        """The payload as it was sent."""
        return self.shown.raw

    @property
    def via(self) -> str:
        """How it came: ``ack``, ``response_url``, or a Web API method."""
        return self.shown.via

    @property
    def ack_payload(self) -> JSON | None:
        """What came with the acknowledgement, if anything."""
        return self.interaction.ack_payload

    @property
    def message(self) -> SlackMessage:
        """The message as it is now; raises `NotOfferedError` where the answer was none."""
        if self.shown.message is None:
            raise NotOfferedError(f"the answer to {self.interaction.what} is no message")
        return self.shown.message

    @property
    def message_ts(self) -> str:
        """The message's timestamp."""
        return self.message.ts

    @property
    def ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return self.shown.message is not None and self.shown.message.ephemeral

    @property
    def replaced_original(self) -> bool:
        """Whether it took the place of the message with the button."""
        return self.shown.replaced_original

    @property
    def deleted_original(self) -> bool:
        """Whether it removed the message with the button."""
        return self.shown.deleted_original

    @property
    def view(self) -> JSON | None:
        """The modal or Home tab that it opened or changed, as it was then."""
        return self.shown.content if self.shown.view is not None else None

    @property
    def delivery(self) -> Delivery:
        """The event that this answers; raises `NotOfferedError` where it answers none."""
        if self.interaction.delivery is None:
            raise NotOfferedError(f"{self.interaction.what} was no event")
        return self.interaction.delivery

    @property
    def action_ids(self) -> list[str]:
        """The action ids of all buttons and menus, in reading order."""
        return [element["action_id"] for _, element in elements(self.blocks)]

    @property
    def labels(self) -> dict[str, str]:
        """Button text → action id, for finding a button as a person does."""
        return {
            element["text"]["text"]: element["action_id"]
            for _, element in elements(self.blocks)
            if element["type"] == "button"
        }


class Interactions:
    """Every interaction so far, found by what an answer names."""

    def __init__(self) -> None:
        self.by_response_token: dict[str, SlackInteraction] = {}
        self.by_trigger: dict[str, SlackInteraction] = {}
        self._all: list[SlackInteraction] = []
        self._waiting: list[SlackInteraction] = []

    def add(self, interaction: SlackInteraction) -> SlackInteraction:
        """Remember an interaction, in the order of their sending, and return it."""
        self.by_response_token[interaction.response_token] = interaction
        self.by_trigger[interaction.trigger_id] = interaction
        self._all.append(interaction)
        self._waiting.append(interaction)
        return interaction

    def show(self, channel: SlackChannel | None, user: str | None, shown: Shown) -> None:
        """Hand something that names no interaction to the one that it answers.

        That is the one waiting longest among those of this channel and person which take answers
        by this way; where none waits, the last one answered. What was done in a modal or on the
        Home tab has no channel, and may be answered in any.
        """

        def fits(interaction: SlackInteraction) -> bool:
            return (
                shown.via in interaction.takes
                and (channel is None or interaction.channel in (None, channel))
                and user in (None, interaction.person.id)
            )

        self._waiting = [interaction for interaction in self._waiting if not interaction.answered]
        found = next(filter(fits, self._waiting), None) or next(
            filter(fits, reversed(self._all)), None
        )
        if found is not None:
            found.show(shown)
