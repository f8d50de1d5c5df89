"""A small slack-bolt app, for the tests of the stand-in itself."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.slack import SlackStandIn

JSON = dict[str, Any]


def plain(text: str) -> JSON:
    return {"type": "plain_text", "text": text}


def answer_blocks(text: str) -> list[JSON]:
    """A text with buttons and menus below it."""
    options = [{"text": plain(value.title()), "value": value} for value in ("forms", "reports")]
    return [
        {"type": "section", "text": {"type": "mrkdwn", "text": text}},
        {
            "type": "actions",
            "elements": [
                {"type": "button", "action_id": "next", "text": plain("Next"), "value": "n"},
                {"type": "button", "action_id": "modal", "text": plain("Ask"), "value": "m"},
                {"type": "static_select", "action_id": "menu", "options": options},
                {"type": "external_select", "action_id": "find", "min_query_length": 1},
            ],
        },
    ]


MODAL: JSON = {
    "type": "modal",
    "callback_id": "ask",
    "title": plain("Ask"),
    "submit": plain("Send"),
    "blocks": [
        {
            "type": "input",
            "block_id": "question",
            "label": plain("Question"),
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


def small_app(standin: SlackStandIn) -> AsyncApp:
    """A bot that answers, and whose buttons and menus replace the answer."""
    client = AsyncWebClient(token=standin.bot_token, base_url=standin.api_url)
    app = AsyncApp(name="small", client=client, signing_secret="unused in Socket Mode")

    @app.command("/ldn")
    async def ldn(ack: Any, respond: Any, command: JSON) -> None:
        await ack()
        text = f"About {command['text']}"
        await respond(text=text, blocks=answer_blocks(text), response_type="ephemeral")

    @app.action("next")
    async def on_next(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="Next", blocks=answer_blocks("Next"), replace_original=True)

    @app.action("menu")
    @app.action("find")
    async def on_choice(ack: Any, respond: Any, action: JSON) -> None:
        await ack()
        await respond(text=action["selected_option"]["value"], replace_original=True)

    @app.options("find")
    async def on_typing(ack: Any, payload: JSON) -> None:
        await ack(options=[{"text": plain(payload["value"]), "value": "found"}])

    return app


@asynccontextmanager
async def running(app: AsyncApp, standin: SlackStandIn) -> AsyncIterator[AsyncSocketModeHandler]:
    """An app that is connected until the block ends."""
    handler = AsyncSocketModeHandler(app, standin.app_token, ping_interval=0.2)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # bolt leaves it untyped
    try:
        await standin.connected()
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # bolt leaves it untyped


async def error_of(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])
