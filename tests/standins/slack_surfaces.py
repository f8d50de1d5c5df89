"""Stand-in Slack's methods for modals, Home tabs and files, and response_url."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from tests.contracts import slack as contract
from tests.standins.base import json_response
from tests.standins.recording import JSON, Call
from tests.standins.slack_interactions import (
    RESPONSE_URL_USES,
    Interactions,
    Shown,
    SlackInteraction,
)
from tests.standins.slack_state import (
    Check,
    Method,
    SlackError,
    edit_message,
    fresh_id,
    new_message,
    refuse,
    remove_message,
    timestamp,
    with_block_ids,
)


class Surfaces:
    """Modals and Home tabs by id, uploaded files, and messages sent to a response_url."""

    def __init__(
        self,
        *,
        interactions: Interactions,
        upload_url: Callable[[str], str],
        check: Check,
        now: Callable[[], float],
    ) -> None:
        self._interactions = interactions
        self._upload_url = upload_url
        self._check = check
        self._now = now
        self.views: dict[str, JSON] = {}
        self.homes: dict[str, JSON] = {}  # by person
        self.files: dict[str, JSON] = {}
        self.methods: dict[str, Method] = {
            "views.open": self.open_view,
            "views.push": self.open_view,
            "views.update": self.update_view,
            "views.publish": self.publish,
            "files.getUploadURLExternal": self.upload_address,
            "files.completeUploadExternal": self.complete_upload,
        }

    # Views

    async def open_view(self, call: Call) -> JSON:
        interaction = self._by_trigger(call)
        refuse(call, self._check(call, contract.view(call.body.get("view"))))
        view = self._stored({**call.body["view"], "id": fresh_id("V")})
        interaction.show(Shown(call.route, call.body, view=view))
        return {"view": view}

    async def update_view(self, call: Call) -> JSON:
        refuse(call, self._check(call, contract.view(call.body.get("view"))))
        wanted = call.body.get("view_id"), call.body.get("external_id")
        for known in self.views.values():
            if known["id"] == wanted[0] or (wanted[1] and known.get("external_id") == wanted[1]):
                if call.body.get("hash") not in (None, known["hash"]):
                    raise SlackError("hash_conflict")
                view = self._stored({**call.body["view"], "id": known["id"]})
                self._interactions.show(None, None, Shown(call.route, call.body, view=view))
                return {"view": view}
        raise SlackError("not_found")

    async def publish(self, call: Call) -> JSON:
        refuse(call, self._check(call, contract.view(call.body.get("view"))))
        user = str(call.body.get("user_id"))
        view = self._stored({**call.body["view"], "id": fresh_id("V")})
        self.homes[user] = view
        self._interactions.show(None, user, Shown(call.route, call.body, view=view))
        return {"view": view}

    def _stored(self, view: JSON) -> JSON:
        stored = {**view, "hash": timestamp(), "blocks": with_block_ids(view["blocks"])}
        self.views[view["id"]] = stored
        return stored

    def _by_trigger(self, call: Call) -> SlackInteraction:
        interaction = self._interactions.by_trigger.get(str(call.body.get("trigger_id")))
        if interaction is None:
            raise SlackError("invalid_trigger_id")
        if interaction.trigger_used:
            raise SlackError("exchanged_trigger_id")
        if interaction.trigger_expired(self._now()):
            raise SlackError("expired_trigger_id")
        interaction.trigger_used = True
        return interaction

    # Files

    async def upload_address(self, call: Call) -> JSON:
        file_id = fresh_id("F")
        self.files[file_id] = {"id": file_id, "name": call.body.get("filename"), "size": None}
        return {"file_id": file_id, "upload_url": self._upload_url(file_id)}

    async def upload(self, call: Call) -> web.Response:
        """The bytes of a file, sent to the address given before."""
        file = self.files.get(call.params["file_id"])
        if file is None:
            return web.Response(status=404, text="no such upload")
        file["size"] = call.body["size"]
        return web.Response(text=f"OK - {file['size']}")

    async def complete_upload(self, call: Call) -> JSON:
        files = [self.files.get(file["id"]) for file in call.body["files"]]
        if None in files:
            raise SlackError("file_not_found")
        return {"files": files}

    # response_url

    async def respond(self, call: Call) -> web.Response:
        """A message sent to an interaction's response_url."""
        interaction = self._interactions.by_response_token.get(call.params["token"])
        if interaction is None:
            return _response_url_error("invalid_url")
        if interaction.response_url_expired:
            return _response_url_error("expired_url")
        if interaction.response_url_uses >= RESPONSE_URL_USES:
            return _response_url_error("used_url")
        interaction.response_url_uses += 1
        if problems := self._check(call, contract.message("response_url", call.body)):
            interaction.refusals.extend(map(str, problems))
            call.error = "invalid_blocks"
            return json_response({"ok": False, "error": "invalid_blocks"}, status=400)
        interaction.show(self.answer(interaction, "response_url", call.body))
        return web.Response(text="ok")

    def answer(self, interaction: SlackInteraction, via: str, body: JSON) -> Shown:
        """What a person sees of a message that came by response_url or with the ack."""
        source = interaction.source
        if source is not None and body.get("delete_original"):
            remove_message(source)
            return Shown(via, body, source, deleted_original=True)
        if source is not None and body.get("replace_original"):
            edit_message(source, body)
            return Shown(via, body, source, replaced_original=True)
        assert interaction.channel is not None
        public = body.get("response_type") == "in_channel"
        message = new_message(
            interaction.channel, body, seen_by=None if public else interaction.person.id
        )
        if public:
            interaction.channel.messages[message.ts] = message
        return Shown(via, body, message)


def _response_url_error(error: str) -> web.Response:
    return json_response({"ok": False, "error": error}, status=404)
