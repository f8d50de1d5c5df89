"""Surfaces: the places on Slack where one person is shown a response, each with its own call."""

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
"""Slack's error if it is too late to open a modal: more than three seconds after the press."""
CLOSED = "not_found"
"""Slack's error if the modal that is to be updated was closed by its reader."""


@dataclass(frozen=True, slots=True)
class ModalFrame:
    """What a modal holds besides the response.

    A modal belongs to no channel. So `channel` and `reply_to`, which say where an answer could be
    posted, are kept in its `private_metadata`, which Slack sends with every press in it.
    """

    title: str
    close: str
    channel: str = ""
    reply_to: str = ""

    @classmethod
    def of(cls, title: str, caller: Caller) -> ModalFrame:
        """A frame with the caller's language, channel and message."""
        return cls(title, caller.say(CLOSE), caller.channel, caller.reply_to)

    def view(self, message: SlackMessage) -> dict[str, Any]:
        """The modal's view (https://docs.slack.dev/reference/views/modal-views)."""
        return {
            "type": "modal",
            "title": _label(self.title),
            "close": _label(self.close),
            "blocks": list(message.blocks),
            "private_metadata": json.dumps({"channel": self.channel, "reply_to": self.reply_to}),
        }


class Surface(Protocol):
    """A place that only one person sees."""

    async def show(self, response: Response) -> None:
        """Show a response. An `Aside` does not replace what is shown already."""


class CommandAcknowledgement:
    """The acknowledgement of a command, which can hold its answer."""

    def __init__(self) -> None:
        self.acknowledgement = BoltResponse(status=200)
        """What bolt sends to Slack; empty until a response is shown."""

    async def show(self, response: Response) -> None:
        """See `Surface.show`."""
        # The JSON is cached, for everyone who asks the same.
        body = (
            {"text": response.text}
            if isinstance(response, Aside)
            else render_response(response).encoded
        )
        self.acknowledgement = BoltResponse(status=200, body=body)


class DirectMessage:
    """A new message in a person's direct messages with the app."""

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
    """A message that only its reader sees, sent through a response_url; a response replaces it."""

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
    """A new message, sent through a command's response_url, that only its author sees."""

    def __init__(self, respond: AsyncRespond, session: ClientSession | None) -> None:
        self._respond = respond
        self._session = session

    async def show(self, response: Response) -> None:
        """See `Surface.show`."""
        await respond(self._respond, render_response(response).to_json(), self._session)


class NewModal:
    """A modal that is opened by a press, which allows that for three seconds.

    An `Aside` that comes later is sent as a message, if the event has a response_url.
    """

    def __init__(
        self, client: AsyncWebClient, trigger: str, frame: ModalFrame, respond: AsyncRespond
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
    """A modal that is open already; a response replaces its content."""

    def __init__(self, client: AsyncWebClient, view: str, trigger: str, frame: ModalFrame) -> None:
        self._client = client
        self._view = view
        self._trigger = trigger
        self._frame = frame

    async def show(self, response: Response) -> None:
        """See `Surface.show`. An `Aside` is a second modal on top. A closed modal is no error."""
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
