"""What the bot said that everyone in a channel sees."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from tests.standins.recording import JSON
from tests.standins.slack_blocks import text_of
from tests.standins.slack_state import SlackChannel, SlackMessage


@dataclass(frozen=True)
class Said:
    """A message of the bot, or an edit of one, as everyone in the channel saw it then.

    ``method`` is a Web API method, ``response_url`` or ``ack``.
    """

    method: str
    channel: SlackChannel
    ts: str
    text: str
    blocks: list[JSON]
    thread_ts: str | None
    is_edit: bool

    @property
    def everything(self) -> str:
        """The text and, below it, all text of the blocks."""
        return "\n".join(filter(None, (self.text, text_of(self.blocks))))


class EveryoneSees(list[Said]):
    """Every message and edit that a whole channel saw, oldest first.

    Neither ephemeral messages nor those in a direct message with the bot are here.
    """

    def note(self, method: str, message: SlackMessage, *, is_edit: bool = False) -> None:
        """Add the message as it is now, unless one person alone sees it."""
        if message.ephemeral or message.channel.is_im:
            return
        blocks = copy.deepcopy(message.blocks)
        self.append(
            Said(
                method,
                message.channel,
                message.ts,
                message.text,
                blocks,
                message.thread_ts,
                is_edit,
            )
        )
