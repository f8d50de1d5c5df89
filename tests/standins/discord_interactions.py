"""Interactions: what a person does to the bot, and what came back."""

from __future__ import annotations

import asyncio
import copy
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.standins.base import NotOfferedError
from tests.standins.discord_files import Attachment
from tests.standins.discord_state import (
    EPHEMERAL,
    Channel,
    Message,
    Permission,
    Person,
    Place,
    snowflake,
)
from tests.standins.recording import JSON

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9

COMMAND_TYPE, COMPONENT_TYPE, AUTOCOMPLETE_TYPE, MODAL_TYPE = 2, 3, 4, 5

_ROW, _TEXT_INPUT, _TEXT_DISPLAY, _LABEL = 1, 4, 10, 18

# Which callback types Discord accepts for each type of interaction.
ALLOWED_CALLBACKS = {
    COMMAND_TYPE: {MESSAGE, DEFERRED, MODAL},
    COMPONENT_TYPE: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE_TYPE: {CHOICES},
    MODAL_TYPE: {MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE},
}
FOLLOW_UPS_USER_INSTALL = 5
FIRST_ANSWER_S = 3.0

# What Discord calls the places: an interaction's context.
CONTEXTS = {Place.GUILD: 0, Place.USER_INSTALL: 0, Place.BOT_DM: 1, Place.PRIVATE_CHANNEL: 2}


@dataclass(frozen=True)
class Shown:
    """A message as it was when it was shown, and its files."""

    raw: JSON
    attachments: tuple[Attachment, ...]


@dataclass(eq=False)
class Interaction:
    """One interaction from its sending to the end of its token."""

    what: str
    type: int
    data: JSON
    person: Person
    place: Place
    channel: Channel
    source: Message | None = None
    id: str = field(default_factory=snowflake)
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    sent_at: float = 0.0
    answered_at: float | None = None
    callback_type: int | None = None
    callback_data: JSON = field(default_factory=dict)
    permissions: int = 0
    expired: bool = False  # set it to see what happens fifteen minutes later
    original: Message | None = None
    loading: bool = False
    messages: dict[str, Message] = field(default_factory=dict)
    follow_ups: int = 0
    refusals: list[str] = field(default_factory=list)
    called_back: asyncio.Event = field(default_factory=asyncio.Event)
    shown: asyncio.Queue[Shown] = field(default_factory=asyncio.Queue)

    def show(self, message: Message) -> None:
        """Hand a message, as it is now, to whoever waits for the answer."""
        self.shown.put_nowait(Shown(copy.deepcopy(message.data), tuple(message.attachments)))

    @property
    def forced_private(self) -> bool:
        """Whether the server lets the apps that people bring along answer in private only."""
        return self.place is Place.USER_INSTALL and not (
            self.permissions & Permission.USE_EXTERNAL_APPS
        )

    @property
    def refused(self) -> str:
        """What answers were tried and refused, to go with an error message."""
        return "".join(f"; refused: {refusal}" for refusal in self.refusals)


@dataclass(frozen=True)
class Reply:
    """What the person got to see, as it was then.

    ``raw`` is the message as Discord holds it; empty when the answer is no message (a modal,
    choices). ``seconds`` is the time from the interaction to its first answer (the callback).
    ``attachments`` are its files, with what is in them.
    """

    raw: JSON
    callback_type: int
    interaction: Interaction
    seconds: float
    modal: JSON | None = None
    attachments: tuple[Attachment, ...] = ()

    @property
    def content(self) -> str:
        """The text."""
        return str(self.raw.get("content", ""))

    @property
    def components(self) -> list[JSON]:
        """The rows of buttons and menus."""
        return list(self.raw.get("components", []))

    @property
    def embeds(self) -> list[JSON]:
        """The embeds."""
        return list(self.raw.get("embeds", []))

    @property
    def flags(self) -> int:
        """The message flags."""
        return int(self.raw.get("flags", 0))

    @property
    def ephemeral(self) -> bool:
        """Whether the asker alone sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def message_id(self) -> str:
        """The message's id."""
        return str(self.raw["id"])

    @property
    def custom_ids(self) -> list[str]:
        """The custom ids of all buttons and menus, in reading order."""
        return [c["custom_id"] for c in controls(self.components) if c.get("custom_id")]

    @property
    def labels(self) -> dict[str, str]:
        """Button label → custom id, for finding a button as a person does."""
        return {
            c["label"]: c["custom_id"]
            for c in controls(self.components)
            if c.get("label") and c.get("custom_id")
        }

    def control(self, custom_id: str) -> JSON:
        """The button or menu with this custom id; raises `NotOfferedError`."""
        return control(self.components, custom_id)


def controls(components: Any) -> list[JSON]:
    """Every button and menu below these components, in reading order."""
    found: list[JSON] = []
    for component in components:
        if "components" in component:
            found += controls(component["components"])
        else:
            found.append(component)
        if component.get("accessory"):
            found.append(component["accessory"])
    return found


def control(components: list[JSON], custom_id: str) -> JSON:
    """The button or menu with this custom id; raises `NotOfferedError` if nobody could use it."""
    for component in controls(components):
        if component.get("custom_id") == custom_id:
            if component.get("disabled"):
                raise NotOfferedError(f"{custom_id!r} is disabled")
            return component
    offered = [component.get("custom_id") for component in controls(components)]
    raise NotOfferedError(f"{custom_id!r} is not among {offered}")


def filled_in(modal: JSON, values: dict[str, str]) -> JSON:
    """The ``data`` of a modal's submission."""
    return {
        "custom_id": modal["custom_id"],
        "components": [_filled_in(component, values) for component in modal["components"]],
    }


def _filled_in(component: JSON, values: dict[str, str]) -> JSON:
    """A component of a modal as it is sent once a person has filled it in."""
    kind = component["type"]
    if kind == _ROW:
        inside = [_filled_in(nested, values) for nested in component["components"]]
        return {"type": kind, "components": inside}
    if kind == _LABEL:
        return {"type": kind, "component": _filled_in(component["component"], values)}
    if kind == _TEXT_DISPLAY:
        return {"type": kind, "id": 1}
    custom_id = component["custom_id"]
    filled: JSON = {"type": kind, "custom_id": custom_id, "id": 1}
    if kind == _TEXT_INPUT:
        filled["value"] = values.get(custom_id, component.get("value") or "")
    else:
        filled["values"] = [values[custom_id]] if custom_id in values else []
    return filled


def payload(
    interaction: Interaction,
    *,
    application_id: str,
    app_permissions: int,
    locale: str,
) -> JSON:
    """The INTERACTION_CREATE event's data."""
    place, person, channel = interaction.place, interaction.person, interaction.channel
    body: JSON = {
        "id": interaction.id,
        "application_id": application_id,
        "type": interaction.type,
        "token": interaction.token,
        "version": 1,
        "data": interaction.data,
        "channel_id": channel.id,
        "channel": channel.as_json(person),
        "locale": locale,
        "app_permissions": str(int(app_permissions)),
        "entitlements": [],
        "attachment_size_limit": 10 * 1024 * 1024,
        "authorizing_integration_owners": _owners(place, person, channel),
        "context": CONTEXTS[place],
    }
    if channel.guild_id is not None:
        body["guild_id"] = channel.guild_id
        body["guild"] = {"id": channel.guild_id, "locale": "en-US", "features": []}
        body["guild_locale"] = "en-US"
        body["member"] = person.as_member(interaction.permissions)
        body["channel"]["permissions"] = str(int(interaction.permissions))
    else:
        body["user"] = person.as_user()
    if interaction.source is not None:
        body["message"] = interaction.source.data
    return body


def _owners(place: Place, person: Person, channel: Channel) -> JSON:
    if place is Place.GUILD:
        return {"0": channel.guild_id}
    if place is Place.BOT_DM:
        return {"0": "0"}
    return {"1": person.id}


def check_place(command: JSON, place: Place) -> None:
    """Raise `NotOfferedError` where Discord does not offer the command."""
    context = CONTEXTS[place]
    if context not in (command.get("contexts") or CONTEXTS.values()):
        raise NotOfferedError(f"{command['name']!r} is not offered in {place.value}")
    by_person = place in (Place.USER_INSTALL, Place.PRIVATE_CHANNEL)
    if by_person and 1 not in command.get("integration_types", [1]):
        raise NotOfferedError(f"{command['name']!r} is not for people who bring it along")


def command_data(command: JSON, words: list[str], options: JSON, focused: str | None) -> JSON:
    """The ``data`` of a command: ``words`` are its name, group and subcommand."""
    given: list[JSON] = []
    for name, value in options.items():
        option: JSON = {"name": name, "type": _option_type(value), "value": value}
        if name == focused:
            option["focused"] = True
        given.append(option)
    for depth, name in enumerate(reversed(words[1:])):
        # Discord's option types: 1 is a subcommand, 2 a group of them.
        given = [{"name": name, "type": 1 if depth == 0 else 2, "options": given}]
    return {"id": command["id"], "name": words[0], "type": 1, "options": given}


def _option_type(value: object) -> int:
    if isinstance(value, bool):
        return 5
    if isinstance(value, int):
        return 4
    return 10 if isinstance(value, float) else 3


def check_options(command: JSON, words: list[str], options: JSON) -> None:
    """Raise `NotOfferedError` where a person could not type this: the client would not send it."""
    typed = " ".join(words)
    offered = command.get("options") or []
    for word in words[1:]:
        nested = {option["name"]: option for option in offered}
        if word not in nested:
            raise NotOfferedError(
                f"/{' '.join(words)} is not registered; there are {sorted(nested)}"
            )
        offered = nested[word].get("options") or []
    known = {option["name"]: option for option in offered}
    for name in options:
        if name not in known:
            raise NotOfferedError(
                f"/{' '.join(words)} has no option {name!r}; it has {sorted(known)}"
            )
    for name, option in known.items():
        if option.get("required") and name not in options:
            raise NotOfferedError(f"/{typed} needs {name!r}")
