"""What passes between an adapter and the reception: who acts, and what they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from knowledge.actions import Action, Button
from knowledge.answer import Answer, Choice
from knowledge.language import ENGLISH, Say, words_in
from knowledge.posts import Place, Platform


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone who types or presses, as far as it matters here: where, and in which role.

    Args:
        platform: where they are.
        language: of the interface.
        community: their server or workspace; empty where there is none.
        channel: where an answer could be posted; empty where none can.
        moderator: whether they moderate there. For whatever posts, as of this moment.
        reply_to: the message that a post would answer, if any.
        cannot_post, cannot_pin: why the platform would not let us, as a sentence.
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
        """The channel, for what posts there."""
        return Place(self.platform, self.community, self.channel)

    @property
    def say(self) -> Say:
        """Speaks their language."""
        return words_in(self.language)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an answer, with buttons for those who may post it.

    `asked`: whether it answers a question; to leaf through the article is not to ask for a section.
    """

    answer: Answer
    number: int = 1
    offers: tuple[Button, ...] = ()
    asked: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What everyone in a channel would see, and what to press next.

    `choices` are other topics that could be posted instead, `choose` what choosing one does,
    `placeholder` what the menu of them says.
    """

    answer: Answer
    text: str
    buttons: tuple[Button, ...] = ()
    choices: tuple[Choice, ...] = ()
    choose: Action | None = None
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A short message in place of what stands there. `text` is Markdown."""

    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Aside:
    """A sentence beside what stands there, which stays as it is."""

    text: str


Shown = Page | Preview | Reply | Aside
"""Whatever one person is shown, and nobody else."""


def first_word(text: str) -> tuple[str, str]:
    """The first word of what somebody typed, as words are compared, and what stands behind it.

    Whatever parts words on a screen parts them here: also a new line, a tab, a fixed blank.
    """
    word, rest = [*text.split(maxsplit=1), "", ""][:2]
    return word.casefold(), rest.strip()
