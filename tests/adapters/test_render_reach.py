"""Every topic is reached by pressing alone, and what is pressed says everything by its id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.conversation import Aside, Caller, Response
from adapters.discord import render as discord
from adapters.moderation import Moderation
from adapters.reception import Reception
from adapters.slack import render as slack
from knowledge import compose
from knowledge.actions import PUBLISHING, Action, Verb
from knowledge.answer import Answer, Kind
from knowledge.communities import Communities, CommunitySettings
from knowledge.compose import Composer
from knowledge.desk import Desks, HelpDesk
from knowledge.errors import DocumentError
from knowledge.folder import load_library
from knowledge.library import Questions
from knowledge.posts import Platform
from knowledge.tallies import TallyCounter
from tests.adapters.surfaces import (
    DISCORD,
    PLATFORMS,
    SHOWING,
    SLACK,
    Surface,
    faults_of,
    pages,
    payload_of,
)
from tests.documents import open_folder, section, write_document


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> HelpDesk:
    """300 sections: 60 main topics, some with parts, one with 40, one of these with parts."""
    folder = tmp_path_factory.mktemp("large")
    sections = []
    for top in range(60):
        parts = 40 if top == 7 else 4 if top < 50 else 0
        sections.append(section(f"s{top}", f"Section {top} {'x' * 60}", f"All of {top}:"))
        for part in range(parts):
            id = f"s{top}.p{part}"
            words = f"Part {part} of {top} is here. " + "It has a second sentence. " * 20
            sections.append(section(id, f"Part {part} of {top}", words.strip(), parent=f"s{top}"))
            if (top, part) == (7, 3):
                sections += [
                    section(f"{id}.q{n}", f"Piece {n}", f"Piece {n} is here.", parent=id)
                    for n in range(30)
                ]
    sections = sections[:300]
    assert len(sections) == 300
    write_document(folder, sections)
    library = load_library(folder)
    # Buttons ask for topics by their names, so nothing is searched for, nor learned.
    small = tmp_path_factory.mktemp("small")
    write_document(small)
    trained = open_folder(small).first
    return HelpDesk(
        library.documents[0], trained.index, Questions(), trained.safety, library.help_lines
    )


def walk(surface: Surface, desk: HelpDesk) -> Iterator[tuple[Answer, dict[str, Any]]]:
    """Everything that pressing and choosing leads to, from the menu on."""
    waiting, seen = [Action(Verb.OPEN, desk.document.command, compose.MENU)], set()
    while waiting:
        action = waiting.pop()
        if action in seen:
            continue
        seen.add(action)
        answer = desk.ask(action.topic)
        payload = surface.payload(answer, action.page)
        yield answer, payload
        waiting.extend(way for way in surface.ways_on(payload) if way.verb in SHOWING)


@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_each_of_300_sections_is_reached_from_the_menu_by_pressing_alone(
    large: HelpDesk, surface: Surface
) -> None:
    reached, lists = set(), 0
    for answer, payload in walk(surface, large):
        reached.add(answer.section)
        identifiers = [action.encode() for action in surface.ways_on(payload)]
        assert all(len(identifier) <= 100 for identifier in identifiers)
        if answer.kind is Kind.MENU:
            lists += 1
            assert faults_of(surface, payload) == []
    assert reached - {None} == {each.id for each in large.document.sections}
    assert lists >= 3


@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
@pytest.mark.parametrize("topic", ["menu 2", "topics 6", "s7", "s7.p3", "s7.p3.q20", "s40.p2"])
def test_answers_of_a_large_document_keep_within_the_limits(
    large: HelpDesk, surface: Surface, topic: str
) -> None:
    answer = large.ask(topic)
    assert answer.topic == topic
    for payload in pages(surface, answer):
        assert faults_of(surface, payload) == []


def test_what_does_not_fit_with_help_lines_above_it_is_found_by_the_check(tmp_path: Path) -> None:
    sentence = "word " * 290
    write_document(tmp_path, [section("a", "A" * 75, f"{sentence}end. {sentence}end.")])
    [document] = load_library(tmp_path).documents
    alone = Composer(document).section(document.sections[0])
    for surface in PLATFORMS:
        assert pages(surface, alone)
    with pytest.raises(DocumentError, match="does not fit"):
        load_library(tmp_path, fits=(discord.contents, slack.render))


@pytest.mark.parametrize("platform", list(Platform))
async def test_every_identifier_of_the_longest_names_comes_back_from_where_it_is_kept(
    tmp_path: Path, platform: Platform
) -> None:
    surface = DISCORD if platform is Platform.DISCORD else SLACK
    top, part = "s" * 40, f"{'p' * 20}-{'p' * 19}"
    words = "The soil wants rest. " * 30 + "Ask first."
    write_document(
        tmp_path,
        [
            section(top, "Soil", words, discuss=["Ask first."]),
            section(part, "Beds", f"Here. {words}", parent=top),
            section("moon", "Moon", "Mind the moon."),
        ],
        command="c" * 27,
    )
    desks = open_folder(tmp_path)
    reception = reception_of(desks)
    message = "9" * 20 if platform is Platform.DISCORD else ""
    caller = Caller(platform, community="1", channel="2", moderator=True, reply_to="3")
    waiting: list[Response] = [
        await reception.ask(caller, desks.first.document.command, ""),
        await reception.draft(caller, desks.first.document.command, "Beds", message),
        await reception.draft(caller, desks.first.document.command, "hello", message),
    ]
    seen: set[Action] = set()
    while waiting:
        shown = waiting.pop()
        assert not isinstance(shown, Aside), shown.text
        payload = payload_of(surface, shown)
        assert faults_of(surface, payload) == []
        for action in surface.ways_on(payload):
            assert len(action.encode()) <= 100
            assert Action.decode(action.encode()) == action
            if action not in seen and action.verb not in PUBLISHING:
                waiting.append(await reception.act(caller, action))
            seen.add(action)
    assert {action.verb for action in seen} == set(Verb) - {
        *(Verb.ASK, Verb.REPLACE_PIN, Verb.SHOW_WEEK)
    }
    assert {top, part, f"short {top}"} <= {action.topic for action in seen}


def reception_of(desks: Desks) -> Reception:
    """A reception where nothing was ever set; nothing can be posted, nor kept."""
    nothing: Any = cast(Any, None)
    tally_counter = TallyCounter(nothing)
    communities = Communities(UnsetStore(), CommunitySettings())
    moderation = Moderation(desks, nothing, nothing, communities, tally_counter)
    return Reception(desks, moderation, communities, tally_counter)


class UnsetStore:
    """A `CommunityStore` in which nothing was ever set."""

    async def settings(self, platform: Platform, community: str) -> CommunitySettings | None:
        return None

    async def change(
        self,
        platform: Platform,
        community: str,
        changes: Mapping[str, Any],
        default: CommunitySettings,
    ) -> CommunitySettings:
        raise AssertionError("nothing is set here")
