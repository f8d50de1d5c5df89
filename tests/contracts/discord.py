"""Discord: request bodies against its OpenAPI file, and what that file cannot say.

Limits in characters unless said otherwise; sources: Discord's documentation of messages,
components, application commands and interactions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

from tests.contracts.discord_components import custom_ids, longer, rows, v2
from tests.contracts.problem import Problem, join
from tests.contracts.schemas import discord_problems, unknown_discord_keys

CONTENT = 2000
EMBEDS_TOTAL = 6000
CHOICES = 25
CHOICE_TEXT = 100
COMMAND_TOTAL = 8000
COMMAND_NAME = 32
DESCRIPTION = 100
OPTIONS = 25
MODAL_TITLE = 45
MODAL_COMPONENTS = 5
ATTACHMENTS = 10
ATTACHMENT_TEXT = 1024
FILE_SIZE = 10 * 1024 * 1024  # bytes, in a server without boosts

COMPONENTS_V2 = 1 << 15

_COMMAND = "ApplicationCommandUpdateRequest"
_CHAT_INPUT = 1
_TYPED_NAME = re.compile(rf"[-'\w]{{1,{COMMAND_NAME}}}")

_CALLBACKS = {
    4: "CreateMessageInteractionCallbackRequest",
    5: "CreateMessageInteractionCallbackRequest",
    6: "UpdateMessageInteractionCallbackRequest",
    7: "UpdateMessageInteractionCallbackRequest",
    8: "ApplicationCommandAutocompleteCallbackRequest",
    9: "ModalInteractionCallbackRequest",
}
_CALLBACK_MESSAGES = {
    "CreateMessageInteractionCallbackRequest": "IncomingWebhookInteractionRequest",
    "UpdateMessageInteractionCallbackRequest": (
        "IncomingWebhookUpdateForInteractionCallbackRequestPartial"
    ),
}
# discord.py sends `tts` with every message body, edits included, where Discord ignores it.
_SENT_BY_LIBRARY = ("tts",)


class File(Protocol):
    """A file of a multipart body."""

    @property
    def part(self) -> str:
        """The name of its part: ``files[0]``."""

    @property
    def content(self) -> bytes:
        """What is in it."""


def commands(body: Any) -> Iterator[Problem]:
    """PUT /applications/{application_id}/commands: the whole registration."""
    if not isinstance(body, list):
        yield Problem("", "a list of commands is expected")
        return
    objects = [command for command in body if isinstance(command, dict)]
    if len(objects) < len(body):
        yield Problem("", "every command is an object")
    for number, command in enumerate(objects):
        where = join("", number)
        yield from discord_problems(_COMMAND, command, where)
        # `nsfw` is documented, and sent by discord.py, but missing in the OpenAPI file.
        yield from unknown_discord_keys(_COMMAND, command, where, also_known=("nsfw",))
        yield from _command(command, where)
    names = Counter((command.get("type") or 1, command.get("name")) for command in objects)
    for (_, name), times in names.items():
        if times > 1:
            yield Problem("", f"{times} commands named {name!r}")


def _command(command: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """A command, by what its kind may have."""
    if (total := _command_length(command)) > COMMAND_TOTAL:
        yield Problem(where, f"{total} characters in all, at most {COMMAND_TOTAL}")
    if (command.get("type") or 1) == _CHAT_INPUT:
        yield from _typed(command, where)
    elif command.get("description"):
        yield Problem(where, "a context menu command has no description")
    elif not command.get("name") or _localised(command, "name") > COMMAND_NAME:
        yield Problem(where, f"a name has 1 to {COMMAND_NAME} characters")


def _typed(thing: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """A command or option as a person types it, and what is below it."""
    name = str(thing.get("name") or "")
    if not _TYPED_NAME.fullmatch(name) or name != name.lower():
        yield Problem(
            join(where, "name"),
            f"{name!r}: 1 to {COMMAND_NAME} lower-case letters, digits, hyphens, underscores",
        )
    if not 1 <= _localised(thing, "description") <= DESCRIPTION:
        yield Problem(join(where, "description"), f"1 to {DESCRIPTION} characters")
    options, choices = thing.get("options") or [], thing.get("choices") or []
    if len(options) > OPTIONS or len(choices) > CHOICES:
        yield Problem(where, f"at most {OPTIONS} options, {CHOICES} choices each")
    if sorted(options, key=lambda option: not option.get("required")) != options:
        yield Problem(where, "required options come before optional ones")
    for number, option in enumerate(options):
        yield from _typed(option, join(where, "options", number))
    yield from _each_choice(choices, join(where, "choices"))


def callback(body: Any, uploads: Sequence[File] = ()) -> Iterator[Problem]:
    """POST /interactions/{interaction_id}/{interaction_token}/callback."""
    kind = body.get("type") if isinstance(body, dict) else None
    schema = _CALLBACKS.get(kind) if isinstance(kind, int) else None
    if schema is None:
        yield Problem("type", f"no interaction callback of type {kind!r} is expected from this bot")
        return
    yield from discord_problems(schema, {**body, "data": _as_read(body.get("data"))})
    data = body.get("data")
    if not isinstance(data, dict):
        return
    yield from _files(data, uploads, "data")
    if schema in _CALLBACK_MESSAGES:
        yield from _beyond_schema(_CALLBACK_MESSAGES[schema], data, "data")
    elif kind == 8:
        yield from _choices(data.get("choices"))
    elif kind == 9:
        yield from _modal(data)


def original_edit(body: Any, uploads: Sequence[File] = ()) -> Iterator[Problem]:
    """PATCH /webhooks/{webhook_id}/{webhook_token}/messages/…: an answer edited."""
    yield from _message("IncomingWebhookUpdateRequestPartial", body, uploads)


def follow_up(body: Any, uploads: Sequence[File] = ()) -> Iterator[Problem]:
    """POST /webhooks/{webhook_id}/{webhook_token}: a follow-up."""
    yield from _message("IncomingWebhookRequestPartial", body, uploads)


def message(body: Any, uploads: Sequence[File] = ()) -> Iterator[Problem]:
    """POST /channels/{channel_id}/messages."""
    yield from _message("MessageCreateRequest", body, uploads)


def message_edit(body: Any, uploads: Sequence[File] = ()) -> Iterator[Problem]:
    """PATCH /channels/{channel_id}/messages/{message_id}."""
    yield from _message("MessageEditRequestPartial", body, uploads)


def no_body(body: Any) -> Iterator[Problem]:
    """Requests that carry nothing, such as those for pins."""
    if body is not None:
        yield Problem("", "no body is expected")


def _message(schema: str, body: Any, uploads: Sequence[File]) -> Iterator[Problem]:
    yield from discord_problems(schema, _as_read(body))
    if isinstance(body, dict):
        yield from _files(body, uploads, "")
        yield from _beyond_schema(schema, body, "")


def _files(body: Mapping[str, Any], uploads: Sequence[File], where: str) -> Iterator[Problem]:
    """The files that came with a body, and what its ``attachments`` say of them."""
    here = join(where, "attachments")
    told = [each for each in body.get("attachments") or [] if isinstance(each, dict)]
    if len(told) > ATTACHMENTS or len(uploads) > ATTACHMENTS:
        yield Problem(here, f"at most {ATTACHMENTS} files")
    parts = {upload.part for upload in uploads}
    for number, attachment in enumerate(told):
        yield from longer(attachment, "description", ATTACHMENT_TEXT, join(here, number))
        # New files are numbered; what is attached already has an id as long as every other.
        if len(str(attachment.get("id"))) < 15 and f"files[{attachment.get('id')}]" not in parts:
            yield Problem(join(here, number), f"no file files[{attachment.get('id')}] came with it")
    for upload in uploads:
        if len(upload.content) > FILE_SIZE:
            yield Problem(here, f"{len(upload.content)} bytes in a file, at most {FILE_SIZE}")
        if "attachments" in body and all(f"files[{e.get('id')}]" != upload.part for e in told):
            yield Problem(here, f"says nothing of {upload.part}", refused=False)


def _as_read(body: Any) -> Any:
    """The body with the ids of its attachments and of the message that it replies to as text.

    Discord reads numbers and text alike, which its schema does not say: new attachments are
    numbered, and discord.py sends numbers in a reference.
    """
    if not isinstance(body, dict):
        return body
    read = dict(body)
    if body.get("attachments"):
        read["attachments"] = [{**each, "id": str(each.get("id"))} for each in body["attachments"]]
    if isinstance(reference := body.get("message_reference"), dict):
        read["message_reference"] = {
            key: str(value) if key.endswith("_id") and value is not None else value
            for key, value in reference.items()
        }
    return read


def _beyond_schema(schema: str, body: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """What Discord checks of a message, and what we promise, beside its schema."""
    yield from unknown_discord_keys(schema, body, where, also_known=_SENT_BY_LIBRARY)
    yield from _mentions(body, where)
    yield from _text(body, where)
    yield from _embeds(body.get("embeds") or [], where)
    components = body.get("components") or []
    if not isinstance(components, list):
        return
    yield from custom_ids(components, where)
    if (body.get("flags") or 0) & COMPONENTS_V2:
        yield from v2(body, components, where)
    else:
        yield from rows(components, where)


def _mentions(body: Mapping[str, Any], where: str) -> Iterator[Problem]:
    """Every text must come with mentions switched off: this bot never pings anyone."""
    if not body.get("content") and not body.get("components") and not body.get("embeds"):
        return
    allowed = body.get("allowed_mentions")
    if not isinstance(allowed, dict):
        yield Problem(join(where, "allowed_mentions"), "missing: mentions are not off", False)
        return
    if allowed.get("parse") != []:
        yield Problem(join(where, "allowed_mentions", "parse"), "must be []", refused=False)
    for key in ("users", "roles"):
        if allowed.get(key):
            yield Problem(join(where, "allowed_mentions", key), "must be empty", refused=False)


def _text(body: Mapping[str, Any], where: str) -> Iterator[Problem]:
    content = body.get("content")
    if isinstance(content, str) and len(content) > CONTENT:
        yield Problem(
            join(where, "content"), f"Must be {CONTENT} or fewer in length. ({len(content)})"
        )


def _embeds(embeds: Any, where: str) -> Iterator[Problem]:
    """The limit that all embeds of a message share."""
    total = 0
    for embed in embeds:
        texts = [embed.get("title"), embed.get("description")]
        texts += [(embed.get(part) or {}).get(key) for part, key in _EMBED_PARTS]
        for field in embed.get("fields") or []:
            texts += [field.get("name"), field.get("value")]
        total += sum(len(text) for text in texts if text)
    if total > EMBEDS_TOTAL:
        yield Problem(join(where, "embeds"), f"{total} characters in all, at most {EMBEDS_TOTAL}")


_EMBED_PARTS = (("footer", "text"), ("author", "name"))


def _choices(choices: Any) -> Iterator[Problem]:
    """The choices that are offered while someone types."""
    where = "data.choices"
    if not isinstance(choices, list):
        yield Problem(where, "a list is expected")
        return
    if len(choices) > CHOICES:
        yield Problem(where, f"{len(choices)} choices, at most {CHOICES}")
    yield from _each_choice(choices, where)


def _each_choice(choices: list[Any], where: str) -> Iterator[Problem]:
    for number, choice in enumerate(choices):
        for key in ("name", "value"):
            text = choice.get(key)
            # A number is a legal value for options that take numbers.
            if isinstance(text, str) and not 1 <= len(text) <= CHOICE_TEXT:
                here = join(where, number, key)
                yield Problem(here, f"{len(text)} characters, 1 to {CHOICE_TEXT}")


def _modal(data: Mapping[str, Any]) -> Iterator[Problem]:
    yield from longer(data, "title", MODAL_TITLE, "data")
    yield from custom_ids(data.get("components"), "data")
    if len(data.get("components") or []) > MODAL_COMPONENTS:
        yield Problem("data.components", f"more than {MODAL_COMPONENTS} components")


def _command_length(command: Mapping[str, Any]) -> int:
    """The characters that count towards 8000: of each text, its longest localisation."""
    total = _localised(command, "name") + _localised(command, "description")
    total += len(str(command["value"])) if "value" in command else 0
    nested: Collection[Any] = [
        *(command.get("options") or []),
        *(command.get("choices") or []),
    ]
    return total + sum(_command_length(each) for each in nested)


def _localised(thing: Mapping[str, Any], key: str) -> int:
    texts = [thing.get(key) or "", *(thing.get(f"{key}_localizations") or {}).values()]
    return max(len(text) for text in texts)
