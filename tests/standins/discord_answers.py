"""Stand-in Discord's routes for interactions: callbacks, answers, follow-ups."""

from __future__ import annotations

from collections.abc import Iterator

from aiohttp import web

from tests.contracts import Problem
from tests.contracts import discord as contract
from tests.standins.base import json_response
from tests.standins.discord_errors import (
    ALREADY_ANSWERED,
    INVALID_WEBHOOK_TOKEN,
    TOO_MANY_FOLLOW_UPS,
    UNKNOWN_INTERACTION,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    Check,
    DiscordError,
    answering_errors,
    refuse,
)
from tests.standins.discord_interactions import (
    ALLOWED_CALLBACKS,
    CHOICES,
    COMPONENT_TYPE,
    DEFERRED,
    DEFERRED_UPDATE,
    FOLLOW_UPS_USER_INSTALL,
    MODAL,
    UPDATE,
    Interaction,
)
from tests.standins.discord_said import EveryoneSees
from tests.standins.discord_state import (
    EPHEMERAL,
    Message,
    Place,
    edit_message,
    new_message,
    not_empty,
    remove_message,
)
from tests.standins.recording import JSON, Call, Handler

CALLBACK = "/interactions/{interaction_id}/{interaction_token}/callback"
WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
ORIGINAL = f"{WEBHOOK}/messages/@original"
WEBHOOK_MESSAGE = f"{WEBHOOK}/messages/{{message_id}}"

# Routes that are authorised by the token in their path.
WITHOUT_AUTHORIZATION = frozenset({CALLBACK, WEBHOOK, ORIGINAL, WEBHOOK_MESSAGE})


class Answers:
    """The routes, over the interactions that they answer."""

    def __init__(
        self,
        *,
        me: JSON,
        interactions: dict[str, Interaction],
        check: Check,
        everyone_sees: EveryoneSees,
    ) -> None:
        self.me = me
        self.application_id = str(me["id"])
        self.interactions = interactions
        self.messages: dict[str, Message] = {}  # every answer there is, the private ones included
        self._check = check
        self._everyone_sees = everyone_sees

    def routes(self) -> Iterator[tuple[str, str, Handler]]:
        """(method, template, handler), most specific first."""
        table: list[tuple[str, str, Handler]] = [
            ("POST", CALLBACK, self.post_callback),
            ("POST", WEBHOOK, self.post_follow_up),
            ("GET", ORIGINAL, self.get_answer),
            ("GET", WEBHOOK_MESSAGE, self.get_answer),
            ("PATCH", ORIGINAL, self.patch_answer),
            ("PATCH", WEBHOOK_MESSAGE, self.patch_answer),
            ("DELETE", ORIGINAL, self.delete_answer),
            ("DELETE", WEBHOOK_MESSAGE, self.delete_answer),
        ]
        for method, template, handler in table:
            yield method, template, answering_errors(handler)

    async def post_callback(self, call: Call) -> web.Response:
        interaction = self.interactions.get(call.params["interaction_token"])
        if (
            interaction is None
            or interaction.id != call.params["interaction_id"]
            or interaction.expired
        ):
            raise UNKNOWN_INTERACTION
        if interaction.callback_type is not None:
            raise ALREADY_ANSWERED
        try:
            refuse(self._check(call, contract.callback(call.body, call.uploads)))
            refuse(self._check(call, _fitting(interaction, call.body["type"])))
        except DiscordError as error:
            interaction.refusals.append(f"{error.message} {error.errors}")
            raise
        self._take_callback(interaction, call)
        interaction.called_back.set()
        if call.query.get("with_response", "").lower() not in ("true", "1"):
            return web.Response(status=204)
        return json_response(_callback_response(interaction))

    def _take_callback(self, interaction: Interaction, call: Call) -> None:
        kind, data = call.body["type"], call.body.get("data") or {}
        interaction.callback_type, interaction.callback_data = kind, data
        if kind in (CHOICES, MODAL):
            return
        if kind in (UPDATE, DEFERRED_UPDATE):
            interaction.original = interaction.source
            if kind == UPDATE and interaction.source is not None:
                edit_message(interaction.source, data, uploads=call.uploads)
                self._everyone_sees.note(call, interaction.source, is_edit=True)
                interaction.show(interaction.source)
            return
        interaction.loading = kind == DEFERRED
        interaction.original = self._answer_message(interaction, data, call)
        if not interaction.loading:
            interaction.show(interaction.original)

    def _answer_message(self, interaction: Interaction, data: JSON, call: Call) -> Message:
        message = new_message(
            interaction.channel,
            self.me,
            data,
            application_id=self.application_id,
            uploads=call.uploads,
        )
        if interaction.forced_private:
            message.data["flags"] |= EPHEMERAL
        message.data["interaction_metadata"] = {
            "id": interaction.id,
            "type": interaction.type,
            "user": interaction.person.as_user(),
            "authorizing_integration_owners": {},
        }
        message.data["webhook_id"] = self.application_id
        interaction.messages[message.id] = message
        self.messages[message.id] = message
        if not message.ephemeral:
            interaction.channel.messages[message.id] = message
        self._everyone_sees.note(call, message)
        return message

    async def post_follow_up(self, call: Call) -> web.Response:
        interaction = self._by_webhook(call)
        refuse(self._check(call, contract.follow_up(call.body, call.uploads)))
        not_empty(call)
        if interaction.loading and interaction.original is not None:
            # The first follow-up after a defer takes the place of "thinking …", and with it the
            # privacy that the defer has fixed.
            message = interaction.original
            edit_message(message, call.body, uploads=call.uploads)
            self._everyone_sees.note(call, message, is_edit=True)
            interaction.loading = False
        else:
            interaction.follow_ups += 1
            if (
                interaction.place is Place.USER_INSTALL
                and interaction.follow_ups > FOLLOW_UPS_USER_INSTALL
            ):
                raise TOO_MANY_FOLLOW_UPS
            message = self._answer_message(interaction, call.body, call)
        interaction.show(message)
        return json_response(message.data)

    async def get_answer(self, call: Call) -> web.Response:
        return json_response(self._answered(call).data)

    async def patch_answer(self, call: Call) -> web.Response:
        interaction = self._by_webhook(call)
        message = self._answered(call)
        refuse(self._check(call, contract.original_edit(call.body, call.uploads)))
        edit_message(message, call.body, uploads=call.uploads)
        self._everyone_sees.note(call, message, is_edit=True)
        interaction.loading = False
        interaction.show(message)
        return json_response(message.data)

    async def delete_answer(self, call: Call) -> web.Response:
        remove_message(self._answered(call))
        return web.Response(status=204)

    def _by_webhook(self, call: Call) -> Interaction:
        interaction = self.interactions.get(call.params["webhook_token"])
        mine = call.params["webhook_id"] == self.application_id
        if not mine or interaction is None or interaction.expired:
            raise INVALID_WEBHOOK_TOKEN
        if interaction.callback_type is None:
            raise UNKNOWN_WEBHOOK
        return interaction

    def _answered(self, call: Call) -> Message:
        interaction = self._by_webhook(call)
        message_id = call.params.get("message_id", "@original")
        if message_id == "@original":
            message = interaction.original
        else:
            message = interaction.messages.get(message_id)
        if message is None or message.deleted:
            raise UNKNOWN_MESSAGE
        return message


def _fitting(interaction: Interaction, kind: int) -> Iterator[Problem]:
    if kind not in ALLOWED_CALLBACKS[interaction.type]:
        yield Problem(
            "type", f"type {kind} cannot answer an interaction of type {interaction.type}"
        )
    if kind in (UPDATE, DEFERRED_UPDATE) and interaction.source is None:
        yield Problem("type", f"type {kind} needs a message to update")


def _callback_response(interaction: Interaction) -> JSON:
    """What Discord answers where the caller wants to see what came of it."""
    kind, original = interaction.callback_type, interaction.original
    told: JSON = {"id": interaction.id, "type": interaction.type}
    resource: JSON = {"type": kind}
    if kind not in (CHOICES, MODAL) and original is not None:
        told["response_message_id"] = original.id
        told["response_message_loading"] = kind == DEFERRED
        told["response_message_ephemeral"] = original.ephemeral
        if kind != DEFERRED_UPDATE:
            resource["message"] = original.data
    if interaction.type == COMPONENT_TYPE:
        told["response_message_loading"] = kind in (DEFERRED, DEFERRED_UPDATE)
    return {"interaction": told, "resource": resource}
