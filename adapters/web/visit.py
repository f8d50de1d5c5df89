"""Visit: what a request says. The page stores nothing, so each one brings all that there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.conversation import Caller, first_word
from adapters.web.channel import CHANNEL, COMMUNITY
from knowledge.actions import Action
from knowledge.compose import MODERATOR_SUFFIX
from knowledge.desk import Desks
from knowledge.language import ENGLISH, LANGUAGES
from knowledge.posts import Platform

THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Visit:
    """Someone's request.

    Args:
        question: what stands in the box.
        asked: what was asked last, which is what is answered.
        moderator: whether they want to see what moderators see.
        language: of the interface that they want to see.
        plain: whether answers are to be without decoration; None where they do not say.
        theme: one of `THEMES`; empty as the system has it.
        showing: identifiers of what stands on each platform, where asking anew would not bring it.
        choices: what is chosen in each platform's menu.
    """

    question: str = ""
    asked: str = ""
    moderator: bool = False
    language: str = ENGLISH
    plain: bool | None = None
    theme: str = ""
    showing: Mapping[Platform, str] = field(default_factory=dict)
    choices: Mapping[Platform, str] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Mapping[str, object]) -> Visit:
        """The visit that a form, or an address, tells of. What it says wrong is left out."""

        def text(name: str) -> str:
            value = fields.get(name, "")
            return value if isinstance(value, str) else ""

        language, theme = text("language"), text("theme")
        return cls(
            question=text("question"),
            asked=text("asked"),
            moderator=text("role") == "moderator",
            language=language if language in LANGUAGES else ENGLISH,
            plain=text("plain") == "on" if "language" in fields else None,
            theme=theme if theme in THEMES else "",
            showing={platform: text(f"showing-{platform}") for platform in Platform},
            choices={platform: text(f"choice-{platform}") for platform in Platform},
        )

    def caller(self, platform: Platform) -> Caller:
        """Who they are on a platform."""
        return Caller(
            platform,
            self.language,
            community=COMMUNITY,
            channel=CHANNEL,
            moderator=self.moderator,
        )

    def pressed(self, platform: Platform, identifier: str) -> Action | None:
        """The action of a button, or of a menu with what is chosen in it."""
        action = Action.decode(identifier)
        chosen = self.choices.get(platform, "")
        return action.choosing(chosen) if action and not action.topic and chosen else action


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed: a document's command, and the words behind it."""

    command: str
    words: str
    to_moderate: bool = False

    @classmethod
    def of(cls, text: str, desks: Desks) -> Typed:
        """`/ldn how does it work`, `/ldn-mod pins`, or the words of a question alone."""
        word, rest = first_word(text)
        command = word.removeprefix("/").removesuffix(MODERATOR_SUFFIX)
        if not word.startswith("/") or command not in desks:
            return cls(desks.first.document.command, text)
        return cls(command, rest, word.endswith(MODERATOR_SUFFIX))
