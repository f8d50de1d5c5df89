"""Stand-in Slack's methods for files, and what is sent to a response_url."""

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
from tests.standins.slack_said import EveryoneSees
from tests.standins.slack_state import (
    Check,
    Method,
    SlackError,
    edit_message,
    fresh_id,
    new_message,
    remove_message,
)


class Surfaces:
    """Uploaded files, and messages sent to a response_url or with an acknowledgement."""

    def __init__(
        self,
        *,
        interactions: Interactions,
        upload_url: Callable[[str], str],
        check: Check,
        everyone_sees: EveryoneSees,
    ) -> None:
        self._interactions = interactions
        self._upload_url = upload_url
        self._check = check
        self._everyone_sees = everyone_sees
        self.files: dict[str, JSON] = {}
        self.methods: dict[str, Method] = {
            "files.getUploadURLExternal": self.upload_address,
            "files.completeUploadExternal": self.complete_upload,
        }

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
            self._everyone_sees.note(via, source, is_edit=True)
            return Shown(via, body, source, replaced_original=True)
        assert interaction.channel is not None
        public = body.get("response_type") == "in_channel"
        message = new_message(
            interaction.channel, body, seen_by=None if public else interaction.person.id
        )
        if public:
            interaction.channel.messages[message.ts] = message
            self._everyone_sees.note(via, message)
        return Shown(via, body, message)


def _response_url_error(error: str) -> web.Response:
    return json_response({"ok": False, "error": error}, status=404)
