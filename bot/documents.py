"""The documents of the settings' folder, as desks: checked, learned, kept for the next start.

Nothing of a platform is imported, so that a command on a terminal starts quickly; limits of the
platforms are checked where they are needed.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path

from adapters.database.ownership import leave_to_owner
from bot.key_values import key_value_store
from bot.settings import Settings
from knowledge.bundle import code_fingerprint, fingerprint
from knowledge.desk import Desks, HelpDesk
from knowledge.library import Library
from knowledge.opening import learn_in_process, load_learned, open_folder

log = logging.getLogger(__name__)


def load_checked_library(folder: Path) -> Library:
    """Load and check the documents of a folder, also against the limits of every platform.

    Raises:
        DocumentError: with every fault of every file.
    """
    from adapters.discord import render as discord
    from adapters.slack import render as slack
    from knowledge.folder import load_library

    return load_library(folder, fits=(discord.public_content, slack.render))


def build_desks(settings: Settings) -> Desks:
    """A help desk for each document of the settings' folder.

    Raises:
        DocumentError: with every fault of every file.
        LearningError: the learning process was killed.
    """
    desks, _ = asyncio.run(_open(settings))
    models = _models(settings)
    with suppress(OSError):  # it was saved all the same
        for path in (models, *models.rglob("*")):
            leave_to_owner(path)  # the service, which reads it too, may run as another user
    return Desks(desks)


def build_desks_read_only(settings: Settings) -> Desks:
    """As `build_desks`, but nothing is written: what has to be learned is not saved.

    Raises:
        DocumentError: with every fault of every file.
    """
    return Desks(_open_read_only(settings))


async def rebuild_desks(settings: Settings) -> list[HelpDesk]:
    """The desks of `build_desks`, while the event loop runs; for `last_good_desks` to find later.

    If this is cancelled, learning ends.

    Raises:
        DocumentError: with every fault of every file.
        LearningError: the learning process was killed.
    """
    desks, name = await _open(settings)
    if name:
        _remember_good(settings, name)
    return desks


async def _open(settings: Settings) -> tuple[list[HelpDesk], str]:
    """See `knowledge.opening.open_folder`; if nothing can be written, only what is there is used,
    and the name is empty.
    """
    models = _models(settings)
    if _is_writable(models):
        return await open_folder(settings.documents, models)
    log.warning(
        "Nothing can be written to %s, so what is learned is not kept, and nothing can be shared. "
        "Set LDN_DATA to a folder that can be written.",
        settings.data,
    )
    return await asyncio.to_thread(_open_read_only, settings), ""


def _open_read_only(settings: Settings) -> list[HelpDesk]:
    folder = settings.documents
    return load_learned(_models(settings), fingerprint(folder)) or learn_in_process(folder)


def last_good_desks(settings: Settings) -> list[HelpDesk]:
    """The desks that `rebuild_desks` made last from the settings' folder; empty if not saved.

    They are for a start while the folder has a fault. Those of another version are not used.
    """
    stored = key_value_store(settings).get(_last_good_key(settings)) or ""
    code, _, name = stored.partition(" ")
    return load_learned(_models(settings), name) if code == code_fingerprint() else []


def _remember_good(settings: Settings, name: str) -> None:
    store, key = key_value_store(settings), _last_good_key(settings)
    value = f"{code_fingerprint()} {name}"
    if store.get(key) != value:
        store.set(key, value)


def _last_good_key(settings: Settings) -> str:
    return f"documents of {settings.documents.absolute()}"


def _models(settings: Settings) -> Path:
    return settings.data / "models"


def _is_writable(folder: Path) -> bool:
    """Whether files can be written to a folder, which is made if it does not exist."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        return os.access(folder, os.W_OK)
    return False


def clear_render_caches() -> None:
    """Clear the caches of rendered answers, after the documents were replaced."""
    from adapters import text
    from adapters.discord import render as discord
    from adapters.slack import render as slack
    from knowledge import markup

    for made in (discord.render, discord.contents, slack.render, text.render, markup.parse_kept):
        made.cache_clear()
