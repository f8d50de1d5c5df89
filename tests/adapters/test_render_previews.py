"""What is shown before something is posted: what would be posted, and that it is a preview."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from adapters.conversation import Menu, PostPreview
from adapters.discord import render as discord
from adapters.reception import MAY_BE_DESPAIR, NOTHING_TO_POST, PREVIEW
from adapters.slack import render as slack
from knowledge.actions import Action, Button, Verb
from knowledge.answer import Answer, Choice
from knowledge.compose import Composer
from knowledge.language import LANGUAGES, translator_for
from knowledge.library import Library
from tests.adapters.surfaces import (
    DECORATED_OR_NOT,
    DISCORD,
    EVERY_LANGUAGE,
    PLATFORMS,
    Surface,
    faults_of,
    long_answer,
    page_line,
    payload_of,
    words,
)


def test_what_a_reader_alone_gets_fills_the_message_and_what_is_posted_leaves_room() -> None:
    answer = long_answer(body=" ".join(["A."] * 3000))
    mine, public = discord.contents(answer)[0], discord.public_content(answer)
    line = len(page_line(answer, 99, 99)) - len(page_line(answer, 1, 10))
    assert discord.CONTENT_LIMIT - line - len(" A.") < len(mine) <= discord.CONTENT_LIMIT
    room = discord.CONTENT_LIMIT - discord.PREVIEW_ROOM
    assert room - line - len(" A.") < len(public) <= room


def preview_of(answer: Answer, text: str) -> PostPreview:
    draft = Action(Verb.PREVIEW_REPLY, answer.command, answer.section or "", detail="9" * 20)
    post = replace(draft, verb=Verb.POST)
    choices = tuple(Choice(f"s{number}", f"Section {number}") for number in range(25))
    buttons = (Button(post, "Post"), Button(replace(draft, detail=f"{draft.detail}n"), "Notify"))
    return PostPreview(answer, text, buttons, Menu(replace(draft, topic=""), choices, "Another"))


def _public_on_slack(answer: Answer) -> str:
    return str(slack.render_public(answer)["text"])


@DECORATED_OR_NOT
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_a_preview_says_that_it_is_one_and_then_shows_what_would_be_posted(
    library: Library, surface: Surface, plain: bool
) -> None:
    """What is posted speaks the document's language; the one who posts it may read another."""
    [document] = library.documents
    composer = Composer(document)
    languages = itertools.cycle(LANGUAGES)
    for each, language in zip(document.sections, languages, strict=False):
        answer = replace(composer.section(each), plain=plain)
        said = translator_for(language)(PREVIEW)
        payload = payload_of(surface, preview_of(answer, said))
        assert faults_of(surface, payload) == [], each.id
        public = discord.public_content if surface is DISCORD else _public_on_slack
        assert words(surface.read(payload)) == f"{words(said)} {words(public(answer))}", each.id


@pytest.mark.parametrize(
    "text",
    [PREVIEW, NOTHING_TO_POST, MAY_BE_DESPAIR],
    ids=["preview", "nothing to post", "despair"],
)
@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_a_preview_of_the_longest_page_keeps_within_the_limits(
    surface: Surface, language: str, text: str
) -> None:
    said = translator_for(language)(text)
    for glue in (" ", "\n\n"):
        answer = long_answer(body=glue.join(["A."] * 3000), language=language)
        payload = payload_of(surface, preview_of(answer, said))
        assert faults_of(surface, payload) == []
