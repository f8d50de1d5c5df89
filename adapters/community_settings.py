"""`/ldn-mod settings`: parses what a moderator typed, and describes a community's settings."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from typing import Any

from knowledge.communities import MAX_COOLDOWN, CommunitySettings, Sharers, Visibility
from knowledge.errors import UserFacingError
from knowledge.language import Translator, gettext_noop
from knowledge.posts import Platform

MAX_MINUTES = MAX_COOLDOWN // timedelta(minutes=1)


class UnknownSettingError(UserFacingError):
    """A word that is no setting; the text is a sentence that says what could be typed."""


class Plain(StrEnum):
    """Whether answers are shown without decoration."""

    ON = "on"
    OFF = "off"


CHOICES: dict[str, type[StrEnum]] = {"share": Sharers, "visibility": Visibility, "plain": Plain}
"""The settings whose value is one of a few words; `cooldown` is a number of minutes."""
COOLDOWN = "cooldown"

MEANINGS = {
    "share": gettext_noop("Who may share answers"),
    "visibility": gettext_noop("Whether answers can be shared, or are private only"),
    "plain": gettext_noop("Whether answers are shown without decoration"),
    COOLDOWN: gettext_noop("Minutes between two public posts in a channel, except for moderators"),
}
"""What each setting is about, as Discord shows it; at most 100 characters."""

_DIGITS = re.compile(r"[0-9]{1,9}")
_TYPED = gettext_noop(
    "To change something, type /{command}-mod settings and, for example, share=moderators "
    "visibility=private plain=on cooldown=10."
)
_OPTIONS = gettext_noop("To change something, use the options of /{command}-mod settings: {names}.")
_WORDS = gettext_noop("“{word}” is not one of: {words}.")
_NUMBER = gettext_noop("The cooldown is a whole number of minutes, from 0 to {most}.")
_UNKNOWN = gettext_noop("There is no setting “{name}”. There are: {names}.")


def changes(words: str, say: Translator) -> dict[str, Any]:
    """Parse what a moderator typed, such as `share=moderators cooldown=10`.

    Returns:
        The values for `CommunitySettings`, by the names of its fields; empty for no words.

    Raises:
        UnknownSettingError: a word is no setting; the text is in the moderator's language.
    """
    values: dict[str, Any] = {}
    for word in words.casefold().split():
        name, _, value = word.partition("=")
        if name in CHOICES:
            known = [each.value for each in CHOICES[name]]
            if value not in known:
                typed = ", ".join(f"{name}={each}" for each in known)
                raise UnknownSettingError(say(_WORDS, word=word, words=typed))
            values[name] = CHOICES[name](value)
        elif name == COOLDOWN:
            if not (_DIGITS.fullmatch(value) and int(value) <= MAX_MINUTES):
                raise UnknownSettingError(say(_NUMBER, most=MAX_MINUTES))
            values[name] = timedelta(minutes=int(value))
        else:
            names = ", ".join(MEANINGS)
            raise UnknownSettingError(say(_UNKNOWN, name=name, names=names))
    if "plain" in values:
        values["plain"] = values["plain"] is Plain.ON
    return values


def describe(
    settings: CommunitySettings, command: str, say: Translator, platform: Platform, *, changed: bool
) -> str:
    """All settings, one a line, and how to change them. `changed`: they were just changed."""
    values = {
        "share": settings.share.value,
        "visibility": settings.visibility.value,
        "plain": Plain.ON if settings.plain else Plain.OFF,
        COOLDOWN: str(settings.cooldown // timedelta(minutes=1)),
    }
    lines = [say("Saved. From now on:") if changed else say("In this community:")]
    lines += (f"- {say(MEANINGS[name])}: {name}={value}" for name, value in values.items())
    # Discord sends no words behind a command, only options; Slack has none.
    usage = _OPTIONS if platform is Platform.DISCORD else _TYPED
    return "\n".join((*lines, "", say(usage, command=command, names=", ".join(MEANINGS))))
