"""The commands that Discord knows of: `/ldn` for everyone, `/ldn-mod` for moderators."""

from __future__ import annotations

import logging
from typing import Any

import discord
from discord import app_commands

from adapters.moderation import Subcommand
from adapters.wording import APOLOGY, QUESTION_HINT, UNKNOWN_COMMAND, invite
from knowledge.actions import clip
from knowledge.desk import Desks

log = logging.getLogger(__name__)

DESCRIPTION_LIMIT = 100

# discord.py looks at these annotations when the program runs, so they name no type of ours.
Interaction = discord.Interaction[Any]


class DocumentTree(app_commands.CommandTree[Any]):
    """discord.py's command tree, with errors in words."""

    async def on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """A command that failed before it reached its desk."""
        unknown = isinstance(
            error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch
        )
        if not unknown:
            log.error("a command failed", exc_info=error)
        if interaction.type is not discord.InteractionType.autocomplete:
            await interaction.client.say(interaction, UNKNOWN_COMMAND if unknown else APOLOGY)


def command_tree(client: Any, desks: Desks) -> DocumentTree:
    """Two commands for each document.

    `/ldn` is for servers, direct messages and personal installs, `/ldn-mod` for servers.
    """
    tree = DocumentTree(
        client,
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        allowed_contexts=app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=True
        ),
    )
    add_commands(tree, desks)
    return tree


def add_commands(tree: DocumentTree, desks: Desks) -> None:
    """Put every document's commands into a tree."""
    for command, desk in desks.items():
        tree.add_command(_question_command(command, desk.document.title))
        tree.add_command(_moderator_group(command))


def commands_payload(desks: Desks) -> list[dict[str, Any]]:
    """What registers the commands: the body of `PUT /applications/{id}/commands`."""
    tree = command_tree(discord.Client(intents=discord.Intents.none()), desks)
    return [dict(command.to_dict(tree)) for command in tree.get_commands()]


def _question_command(name: str, title: str) -> app_commands.Command[Any, ..., None]:
    @app_commands.describe(question=QUESTION_HINT)
    async def callback(interaction: Interaction, question: str = "") -> None:
        await interaction.client.ask(interaction, name, question)

    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=name, description=clip(invite(title), DESCRIPTION_LIMIT), callback=callback
    )
    command.autocomplete("question")(_completion(name))
    return command


def _moderator_group(name: str) -> app_commands.Group:
    # The default keeps it out of members' sight; who may use it is asked again at every use.
    group = app_commands.Group(
        name=f"{name}-mod",
        description=f"For moderators: post and pin answers of /{name}.",
        default_permissions=discord.Permissions(pin_messages=True),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        allowed_contexts=app_commands.AppCommandContext(guild=True),
    )
    for subcommand in Subcommand:
        with_topic = subcommand in {Subcommand.PIN, Subcommand.UNPIN}
        group.add_command(_subcommand(name, subcommand, with_topic=with_topic))
    return group


def _subcommand(
    name: str, subcommand: Subcommand, *, with_topic: bool
) -> app_commands.Command[Any, ..., None]:
    @app_commands.describe(topic="The topic. Type a few letters of its title.")
    async def about_topic(interaction: Interaction, topic: str) -> None:
        await interaction.client.moderate(interaction, name, subcommand, topic)

    async def about_all(interaction: Interaction) -> None:
        await interaction.client.moderate(interaction, name, subcommand)

    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=subcommand.value,
        description=subcommand.description,
        callback=about_topic if with_topic else about_all,
    )
    if with_topic:
        command.autocomplete("topic")(_completion(name))
    return command


def _completion(name: str) -> Any:
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        choices: list[app_commands.Choice[str]] = await interaction.client.suggest(name, typed)
        return choices

    return complete
