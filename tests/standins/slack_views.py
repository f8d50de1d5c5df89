"""Stand-in Slack's modals and Home tabs, and the methods for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.contracts import Problem
from tests.contracts import slack as contract
from tests.standins.recording import JSON, Call
from tests.standins.slack_blocks import state_values
from tests.standins.slack_interactions import Interactions, Shown, SlackInteraction
from tests.standins.slack_state import (
    APP_ID,
    BOT_ID,
    TEAM_ID,
    Check,
    Method,
    SlackError,
    fresh_id,
    refuse,
    timestamp,
    with_block_ids,
)

MODALS_DEEP = 3


class Views:
    """Every modal and Home tab by id, as it is now, and each person's open modals."""

    def __init__(
        self, *, interactions: Interactions, check: Check, now: Callable[[], float]
    ) -> None:
        self._interactions = interactions
        self._check = check
        self._now = now
        self.by_id: dict[str, JSON] = {}
        self.homes: dict[str, JSON] = {}  # by person
        self.open: dict[str, list[str]] = {}  # by person: the ids of the stack, topmost last
        self.owners: dict[str, str] = {}  # by view: the person who sees it
        self.methods: dict[str, Method] = {
            "views.open": self.open_view,
            "views.push": self.push_view,
            "views.update": self.update_view,
            "views.publish": self.publish,
        }

    # Methods

    async def open_view(self, call: Call) -> JSON:
        interaction = self._by_trigger(call)
        if interaction.view_id not in self._stack(interaction):
            self._close_all(interaction.person.id)
        return self._put_on_top(call, interaction)

    async def push_view(self, call: Call) -> JSON:
        interaction = self._by_trigger(call)
        if interaction.view_id not in self._stack(interaction):
            raise SlackError("not_found")
        return self._put_on_top(call, interaction)

    async def update_view(self, call: Call) -> JSON:
        known = self._find(call.body.get("view_id"), call.body.get("external_id"))
        owner = self.owners[known["id"]]
        self._refuse(call, contract.home if known["type"] == "home" else contract.modal)
        self._same_hash(call, known)
        view = self._replace(known, call.body["view"])
        self._interactions.show(None, owner, Shown(call.route, call.body, view=view))
        return {"view": view}

    async def publish(self, call: Call) -> JSON:
        self._refuse(call, contract.home)
        user = str(call.body.get("user_id"))
        known = self.homes.get(user)
        if known is None:
            self.homes[user] = view = self._store(user, call.body["view"])
        else:
            self._same_hash(call, known)
            view = self._replace(known, call.body["view"])
        self._interactions.show(None, user, Shown(call.route, call.body, view=view))
        return {"view": view}

    # What people do, and the acknowledgement of a submission

    def close(self, view: JSON) -> None:
        """A modal is sent or closed: the one below it is seen again."""
        stack = self.open.get(self.owners.get(view["id"], ""), [])
        if view["id"] in stack:
            stack.remove(view["id"])
            self.by_id.pop(view["id"], None)

    def acknowledged(self, interaction: SlackInteraction, view: JSON, ack: JSON) -> JSON | None:
        """What the acknowledgement of a submitted modal does; returns the view that it shows."""
        action = ack.get("response_action")
        if action == "clear":
            self._close_all(interaction.person.id)
        elif action == "update":
            return self._replace(view, ack["view"])
        elif action == "push":
            return self._pushed(interaction, ack["view"])
        elif action is None:
            self.close(view)
        return None

    # Inside

    def _stack(self, interaction: SlackInteraction) -> list[str]:
        return self.open.setdefault(interaction.person.id, [])

    def _close_all(self, person: str) -> None:
        for view_id in self.open.pop(person, []):
            self.by_id.pop(view_id, None)

    def _put_on_top(self, call: Call, interaction: SlackInteraction) -> JSON:
        try:
            self._refuse(call, contract.modal)
        except SlackError as error:
            interaction.refusals.append(f"{error.error} {error.more}")
            raise
        view = self._pushed(interaction, call.body["view"])
        interaction.trigger_used = True
        interaction.show(Shown(call.route, call.body, view=view))
        return {"view": view}

    def _pushed(self, interaction: SlackInteraction, sent: JSON) -> JSON:
        stack = self._stack(interaction)
        if len(stack) >= MODALS_DEEP:
            raise SlackError("push_limit_reached")
        view = self._store(interaction.person.id, sent)
        if stack:
            view["previous_view_id"], view["root_view_id"] = stack[-1], stack[0]
        stack.append(view["id"])
        return view

    def _store(self, person: str, sent: JSON) -> JSON:
        view_id = fresh_id("V")
        external_id = sent.get("external_id")
        if external_id and any(v["external_id"] == external_id for v in self.by_id.values()):
            raise SlackError("duplicate_external_id")
        view: JSON = {"id": view_id, "root_view_id": view_id, "previous_view_id": None}
        self.by_id[view_id] = view
        self.owners[view_id] = person
        return self._replace(view, sent)

    @staticmethod
    def _replace(view: JSON, sent: JSON) -> JSON:
        """Put in the view what was sent, filled up as Slack does; what was typed stays."""
        blocks = with_block_ids(sent["blocks"])
        before = view.get("state", {}).get("values", {})
        title = {"type": "plain_text", "text": "View Title", "emoji": True}
        view.update(
            {
                "team_id": TEAM_ID,
                "type": sent["type"],
                "blocks": blocks,
                "private_metadata": sent.get("private_metadata") or "",
                "callback_id": sent.get("callback_id") or "",
                "external_id": sent.get("external_id") or "",
                "state": {"values": state_values(blocks, before)},
                "hash": timestamp(),
                "title": sent.get("title") or title,
                "close": sent.get("close"),
                "submit": sent.get("submit"),
                "clear_on_close": bool(sent.get("clear_on_close")),
                "notify_on_close": bool(sent.get("notify_on_close")),
                "app_id": APP_ID,
                "app_installed_team_id": TEAM_ID,
                "bot_id": BOT_ID,
            }
        )
        return view

    def _find(self, view_id: object, external_id: object) -> JSON:
        for known in self.by_id.values():
            if known["id"] == view_id or (external_id and known["external_id"] == external_id):
                return known
        raise SlackError("not_found")

    def _refuse(self, call: Call, check: Callable[[object], Iterator[Problem]]) -> None:
        refuse(call, self._check(call, check(call.body.get("view"))))

    @staticmethod
    def _same_hash(call: Call, known: JSON) -> None:
        if call.body.get("hash") not in (None, known["hash"]):
            raise SlackError("hash_conflict")

    def _by_trigger(self, call: Call) -> SlackInteraction:
        interaction = self._interactions.by_trigger.get(str(call.body.get("trigger_id")))
        if interaction is None:
            raise SlackError("invalid_trigger_id")
        if interaction.trigger_used:
            raise SlackError("exchanged_trigger_id")
        if interaction.trigger_expired(self._now()):
            raise SlackError("expired_trigger_id")
        return interaction
