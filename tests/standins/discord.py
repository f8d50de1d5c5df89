"""Stand-in Discord, driven by what people would do.

    async with DiscordStandIn(token="secret") as discord:
        ...start the bot with discord.api_url and discord.gateway_url...
        await discord.connected()
        reply = await discord.command("ldn", {"question": "how does it work"})
        assert reply.ephemeral
        reply = await discord.press(reply, reply.custom_ids[0])

What the platform itself does is in `tests.standins.discord_server`, whose attributes are all here.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Sequence
from typing import TypedDict, Unpack

from tests.standins.base import NotConnectedError, NotOfferedError, UnansweredError
from tests.standins.discord_errors import DiscordError
from tests.standins.discord_faults import rate_limited, refused, server_error
from tests.standins.discord_files import Attachment
from tests.standins.discord_interactions import (
    AUTOCOMPLETE_TYPE,
    COMMAND_TYPE,
    COMPONENT_TYPE,
    FIRST_ANSWER_S,
    MODAL,
    MODAL_TYPE,
    Interaction,
    Reply,
    Shown,
    check_options,
    check_place,
    command_data,
    control,
    filled_in,
    payload,
)
from tests.standins.discord_said import Said
from tests.standins.discord_server import DiscordServer
from tests.standins.discord_state import (
    APPLICATION_ID,
    MEMBER,
    MODERATOR,
    Channel,
    Message,
    Permission,
    Person,
    Place,
    new_message,
    snowflake,
)
from tests.standins.recording import JSON

__all__ = [
    "MEMBER",
    "MODERATOR",
    "Attachment",
    "Channel",
    "DiscordError",
    "DiscordStandIn",
    "Message",
    "Permission",
    "Person",
    "Place",
    "Reply",
    "Said",
    "rate_limited",
    "refused",
    "server_error",
]


class By(TypedDict, total=False):
    """Who does something, by default the stand-in's ``member``.

    ``locale`` and ``permissions`` (in the channel) default to the person's, ``app_permissions`` to
    the channel's ``bot_permissions``.
    """

    user: Person
    locale: str
    permissions: int
    app_permissions: int


class DiscordStandIn(DiscordServer):
    """The stand-in as tests use it.

    Everything that a person does waits for what the person gets to see and raises `UnansweredError`
    where that does not come: the first answer has ``first_answer_timeout`` seconds, 3 as on
    Discord; a deferred one has ``answer_timeout`` seconds more.
    """

    first_answer_timeout = FIRST_ANSWER_S
    answer_timeout = 10.0

    async def command(
        self,
        name: str,
        options: JSON | None = None,
        *,
        place: Place = Place.GUILD,
        channel: Channel | None = None,
        **by: Unpack[By],
    ) -> Reply:
        """Use a slash command (``"ldn"``, ``"ldn-mod pin"``).

        Once commands are registered, raises `NotOfferedError` for one that a person could not type.
        """
        data = self._command_data(name.split(), options or {}, place)
        interaction = self._new(f"/{name}", COMMAND_TYPE, data, by, place, channel)
        return await self._ask(interaction, by)

    async def autocomplete(
        self,
        name: str,
        options: JSON,
        *,
        focused: str,
        place: Place = Place.GUILD,
        channel: Channel | None = None,
        **by: Unpack[By],
    ) -> list[JSON]:
        """The choices offered while a person types; ``options`` holds what is typed so far."""
        data = self._command_data(name.split(), options, place, focused)
        interaction = self._new(
            f"autocomplete of /{name}", AUTOCOMPLETE_TYPE, data, by, place, channel
        )
        with self._somebody_waits():
            await self._send(interaction, by)
            await self._called_back(interaction)
        return list(interaction.callback_data["choices"])

    async def context_menu(
        self, name: str, target: Message, *, place: Place | None = None, **by: Unpack[By]
    ) -> Reply:
        """Use a message command on a message (made with `post_as`), in the place where it is."""
        place = place or self._place_of(target.channel)
        data: JSON = {
            "id": self._registered(name, kind=3, place=place)["id"],
            "name": name,
            "type": 3,
            "target_id": target.id,
            "resolved": {"messages": {target.id: target.data}},
        }
        what = f"message command {name!r}"
        interaction = self._new(what, COMMAND_TYPE, data, by, place, target.channel)
        return await self._ask(interaction, by)

    async def press(
        self, on: Reply | Message, custom_id: str, *, forged: bool = False, **by: Unpack[By]
    ) -> Reply:
        """Press a button.

        ``forged`` sends a custom id that the message does not offer, as a hostile client would.
        """
        if not forged:
            control(_components(on), custom_id)
        return await self._use(on, {"custom_id": custom_id, "component_type": 2}, by)

    async def select(
        self,
        on: Reply | Message,
        custom_id: str,
        values: Sequence[str],
        *,
        forged: bool = False,
        **by: Unpack[By],
    ) -> Reply:
        """Choose from a menu; ``forged`` as for `press`."""
        if not forged:
            offered = [option["value"] for option in control(_components(on), custom_id)["options"]]
            if not set(values) <= set(offered):
                raise NotOfferedError(f"{list(values)} are not among {offered}")
        data = {"custom_id": custom_id, "component_type": 3, "values": list(values)}
        return await self._use(on, data, by)

    async def submit(self, on: Reply, values: dict[str, str], **by: Unpack[By]) -> Reply:
        """Fill in and send the modal of a reply: custom id → text or chosen value."""
        if on.modal is None:
            raise NotOfferedError("there is no modal to submit")
        before = on.interaction
        by = {"user": before.person, **by}
        interaction = self._new(
            f"modal {on.modal['custom_id']!r}",
            MODAL_TYPE,
            filled_in(on.modal, values),
            by,
            before.place,
            before.channel,
            before.source,
        )
        return await self._ask(interaction, by)

    async def another(self, reply: Reply, timeout: float | None = None) -> Reply:
        """The next message or edit that the same interaction shows, such as a follow-up."""
        return await self._next_shown(reply.interaction, timeout or self.answer_timeout)

    def post_as(self, person: Person, content: str, channel: Channel | None = None) -> Message:
        """A message that a person has written, for instance as a context menu's target."""
        place = channel or self.channel
        message = new_message(place, person.as_user(), {"content": content})
        place.messages[message.id] = message
        return message

    async def pin_natively(self, message: Message, by: Person | None = None) -> None:
        """A moderator pins a message with Discord's own menu; clients get the events."""
        await self.rest.pin(message, (by or self.moderator).as_user())

    async def unpin_natively(self, message: Message, by: Person | None = None) -> None:
        """A moderator unpins a message with Discord's own menu; clients get the events."""
        await self.rest.unpin(message, (by or self.moderator).as_user())

    async def delete_by_hand(self, message: Message) -> None:
        """Somebody deletes a message; clients get the event."""
        await self.rest.remove(message)

    # Inside

    def _place_of(self, channel: Channel) -> Place:
        if channel.guild_id is None:
            return Place.PRIVATE_CHANNEL if channel.between_people else Place.BOT_DM
        return Place.GUILD if channel.guild_id in self.guild_ids else Place.USER_INSTALL

    def _registered(self, name: str, kind: int, place: Place) -> JSON:
        everywhere = self.rest.commands[None]
        if not everywhere:
            # A bot that has not registered anything is driven all the same.
            return {"id": snowflake(), "name": name}
        for command in everywhere:
            if (command["name"], command["type"]) == (name, kind):
                check_place(command, place)
                return command
        raise NotOfferedError(f"{name!r} is not registered; there are {sorted(self.commands)}")

    def _command_data(
        self, words: list[str], options: JSON, place: Place, focused: str | None = None
    ) -> JSON:
        registered = self._registered(words[0], kind=1, place=place)
        if self.rest.commands[None]:
            check_options(registered, words, options)
        return command_data(registered, words, options, focused)

    def _new(
        self,
        what: str,
        kind: int,
        data: JSON,
        by: By,
        place: Place,
        channel: Channel | None,
        source: Message | None = None,
    ) -> Interaction:
        usual = {
            Place.GUILD: self.channel,
            Place.BOT_DM: self.dm,
            Place.USER_INSTALL: self.foreign_channel,
            Place.PRIVATE_CHANNEL: self.private_channel,
        }
        person = by.get("user", self.member)
        interaction = Interaction(what, kind, data, person, place, channel or usual[place], source)
        interaction.permissions = by.get("permissions", person.permissions)
        self.interactions[interaction.token] = interaction
        return interaction

    async def _send(self, interaction: Interaction, by: By) -> None:
        event = payload(
            interaction,
            application_id=APPLICATION_ID,
            locale=by.get("locale", interaction.person.locale),
            app_permissions=by.get("app_permissions", interaction.channel.bot_permissions),
        )
        interaction.sent_at = asyncio.get_running_loop().time()
        if not await self.gateway.dispatch("INTERACTION_CREATE", event):
            raise NotConnectedError(f"no client is there to get {interaction.what}")

    async def _use(self, on: Reply | Message, data: JSON, by: By) -> Reply:
        if isinstance(on, Reply):
            source, place = self.message(on.message_id), on.interaction.place
            by = {"user": on.interaction.person, **by}
        else:
            source, place = on, self._place_of(on.channel)
        what = f"use of {data['custom_id']!r}"
        interaction = self._new(what, COMPONENT_TYPE, data, by, place, source.channel, source)
        interaction.messages[source.id] = source
        return await self._ask(interaction, by)

    async def _called_back(self, interaction: Interaction) -> None:
        try:
            await asyncio.wait_for(interaction.called_back.wait(), self.first_answer_timeout)
        except TimeoutError:
            interaction.expired = True
            alone = "" if self.gateway.connected else "; no client was connected"
            raise UnansweredError(
                f"{interaction.what} was not answered within {self.first_answer_timeout:g} s"
                f"{interaction.refused}{alone}"
            ) from None
        interaction.answered_at = asyncio.get_running_loop().time()

    async def _ask(self, interaction: Interaction, by: By) -> Reply:
        with self._somebody_waits():
            await self._send(interaction, by)
            await self._called_back(interaction)
            if interaction.callback_type == MODAL:
                return self._as_reply(interaction, Shown({}, ()), interaction.callback_data)
            return await self._next_shown(interaction, self.answer_timeout)

    async def _next_shown(self, interaction: Interaction, timeout: float) -> Reply:
        try:
            shown = await asyncio.wait_for(interaction.shown.get(), timeout)
        except TimeoutError:
            raise UnansweredError(
                f"{interaction.what} was acknowledged (type {interaction.callback_type}) "
                f"but showed nothing more within {timeout:g} s{interaction.refused}"
            ) from None
        return self._as_reply(interaction, shown)

    @staticmethod
    def _as_reply(interaction: Interaction, shown: Shown, modal: JSON | None = None) -> Reply:
        assert interaction.callback_type is not None
        assert interaction.answered_at is not None
        return Reply(
            raw=shown.raw,
            callback_type=interaction.callback_type,
            interaction=interaction,
            seconds=interaction.answered_at - interaction.sent_at,
            modal=modal,
            attachments=shown.attachments,
        )


def _components(on: Reply | Message) -> list[JSON]:
    data = on.raw if isinstance(on, Reply) else on.data
    return copy.deepcopy(data["components"])
