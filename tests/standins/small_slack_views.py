"""Modals and a Home tab for the small slack-bolt app, for the tests of the stand-in itself."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.standins.small_slack_app import JSON, plain


def blocks(text: str) -> list[JSON]:
    """A text, a search field and some controls."""
    options = [{"text": plain(value.title()), "value": value} for value in ("forms", "reports")]
    return [
        {"type": "header", "text": plain(text)},
        {
            "type": "input",
            "block_id": "search",
            "dispatch_action": True,
            "label": plain("Question"),
            "element": {"type": "plain_text_input", "action_id": "ask", "max_length": 20},
        },
        {
            "type": "actions",
            "block_id": "controls",
            "elements": [
                {"type": "button", "action_id": "update", "text": plain("Next"), "value": "n"},
                {"type": "button", "action_id": "push", "text": plain("More"), "value": "m"},
                {"type": "button", "action_id": "post", "text": plain("Post")},
                {"type": "static_select", "action_id": "topics", "options": options},
                {"type": "external_select", "action_id": "lookup", "min_query_length": 1},
            ],
        },
    ]


def modal(text: str, **changes: Any) -> JSON:
    """A modal of the small app's."""
    return {
        "type": "modal",
        "callback_id": "ask",
        "private_metadata": "kept",
        "title": plain("Answer"),
        "submit": plain("Ask"),
        "blocks": blocks(text),
        **changes,
    }


class Views:
    """Adds modals and a Home tab to an app; ``seen`` is what it got, ``errors`` its refusals."""

    def __init__(self, app: AsyncApp) -> None:
        self.seen: list[JSON] = []
        self.errors: list[str] = []
        self.ack: JSON = {}
        app.command("/modal")(self.on_command)
        app.event("app_home_opened")(self.on_home)
        app.options("lookup")(self.on_typing)
        app.view("ask")(self.on_submit)
        for action in ("update", "push", "post", "topics", "lookup", "ask"):
            app.action(action)(self.on_action)

    async def on_command(self, ack: Any, body: JSON, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal("First"))

    async def on_home(self, event: JSON, body: JSON, client: AsyncWebClient) -> None:
        self.seen.append(body)
        view = {"type": "home", "blocks": blocks("Welcome")}
        await client.views_publish(user_id=event["user"], view=view)

    async def on_typing(self, ack: Any, body: JSON) -> None:
        self.seen.append(body)
        await ack(options=[{"text": plain(body["value"]), "value": "found"}])

    async def on_submit(self, ack: Any, body: JSON) -> None:
        self.seen.append(body)
        await ack(**self.ack)

    async def on_action(self, ack: Any, body: JSON, client: AsyncWebClient) -> None:
        await ack()
        self.seen.append(body)
        action, view = body["actions"][0], body["view"]
        said = action.get("value") or (action.get("selected_option") or {}).get("value")
        if action["action_id"] == "post":
            await client.chat_postMessage(channel="C00000001", text="posted")
        elif action["action_id"] == "push":
            pushed = client.views_push(trigger_id=body["trigger_id"], view=modal("Pushed"))
            try:
                await pushed
            except Exception as error:
                self.errors.append(error.response["error"])  # type: ignore[attr-defined]
        elif view["type"] == "home":
            await client.views_publish(
                user_id=body["user"]["id"], view={"type": "home", "blocks": blocks(f"Got {said}")}
            )
        else:
            await client.views_update(
                view_id=view["id"], hash=view["hash"], view=modal(f"Got {said}")
            )
