"""Discord: request bodies against its OpenAPI file, and what that file cannot say.

Limits in characters unless said otherwise; sources: Discord's documentation of messages,
components, application commands and interactions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tests.contracts.problem import Problem, join
from tests.contracts.schemas import discord_problems, unknown_discord_keys

CONTENT = 2000
EMBEDS_TOTAL = 6000
ROWS = 5
BUTTONS_PER_ROW = 5
SELECT_OPTIONS = 25
CUSTOM_ID = 100
LABEL = 80
OPTION_TEXT = 100
PLACEHOLDER = 150
URL = 512
CHOICES = 25
CHOICE_TEXT = 100
COMMAND_TOTAL = 8000
COMMAND_NAME = 32
DESCRIPTION = 100
OPTIONS = 25
MODAL_TITLE = 45
MODAL_COMPONENTS = 5

COMPONENTS_V2 = 1 << 15
V2_COMPONENTS = 40
V2_TEXT_TOTAL = 4000

_ROW, _BUTTON, _SELECT, _TEXT_DISPLAY = 1, 2, 3, 10
_SELECTS = frozenset({3, 5, 6, 7, 8})
_LINK_STYLE, _PREMIUM_STYLE = 5, 6

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
    if (total := _command_length(command)) > COMMAND_TOTAL:
        yield Problem(where, f"{total} characters in all, at most {COMMAND_TOTAL}")
    if (command.get("type") or 1) == _CHAT_INPUT:
        yield from _typed(command, where)
    elif command.get("description"):
        yield Problem(where, "a context menu command has no description")
    elif not 1 <= len(command.get("name") or "") <= COMMAND_NAME:
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


def callback(body: Any) -> Iterator[Problem]:
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
    if schema in _CALLBACK_MESSAGES:
        yield from _beyond_schema(_CALLBACK_MESSAGES[schema], data, "data")
    elif kind == 8:
        yield from _choices(data.get("choices"))
    elif kind == 9:
        yield from _modal(data)


def original_edit(body: Any) -> Iterator[Problem]:
    """PATCH /webhooks/{webhook_id}/{webhook_token}/messages/…: an answer edited."""
    yield from _message("IncomingWebhookUpdateRequestPartial", body)


def follow_up(body: Any) -> Iterator[Problem]:
    """POST /webhooks/{webhook_id}/{webhook_token}: a follow-up."""
    yield from _message("IncomingWebhookRequestPartial", body)


def message(body: Any) -> Iterator[Problem]:
    """POST /channels/{channel_id}/messages."""
    yield from _message("MessageCreateRequest", body)


def message_edit(body: Any) -> Iterator[Problem]:
    """PATCH /channels/{channel_id}/messages/{message_id}."""
    yield from _message("MessageEditRequestPartial", body)


def no_body(body: Any) -> Iterator[Problem]:
    """Requests that carry nothing, such as those for pins."""
    if body is not None:
        yield Problem("", "no body is expected")


def _message(schema: str, body: Any) -> Iterator[Problem]:
    yield from discord_problems(schema, _as_read(body))
    if isinstance(body, dict):
        yield from _beyond_schema(schema, body, "")


def _as_read(body: Any) -> Any:
    """The body with the ids of its attachments as text.

    New attachments are numbered; Discord reads numbers and text alike, its schema has text alone.
    """
    if not isinstance(body, dict) or not body.get("attachments"):
        return body
    attachments = [{**each, "id": str(each.get("id"))} for each in body["attachments"]]
    return {**body, "attachments": attachments}


def _beyond_schema(schema: str, body: Mapping[str, Any], where: str) -> Iterator[Problem]:
    yield from unknown_discord_keys(schema, body, where, also_known=_SENT_BY_LIBRARY)
    yield from _mentions(body, where)
    yield from _text(body, where)
    yield from _embeds(body.get("embeds") or [], where)
    components = body.get("components") or []
    if not isinstance(components, list):
        return
    yield from _custom_ids(components, where)
    if (body.get("flags") or 0) & COMPONENTS_V2:
        yield from _v2(body, components, where)
    else:
        yield from _rows(components, where)


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


def walk(components: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every component, nested ones included, with its path."""
    for number, component in enumerate(components if isinstance(components, list) else []):
        if not isinstance(component, dict):
            continue
        here = join(where, number)
        yield here, component
        yield from walk(component.get("components"), join(here, "components"))
        for key in ("accessory", "component"):
            if isinstance(component.get(key), dict):
                yield join(here, key), component[key]


def _custom_ids(components: Any, where: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for here, component in walk(components, join(where, "components")):
        custom_id = component.get("custom_id")
        if custom_id is None:
            continue
        if not 1 <= len(custom_id) <= CUSTOM_ID:
            yield Problem(here, f"custom_id has {len(custom_id)} characters, 1 to {CUSTOM_ID}")
        if custom_id in seen:
            yield Problem(here, f"Component custom id cannot be duplicated: {custom_id!r}")
        seen.add(custom_id)


def _rows(components: list[Any], where: str) -> Iterator[Problem]:
    top = join(where, "components")
    if len(components) > ROWS:
        yield Problem(top, f"{len(components)} rows, at most {ROWS}")
    for number, row in enumerate(components):
        here = join(top, number)
        if not isinstance(row, dict) or row.get("type") != _ROW:
            yield Problem(here, "only action rows are allowed without Components V2")
            continue
        inside = row.get("components") or []
        selects = sum(1 for c in inside if c.get("type") in _SELECTS)
        if not inside:
            yield Problem(here, "an action row cannot be empty")
        if len(inside) > BUTTONS_PER_ROW:
            yield Problem(here, f"{len(inside)} components in a row, at most {BUTTONS_PER_ROW}")
        if selects and len(inside) > 1:
            yield Problem(here, "a select menu needs a row of its own")
        for path, component in walk(inside, join(here, "components")):
            yield from _control(component, path)


def _control(component: Mapping[str, Any], where: str) -> Iterator[Problem]:
    if component.get("type") == _BUTTON:
        yield from _button(component, where)
    elif component.get("type") in _SELECTS:
        yield from _longer(component, "placeholder", PLACEHOLDER, where)
        if component.get("type") == _SELECT:
            yield from _options(component.get("options") or [], where)


def _button(button: Mapping[str, Any], where: str) -> Iterator[Problem]:
    yield from _longer(button, "label", LABEL, where)
    yield from _longer(button, "url", URL, where)
    is_premium = button.get("style") == _PREMIUM_STYLE
    if not (button.get("label") or button.get("emoji") or is_premium):
        yield Problem(where, "a button needs a label or an emoji")
    is_link = button.get("style") == _LINK_STYLE
    if is_link != bool(button.get("url")):
        yield Problem(where, "a link button, and it alone, has a url")
    if is_link and not str(button.get("url")).startswith(("http://", "https://", "discord://")):
        yield Problem(join(where, "url"), "http, https or discord is expected")
    if is_link and button.get("custom_id"):
        yield Problem(where, "a link button has no custom_id")
    if not (is_link or is_premium or button.get("custom_id")):
        yield Problem(where, "a button needs a custom_id")


def _options(options: list[Any], where: str) -> Iterator[Problem]:
    here = join(where, "options")
    if not 1 <= len(options) <= SELECT_OPTIONS:
        yield Problem(here, f"{len(options)} options, 1 to {SELECT_OPTIONS}")
    for number, option in enumerate(options):
        for key in ("label", "value", "description"):
            yield from _longer(option, key, OPTION_TEXT, join(here, number))
        if not option.get("label") or not option.get("value"):
            yield Problem(join(here, number), "an option needs a label and a value")
    for value, times in Counter(option.get("value") for option in options).items():
        if times > 1:
            yield Problem(here, f"{times} options with the value {value!r}")


def _longer(thing: Mapping[str, Any], key: str, limit: int, where: str) -> Iterator[Problem]:
    text = thing.get(key)
    if isinstance(text, str) and len(text) > limit:
        yield Problem(join(where, key), f"Must be {limit} or fewer in length. ({len(text)})")


def _v2(body: Mapping[str, Any], components: list[Any], where: str) -> Iterator[Problem]:
    if body.get("content") or body.get("embeds"):
        yield Problem(where, "content and embeds are not allowed with Components V2")
    everything = list(walk(components, join(where, "components")))
    if len(everything) > V2_COMPONENTS:
        yield Problem(where, f"{len(everything)} components in all, at most {V2_COMPONENTS}")
    texts = [c.get("content") or "" for _, c in everything if c.get("type") == _TEXT_DISPLAY]
    if (total := sum(map(len, texts))) > V2_TEXT_TOTAL:
        yield Problem(where, f"{total} characters of text in all, at most {V2_TEXT_TOTAL}")
    for path, component in everything:
        yield from _control(component, path)


def _choices(choices: Any) -> Iterator[Problem]:
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
    yield from _longer(data, "title", MODAL_TITLE, "data")
    yield from _custom_ids(data.get("components"), "data")
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
