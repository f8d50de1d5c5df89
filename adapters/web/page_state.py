"""PageState: everything that the page shows, read from the request.

The server stores nothing about its visitors, so each request carries the whole state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.conversation import Caller, first_word
from adapters.web.pretend_channel import CHANNEL, COMMUNITY
from knowledge.actions import Action
from knowledge.compose import MODERATOR_SUFFIX
from knowledge.desk import Desks
from knowledge.language import ENGLISH, LANGUAGES
from knowledge.posts import Platform

THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class PageState:
    """What one browser shows at the moment.

    Args:
        question: the text in the input box.
        asked: the question that was sent last; its answer is shown.
        moderator: whether to show what moderators see.
        language: the language of the interface.
        plain: whether answers are shown without decoration; None if the request does not say.
        theme: one of `THEMES`; empty for the browser's own setting.
        showing: by platform, the identifier of the button that led to what is shown; empty where
            asking `asked` again shows the same.
        choices: by platform, the option that is selected in its menu.
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
    def of(cls, fields: Mapping[str, object]) -> PageState:
        """Read the state from the fields of a form or of a query; invalid values are ignored."""

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
        """The `Caller` that this visitor is on a platform."""
        return Caller(
            platform,
            self.language,
            community=COMMUNITY,
            channel=CHANNEL,
            moderator=self.moderator,
        )

    def pressed(self, platform: Platform, identifier: str) -> Action | None:
        """The action of a button's identifier; for a menu's, with the selected option.

        None if the identifier is not one of ours.
        """
        action = Action.decode(identifier)
        chosen = self.choices.get(platform, "")
        return action.with_topic(chosen) if action and not action.topic and chosen else action


@dataclass(frozen=True, slots=True)
class TypedCommand:
    """A typed line: a document's command, and the words after it.

    `to_moderate`: it is the moderators' command (`/ldn-mod`).
    """

    command: str
    words: str
    to_moderate: bool = False

    @classmethod
    def of(cls, text: str, desks: Desks) -> TypedCommand:
        """Parse `/ldn how does it work`, `/ldn-mod pins`, or a question without a command.

        A question without a known command goes to the first document.
        """
        word, rest = first_word(text)
        command = word.removeprefix("/").removesuffix(MODERATOR_SUFFIX)
        if not word.startswith("/") or command not in desks:
            return cls(desks.first.document.command, text)
        return cls(command, rest, word.endswith(MODERATOR_SUFFIX))
