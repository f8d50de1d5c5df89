"""People use buttons, menus and inputs: in messages, in modals and on the Home tab."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from tests.contracts import slack as contract
from tests.standins.base import NotOfferedError
from tests.standins.recording import JSON
from tests.standins.slack_blocks import offered, option, typed_into, with_state
from tests.standins.slack_driver import SlackDriver
from tests.standins.slack_interactions import Shown, SlackReply
from tests.standins.slack_payloads import (
    action_payload,
    interactive_payload,
    message_container,
    view_action_payload,
    view_container,
)
from tests.standins.slack_state import SlackMessage, SlackPerson

# By which ways (see `Shown.via`) what people do is answered.
PRIVATELY = frozenset(
    {
        *("ack", "response_url", "chat.postEphemeral"),
        *("views.open", "views.push", "views.update"),
    }
)
_IN_VIEW = frozenset(
    {
        *("views.open", "views.push", "views.update", "views.publish"),
        *("chat.postMessage", "chat.postEphemeral"),
    }
)

# What has controls: a message, or a view by its JSON, of which the id counts.
Usable = SlackReply | SlackMessage | JSON


class SlackControls(SlackDriver):
    """What people do with what the bot has shown them."""

    async def press(
        self,
        on: Usable,
        action_id: str,
        *,
        value: str | None = None,
        user: SlackPerson | None = None,
        forged: bool = False,
    ) -> SlackReply:
        """Press a button and wait for what the person gets to see.

        ``value`` tells buttons with one action id apart. ``forged`` sends an action that is not
        offered, as a hostile client would.
        """
        if forged:
            action: JSON = {"type": "button", "action_id": action_id, "block_id": "forged"}
            action["value"] = value
            return await self._act(on, action, user)
        block, element = offered(self._blocks(on), action_id, value)
        action = {
            "type": element["type"],
            "action_id": action_id,
            "block_id": block["block_id"],
            "text": element.get("text"),
        }
        if "value" in element:
            action["value"] = element["value"]
        return await self._act(on, action, user)

    async def select(
        self,
        on: Usable,
        action_id: str,
        value: str,
        *,
        user: SlackPerson | None = None,
        forged: bool = False,
    ) -> SlackReply:
        """Choose from a menu and wait for what the person gets to see; ``forged`` as for `press`.

        For an external menu, ``value`` is one of those that `suggest` has returned.
        """
        chosen: JSON = {"text": {"type": "plain_text", "text": value}, "value": value}
        if forged:
            kind, block_id = "static_select", "forged"
        else:
            block, element = offered(self._blocks(on), action_id, None)
            kind, block_id = element["type"], block["block_id"]
            if kind != "external_select":
                chosen = option(element, value)
        action = {
            "type": kind,
            "action_id": action_id,
            "block_id": block_id,
            "selected_option": chosen,
        }
        return await self._act(on, action, user)

    async def type_in(
        self,
        on: Usable,
        action_id: str,
        text: str,
        *,
        user: SlackPerson | None = None,
        forged: bool = False,
    ) -> SlackReply:
        """Type into a text input of a modal or the Home tab, press Enter, and wait for the answer.

        Raises `NotOfferedError` where Enter sends nothing: the input block needs
        ``dispatch_action``. ``forged`` as for `press`.
        """
        view = self._view(on)
        if view is None:
            raise NotOfferedError("a modal or Home tab is needed to type into")
        block_id = "forged"
        if not forged:
            block_id = typed_into(self._blocks(on), action_id, text)["block_id"]
        action = {
            "type": "plain_text_input",
            "block_id": block_id,
            "action_id": action_id,
            "value": text,
        }
        return await self._act(on, action, user)

    async def suggest(
        self, on: Usable, action_id: str, query: str, *, user: SlackPerson | None = None
    ) -> list[JSON]:
        """The options that an external menu offers for what is typed so far."""
        block, _ = offered(self._blocks(on), action_id, None)
        view = self._view(on)
        source = None if view is not None else self._message(on)
        interaction = self._new(
            f"options of {action_id!r}",
            self._person(on, user),
            source.channel if source is not None else None,
            frozenset(),
            source,
        )
        payload = {
            **interactive_payload(interaction, "block_suggestion"),
            "action_id": action_id,
            "block_id": block["block_id"],
            "value": query,
        }
        if view is not None:
            payload |= view_container(view)
        elif source is not None:
            payload["container"] = message_container(source)
        await self._deliver(interaction, "interactive", payload)
        answer = interaction.ack_payload or {}
        self._check_ack(interaction, contract.suggestions(answer))
        groups = answer.get("option_groups") or []
        grouped = [each for group in groups for each in group["options"]]
        return [*(answer.get("options") or []), *grouped]

    async def submit(
        self,
        on: SlackReply | JSON,
        values: dict[str, dict[str, JSON]],
        *,
        user: SlackPerson | None = None,
        takes: Iterable[str] = ("ack", "views.update", "chat.postEphemeral", "chat.postMessage"),
    ) -> SlackReply:
        """Send a modal with ``values`` filled in: block id → action id → element state.

        The reply is the acknowledgement (errors, another view) or, where that is empty, the next
        thing that came by one of ``takes``; the modal is closed then.
        """
        view = self._view(on)
        if view is None:
            raise NotOfferedError("there is no modal to submit")
        if view["submit"] is None:
            raise NotOfferedError("the modal has no submit button")
        view["state"] = {"values": with_state(view["state"]["values"], values)}
        interaction = self._new(
            f"modal {view['callback_id']!r}",
            self._person(on, user),
            None,
            frozenset(takes),
            view_id=view["id"],
        )
        payload = {
            **interactive_payload(interaction, "view_submission"),
            "view": view,
            "response_urls": [],
        }
        await self._deliver(interaction, "interactive", payload)
        ack = interaction.ack_payload or {}
        if "view" in ack:
            self._check_ack(interaction, contract.modal(ack["view"]))
        shown = self.views.acknowledged(interaction, view, ack)
        if ack:
            interaction.show(Shown("ack", ack, view=shown))
        return await self._reply(interaction)

    # Inside

    def _view(self, on: Usable) -> JSON | None:
        """The modal or Home tab as it is now, or None for a message."""
        if isinstance(on, SlackMessage):
            return None
        shown = on if isinstance(on, dict) else on.view
        if shown is None:
            return None
        view = self.views.by_id.get(shown["id"])
        if view is None:
            raise NotOfferedError(f"view {shown['id']} is no longer there")
        stack = self.views.open.get(self.views.owners[view["id"]], [])
        if view["type"] == "modal" and stack[-1] != view["id"]:
            raise NotOfferedError(f"view {view['id']} lies below another")
        return view

    @staticmethod
    def _message(on: Usable) -> SlackMessage:
        assert not isinstance(on, dict)
        return on.message if isinstance(on, SlackReply) else on

    def _blocks(self, on: Usable) -> list[JSON]:
        view = self._view(on)
        return list(view["blocks"]) if view is not None else self._message(on).blocks

    def _person(self, on: Usable, user: SlackPerson | None) -> SlackPerson:
        if user is not None:
            return user
        view = self._view(on)
        if view is not None:
            return self.people[self.views.owners[view["id"]]]
        return on.interaction.person if isinstance(on, SlackReply) else self.member

    async def _act(self, on: Usable, action: JSON, user: SlackPerson | None) -> SlackReply:
        what, person = f"use of {action['action_id']!r}", self._person(on, user)
        view = self._view(on)
        if view is not None:
            self._fill_in(view, action)
            interaction = self._new(what, person, None, _IN_VIEW, view_id=view["id"])
            payload = view_action_payload(interaction, copy.deepcopy(view), action)
            return await self._ask(interaction, "interactive", payload)
        source = self._message(on)
        interaction = self._new(what, person, source.channel, PRIVATELY, source)
        payload = action_payload(interaction, self._response_url(interaction), action)
        return await self._ask(interaction, "interactive", payload)

    @staticmethod
    def _fill_in(view: JSON, action: JSON) -> None:
        """What was typed or chosen becomes part of the view's state."""
        filled = view["state"]["values"].get(action["block_id"], {}).get(action["action_id"])
        if filled is not None:
            for key in ("value", "selected_option"):
                if key in action:
                    filled[key] = action[key]
