"""The values that adapters and the reception exchange: who acts, and what they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.wording import CHOOSE
from knowledge.actions import Action, Button, menu_action
from knowledge.answer import Answer, Choice
from knowledge.language import ENGLISH, Translator, translator_for
from knowledge.posts import Place, Platform


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who types or presses: where, and in which role. It holds no name and no id.

    Args:
        platform: the platform they use.
        language: the language in which they read the interface.
        community: the id of the server or workspace; empty if there is none.
        channel: the id of the channel in which an answer could be posted; empty if none could.
        moderator: whether they moderate there. To post or pin, it has been looked up just now.
        reply_to: the id of the message that a post would answer; empty if none.
        cannot_post, cannot_pin: why the platform does not let the bot post or pin there, as a
            sentence; empty if it does.
    """

    platform: Platform
    language: str = ENGLISH
    community: str = ""
    channel: str = ""
    moderator: bool = False
    reply_to: str = ""
    cannot_post: str = ""
    cannot_pin: str = ""

    @property
    def place(self) -> Place:
        """The channel, as posts record it."""
        return Place(self.platform, self.community, self.channel)

    @property
    def say(self) -> Translator:
        """Translates into their language."""
        return translator_for(self.language)


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """One page of an answer.

    Args:
        answer: the whole answer.
        number: the page, from 1; the nearest one that exists is shown.
        post_buttons: share and pin, for those who may.
        asked: whether it answers a question, and so is counted. Turning pages is not a question.
    """

    answer: Answer
    number: int = 1
    post_buttons: tuple[Button, ...] = ()
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    """Topics to choose from; `placeholder` is what it says while nothing is chosen."""

    action: Action
    choices: tuple[Choice, ...]
    placeholder: str


def menu_of(answer: Answer) -> Menu | None:
    """The menu under an answer; None if it offers no other topics."""
    if not answer.choices:
        return None
    return Menu(menu_action(answer), answer.choices, translator_for(answer.language)(CHOOSE))


@dataclass(frozen=True, slots=True)
class PostPreview:
    """A preview, for one person, of what everyone in a channel would see.

    Args:
        answer: what would be posted.
        text: the sentence above it.
        buttons: post it, or go back.
        menu: other topics that could be posted instead.
    """

    answer: Answer
    text: str
    buttons: tuple[Button, ...] = ()
    menu: Menu | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A short message that replaces the one under which something was pressed.

    `text` is Markdown.
    """

    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Aside:
    """A sentence shown beside the message under which something was pressed, which stays."""

    text: str


Response = AnswerPage | PostPreview | Reply | Aside
"""What one person is shown, and nobody else."""


def first_word(text: str) -> tuple[str, str]:
    """Split a typed text into its first word, casefolded, and the rest, stripped.

    Any white space separates them, including new lines, tabs and no-break spaces.
    """
    word, rest = [*text.split(maxsplit=1), "", ""][:2]
    return word.casefold(), rest.strip()
