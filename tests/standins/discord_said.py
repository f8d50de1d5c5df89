"""What the bot said that everyone in a channel sees."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.standins.discord_files import Attachment
from tests.standins.discord_state import Channel, Message
from tests.standins.recording import JSON, Call


@dataclass(frozen=True)
class Said:
    """A message of the bot, or an edit of one, as everyone in the channel saw it then.

    ``method`` is the HTTP method and the route's template. A public "thinking …" is a message
    without content. ``reference`` is the message that it replies to.
    """

    method: str
    channel: Channel
    id: str
    content: str
    components: list[JSON]
    embeds: list[JSON]
    attachments: list[Attachment]
    reference: JSON | None
    is_edit: bool

    @property
    def everything(self) -> str:
        """All text of it: the content, the components', the embeds', and that of the files."""
        texts = [self.content, *_texts(self.components), *_texts(self.embeds)]
        return "\n".join([*filter(None, texts), *(each.text for each in self.attachments)])


_READ = frozenset({"content", "label", "placeholder", "title", "description", "name", "value"})


def _texts(thing: Any) -> Iterator[str]:
    """Whatever can be read in something and in all that is inside it."""
    if isinstance(thing, list):
        for each in thing:
            yield from _texts(each)
    elif isinstance(thing, dict):
        for key, value in thing.items():
            if isinstance(value, str):
                # An option's value is for the bot; that of an embed's field is to be read.
                if key in _READ and not (key == "value" and "label" in thing):
                    yield value
            else:
                yield from _texts(value)


class EveryoneSees(list[Said]):
    """Every message and edit that a whole channel saw, oldest first.

    Neither ephemeral messages, nor those in a direct message with the bot, nor notices of pins are
    here.
    """

    def note(self, call: Call, message: Message, *, is_edit: bool = False) -> None:
        """Add the message as it is now, unless one person alone sees it."""
        if message.ephemeral or not message.channel.public:
            return
        data = copy.deepcopy(message.data)
        self.append(
            Said(
                f"{call.method} {call.route}",
                message.channel,
                message.id,
                message.content,
                data["components"],
                data["embeds"],
                list(message.attachments),
                data.get("message_reference"),
                is_edit,
            )
        )
