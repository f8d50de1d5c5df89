"""The commands that are registered with Discord: `/ldn` and an entry in messages' menus for
everyone, `/ldn-mod` for moderators, in every language of the interface.
"""

from __future__ import annotations

import logging
from itertools import islice
from typing import Any, Literal

import discord
from discord import app_commands
from discord.app_commands import locale_str

from adapters import community_settings
from adapters.discord.reading import reduced_message
from adapters.moderation import Subcommand
from adapters.wording import (
    ANSWER_WITH,
    APOLOGY,
    INVITE,
    MODERATE,
    QUESTION_HINT,
    UNKNOWN_COMMAND,
)
from knowledge.actions import clip
from knowledge.compose import MODERATOR_SUFFIX
from knowledge.desk import Desks
from knowledge.language import ENGLISH, gettext_noop, language_for, translator_for

log = logging.getLogger(__name__)

DESCRIPTION_LIMIT = 100
CHOICES_LIMIT = 25
CHOICE_NAME_LIMIT = 100
MENU_NAME_LIMIT = 32
MENUS_LIMIT = 5
"""Entries in messages' menus, at most: discord.py 2.7's limit; Discord itself allows 15."""
TOPIC_HINT = gettext_noop("The topic. Type a few letters of its title.")

# discord.py evaluates annotations at run time, so the callbacks' types must be importable here.
Interaction = discord.Interaction[Any]


class DocumentCommandTree(app_commands.CommandTree[Any]):
    """discord.py's command tree, which tells people about errors."""

    async def on_error(self, interaction: Interaction, error: Exception, /) -> None:
        """Called by discord.py for a command that failed: log it, and tell the person."""
        unknown = isinstance(
            error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch
        )
        if not unknown:
            log.error("a command failed", exc_info=error)
        if interaction.type is not discord.InteractionType.autocomplete:
            await interaction.client.notify(interaction, UNKNOWN_COMMAND if unknown else APOLOGY)

    async def _call(self, interaction: Interaction) -> None:
        """Called by discord.py for each command, in a task of its own.

        Questions are the most frequent, so they bypass discord.py's matching and conversion of
        options. It calls `on_error` by itself only for interactions that it can parse.
        """
        try:
            command, question = _typed_question(interaction)
            if command in interaction.client.reception.desks:
                await interaction.client.ask(interaction, command, question)
            else:
                _reduce_messages(interaction.data)
                await super()._call(interaction)
        except Exception as error:
            await self.on_error(interaction, error)


class CommandTranslator(app_commands.Translator):
    """Translates descriptions and entries of menus for Discord."""

    async def translate(
        self,
        string: locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Called by discord.py for every text and each of Discord's locales; None: in English."""
        language = language_for(locale.value)
        if language == ENGLISH or "template" not in string.extras:
            return None
        values = {name: value for name, value in string.extras.items() if name != "template"}
        text = translator_for(language)(string.extras["template"], **values)
        is_name = context.location is app_commands.TranslationContextLocation.command_name
        return clip(text, MENU_NAME_LIMIT if is_name else DESCRIPTION_LIMIT)


def command_tree(client: Any, desks: Desks) -> DocumentCommandTree:
    """The tree with the commands of each document.

    `/ldn` works in servers, direct messages and personal installs, `/ldn-mod` only in servers.
    """
    tree = DocumentCommandTree(
        client,
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        allowed_contexts=app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=True
        ),
    )
    add_commands(tree, desks)
    return tree


def add_commands(tree: DocumentCommandTree, desks: Desks) -> None:
    """Put every document's commands into a tree."""
    for command in desks:
        tree.add_command(_question_command(desks, command))
        tree.add_command(_moderator_group(desks, command))
    for command in islice(desks, MENUS_LIMIT):
        # Two entries have the same name if their long commands begin alike; the later one is kept.
        tree.add_command(_message_menu(command), override=True)


async def commands_payload(desks: Desks) -> list[dict[str, Any]]:
    """The body of `PUT /applications/{id}/commands`, which registers the commands."""
    return await payload_of(command_tree(discord.Client(intents=discord.Intents.none()), desks))


async def payload_of(tree: DocumentCommandTree) -> list[dict[str, Any]]:
    """The same body, for the commands of a tree."""
    translator = CommandTranslator()
    return [
        dict(await command.get_translated_payload(tree, translator))
        for command in tree.get_commands()
    ]


def _typed_question(interaction: Interaction) -> tuple[str, str]:
    """The command and the text of what may be a question; empty texts for anything else."""
    if interaction.type is discord.InteractionType.application_command:
        match interaction.data:
            case {
                "type": 1,
                "name": str(name),
                "options": [{"name": "question", "value": str(text)}],
            }:
                return name, text
            case {"type": 1, "name": str(name), **more} if not more.get("options"):
                return name, ""
    return "", ""


def _reduce_messages(data: Any) -> None:
    """Leave of the message that somebody chose what is needed of it."""
    match data:
        case {"type": 3, "resolved": {"messages": messages}}:
            data["resolved"] = {
                "messages": {key: reduced_message(each) for key, each in messages.items()}
            }


def _question_command(desks: Desks, name: str) -> app_commands.Command[Any, ..., None]:
    @app_commands.describe(question=_translated(QUESTION_HINT))
    async def callback(interaction: Interaction, question: str = "") -> None:
        await interaction.client.ask(interaction, name, question)

    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=name,
        description=_translated(INVITE, title=desks[name].document.title),
        callback=callback,
    )
    command.autocomplete("question")(_completion(desks, name))
    return command


def _message_menu(name: str) -> app_commands.ContextMenu:
    async def callback(interaction: Interaction, message: discord.Message) -> None:
        await interaction.client.draft(interaction, name, message)

    entry = _translated(ANSWER_WITH, MENU_NAME_LIMIT, name=name.upper())
    return app_commands.ContextMenu(name=entry, callback=callback)


def _moderator_group(desks: Desks, name: str) -> app_commands.Group:
    # The default permission hides it from members; permission is checked again at every use.
    group = app_commands.Group(
        name=f"{name}{MODERATOR_SUFFIX}",
        description=_translated(MODERATE, command=name),
        default_permissions=discord.Permissions(pin_messages=True),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        # discord.py takes whatever is not set here from the tree.
        allowed_contexts=app_commands.AppCommandContext(
            guild=True, dm_channel=False, private_channel=False
        ),
    )
    for subcommand in Subcommand:
        group.add_command(_subcommand(desks, name, subcommand))
    return group


def _subcommand(
    desks: Desks, name: str, subcommand: Subcommand
) -> app_commands.Command[Any, ..., None]:
    @app_commands.describe(topic=_translated(TOPIC_HINT))
    async def about_topic(interaction: Interaction, topic: str) -> None:
        await interaction.client.moderate(interaction, name, subcommand, topic)

    async def about_all(interaction: Interaction) -> None:
        await interaction.client.moderate(interaction, name, subcommand)

    @app_commands.describe(
        **{each: _translated(meaning) for each, meaning in community_settings.MEANINGS.items()}
    )
    async def about_settings(
        interaction: Interaction,
        share: Literal["everyone", "moderators"] | None = None,
        visibility: Literal["selectable", "private"] | None = None,
        plain: Literal["on", "off"] | None = None,
        cooldown: app_commands.Range[int, 0, community_settings.MAX_MINUTES] | None = None,
    ) -> None:
        given = {
            "share": share,
            "visibility": visibility,
            "plain": plain,
            "cooldown": cooldown,
        }
        words = " ".join(f"{each}={value}" for each, value in given.items() if value is not None)
        await interaction.client.moderate(interaction, name, subcommand, words)

    callbacks: dict[Subcommand, Any] = {
        Subcommand.PIN: about_topic,
        Subcommand.UNPIN: about_topic,
        Subcommand.SETTINGS: about_settings,
    }
    callback = callbacks.get(subcommand, about_all)
    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=subcommand.value,
        description=_translated(subcommand.description),
        callback=callback,
    )
    if callback is about_topic:
        command.autocomplete("topic")(_completion(desks, name))
    return command


def _completion(desks: Desks, name: str) -> Any:
    """An autocompletion with the titles that complete what was typed so far."""

    async def complete(_: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        desk = desks.get(name)  # the documents may be replaced before the commands are
        return [
            app_commands.Choice(name=clip(choice.title, CHOICE_NAME_LIMIT), value=choice.topic)
            for choice in (desk.suggest(typed, CHOICES_LIMIT) if desk else ())
        ]

    return complete


def _translated(template: str, limit: int = DESCRIPTION_LIMIT, /, **values: str) -> locale_str:
    """An English text for discord.py, with the template and values that the translator needs."""
    text = clip(translator_for(ENGLISH)(template, **values), limit)
    return locale_str(text, template=template, **values)
