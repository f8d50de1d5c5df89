"""Where an answer is shown on Slack: a message that only its reader sees, or a modal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import ClientSession
from slack_bolt.async_app import AsyncRespond
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.conversation import Aside, Caller, Response
from adapters.slack.errors import error_name
from adapters.slack.render import SlackMessage, render_response
from adapters.slack.response_url import respond
from adapters.wording import CLOSE
from knowledge.actions import clip

TITLE_LIMIT = 24
"""Characters of a modal's title, and of its buttons."""
EXPIRED = "expired_trigger_id"
"""What Slack says where it is too late to open a modal."""
CLOSED = "not_found"
"""What Slack says of a modal that its reader has closed meanwhile: nobody is left to read there."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds an answer in a modal.

    `channel` and `reply_to` say where an answer could be posted; they come back with every press,
    for a modal stands in no channel.
    """

    title: str
    close: str
    channel: str = ""
    reply_to: str = ""

    @classmethod
    def of(cls, title: str, caller: Caller) -> Frame:
        """A frame for someone, with what a later press has to know."""
        return cls(title, caller.say(CLOSE), caller.channel, caller.reply_to)

    def view(self, message: SlackMessage) -> dict[str, Any]:
        """The modal: https://docs.slack.dev/reference/views/modal-views."""
        return {
            "type": "modal",
            "title": _label(self.title),
            "close": _label(self.close),
            "blocks": list(message.blocks),
            "private_metadata": json.dumps({"channel": self.channel, "reply_to": self.reply_to}),
        }


class Surface(Protocol):
    """Where one person reads, and nobody else."""

    async def show(self, response: Response) -> None:
        """Show something; a sentence beside leaves what stands there."""


class CommandAcknowledgement:
    """The answer to a command, in the acknowledgement itself."""

    def __init__(self) -> None:
        self.acknowledgement = BoltResponse(status=200)
        """What acknowledges the command; with nothing to read until something is shown."""

    async def show(self, response: Response) -> None:
        """See `Surface.show`."""
        # Encoded once, for everyone who asks the same.
        body = (
            {"text": response.text}
            if isinstance(response, Aside)
            else render_response(response).encoded
        )
        self.acknowledgement = BoltResponse(status=200, body=body)


class DirectMessage:
    """A message in the conversation that someone has with the app alone."""

    def __init__(self, client: AsyncWebClient, channel: str, thread: str | None) -> None:
        self._client = client
        self._channel = channel
        self._thread = thread

    async def show(self, response: Response) -> None:
        """See `Surface.show`."""
        await self._client.chat_postMessage(
            channel=self._channel, thread_ts=self._thread, **render_response(response).content()
        )


class PrivateMessage:
    """A message that only its reader sees, replaced at every press."""

    def __init__(self, respond: AsyncRespond, session: ClientSession | None) -> None:
        self._respond = respond
        self._session = session

    async def show(self, response: Response) -> None:
        """See `Surface.show`."""
        if isinstance(response, Aside):
            aside = {"text": response.text, "response_type": "ephemeral", "replace_original": False}
            await respond(self._respond, aside, self._session)
        else:
            message = {**render_response(response).to_json(), "replace_original": True}
            await respond(self._respond, message, self._session)


class CommandFollowUp:
    """A message beside others, that only the one who typed a command sees."""

    def __init__(self, respond: AsyncRespond, session: ClientSession | None) -> None:
        self._respond = respond
        self._session = session

    async def show(self, response: Response) -> None:
        """See `Surface.show`."""
        await respond(self._respond, render_response(response).to_json(), self._session)


class NewModal:
    """A modal that opens; the press that asks for it is good for three seconds.

    A sentence that comes too late for that is a message, where one can be sent.
    """

    def __init__(
        self, client: AsyncWebClient, trigger: str, frame: Frame, respond: AsyncRespond
    ) -> None:
        self._client = client
        self._trigger = trigger
        self._frame = frame
        self._respond = respond

    async def show(self, response: Response) -> None:
        """See `Surface.show`."""
        view = self._frame.view(render_response(response))
        try:
            await self._client.views_open(trigger_id=self._trigger, view=view)
        except SlackApiError as error:
            can_be_told = isinstance(response, Aside) and self._respond.response_url
            if error_name(error) != EXPIRED or not can_be_told:
                raise
            await PrivateMessage(self._respond, self._client.session).show(response)


class OpenModal:
    """A modal that is open."""

    def __init__(self, client: AsyncWebClient, view: str, trigger: str, frame: Frame) -> None:
        self._client = client
        self._view = view
        self._trigger = trigger
        self._frame = frame

    async def show(self, response: Response) -> None:
        """See `Surface.show`. A sentence is laid on top."""
        view = self._frame.view(render_response(response))
        if isinstance(response, Aside):
            await self._client.views_push(trigger_id=self._trigger, view=view)
            return
        try:
            await self._client.views_update(view_id=self._view, view=view)
        except SlackApiError as error:
            if error_name(error) != CLOSED:
                raise


def _label(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": clip(text, TITLE_LIMIT), "emoji": False}
