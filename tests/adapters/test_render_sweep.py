"""Every answer on every surface: within limits, whole, and with a way to everything else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import text as plain_text
from adapters.discord import render as discord
from adapters.slack import render as slack
from knowledge import compose
from knowledge.actions import Action, Verb
from knowledge.answer import Answer, Choice, Kind
from knowledge.desk import HelpDesk
from knowledge.errors import DocumentError, DoesNotFitError
from knowledge.folder import load_library
from knowledge.helplines import lines_for
from knowledge.library import Library, Questions
from knowledge.safety import CrisisKind
from tests.contracts import discord as discord_contract
from tests.contracts import slack as slack_contract
from tests.documents import CREDIT, REMINDER, open_folder, section, write_document

# What is sent, and what of it a person reads where nothing but text is shown


@dataclass(frozen=True)
class Surface:
    """A platform: the payload of a page, its text, its faults, and where its buttons lead."""

    name: str
    payload: Callable[[Answer, int], dict[str, Any]]
    read: Callable[[dict[str, Any]], str]
    faults: Callable[[dict[str, Any]], Iterator[object]]
    ways_on: Callable[[dict[str, Any]], Iterator[Action]]

    def __str__(self) -> str:
        return self.name


def _chosen(identifier: str, values: list[str]) -> Iterator[Action]:
    action = Action.decode(identifier)
    assert action is not None, f"nobody understands {identifier!r}"
    if action.verb is not Verb.CHOOSE:
        yield action
    for value in values:
        yield Action(Verb.OPEN, action.command, value)


def _discord_ways(payload: dict[str, Any]) -> Iterator[Action]:
    for row in payload["components"]:
        for item in row["components"]:
            yield from _chosen(item["custom_id"], [o["value"] for o in item.get("options", [])])


def _discord_faults(payload: dict[str, Any]) -> Iterator[object]:
    yield from discord_contract.callback({"type": 4, "data": payload})
    buttons = [item for row in payload["components"] for item in row["components"]]
    if sum(item["type"] == 2 for item in buttons) > 5:
        yield "more than five buttons"


def _slack_ways(payload: dict[str, Any]) -> Iterator[Action]:
    for block in payload["blocks"]:
        for item in block.get("elements", []):
            options = [option["value"] for option in item.get("options", [])]
            yield from _chosen(item["action_id"], options)


def _slack_faults(payload: dict[str, Any]) -> Iterator[object]:
    yield from slack_contract.message("ack", payload)
    items = [item for block in payload["blocks"] for item in block.get("elements", [])]
    identifiers = [item["action_id"] for item in items]
    if len(set(identifiers)) < len(identifiers):
        yield "two elements with one action_id"
    if sum(item["type"] == "button" for item in items) > 5:
        yield "more than five buttons"


def words(text: str) -> str:
    """The words of a text on any surface, without the marks that its Markdown needs."""
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    text = re.sub(r"[\\*_\u2060]|^#+ |(?<=\n)#+ ", "", text)
    return " ".join(text.split())


DISCORD = Surface(
    "discord",
    payload=lambda answer, page: discord.render(answer, page).to_json(),
    read=lambda payload: str(payload["content"]),
    faults=_discord_faults,
    ways_on=_discord_ways,
)
SLACK = Surface(
    "slack",
    payload=lambda answer, page: slack.render(answer, page).to_json(),
    read=lambda payload: str(payload["text"]),
    faults=_slack_faults,
    ways_on=_slack_ways,
)
TEXT = Surface(
    "text",
    payload=lambda answer, page: {"text": plain_text.render(answer)},
    read=lambda payload: str(payload["text"]),
    faults=lambda payload: iter(()),
    ways_on=lambda payload: iter(()),
)
SURFACES = (DISCORD, SLACK, TEXT)
PLATFORMS = (DISCORD, SLACK)


def pages(surface: Surface, answer: Answer) -> list[dict[str, Any]]:
    """Every page of an answer."""
    first = surface.payload(answer, 1)
    found = re.search(r"^Page 1 of (\d+)$", surface.read(first), re.MULTILINE)
    count = int(found[1]) if found else 1
    return [first, *(surface.payload(answer, page) for page in range(2, count + 1))]


def body_of(surface: Surface, answer: Answer, payload: dict[str, Any], page_line: str = "") -> str:
    """The part of a page that is the body; fails where what is around it lacks something."""
    read = words(surface.read(payload))
    head = words("\n\n".join(filter(None, [answer.notice, answer.heading])))
    note = plain_text.NOTE_LEAD + plain_text.plain(answer.note) if answer.note else ""
    foot = words("\n\n".join([page_line, note, answer.reminder, answer.credit]))
    assert read.startswith(head)
    assert read.endswith(foot)
    return read[len(head) : -len(foot)].strip()


# Everything that is shipped


def everything(library: Library) -> dict[str, Answer]:
    [document] = library.documents
    answers = {
        **{s.id: compose.section_answer(document, s) for s in document.sections},
        "menu": compose.menu_answer(document),
        "topics": compose.topics_answer(document),
        "help": compose.help_answer(document),
        "suggestions": compose.suggestions_answer(document, document.sections[:3]),
        "not covered": compose.not_covered_answer(document),
        "not covered, nearest": compose.not_covered_answer(document, document.sections[-3:]),
        "withdrawn": compose.withdrawn_answer(document, "T" * 75, Choice("limits", "L" * 75)),
    }
    for topic in library.questions[document.command].not_covered.values():
        answers[f"refusal of {topic.id}"] = compose.refusal(document, topic)
    for kind in CrisisKind:
        lines = lines_for(library.help_lines, kind)
        answers[f"crisis of {kind.value}"] = compose.crisis_answer(document, kind, lines)
    notice = compose.crisis_notice(lines_for(library.help_lines, CrisisKind.SUICIDE))
    noticed = {
        f"{name}, with help lines above": replace(answer, notice=notice, crisis=True)
        for name, answer in answers.items()
        if answer.kind is not Kind.CRISIS
    }
    return answers | noticed


@pytest.mark.parametrize("surface", SURFACES, ids=str)
def test_every_answer_is_whole_and_within_the_limits_of_every_surface(
    library: Library, surface: Surface
) -> None:
    answers = everything(library)
    assert len(answers) > 19 + 10
    for name, answer in answers.items():
        payloads = pages(surface, answer)
        bodies = []
        for number, payload in enumerate(payloads, start=1):
            assert [str(fault) for fault in surface.faults(payload)] == [], f"{name}: {payload}"
            line = f"Page {number} of {len(payloads)}" if len(payloads) > 1 else ""
            bodies.append(body_of(surface, answer, payload, line))
        assert " ".join(bodies) == words(plain_text.plain(answer.body)), name


@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_every_button_and_option_of_every_answer_leads_to_something(
    library: Library, surface: Surface
) -> None:
    [document] = library.documents
    known = {"menu", "topics", "help"} | {section.id for section in document.sections}
    for name, answer in everything(library).items():
        for payload in pages(surface, answer):
            for action in surface.ways_on(payload):
                assert action.command == "ldn", name
                assert action.topic in known | {answer.topic}, name


@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_only_answers_that_can_be_asked_for_again_have_several_pages(
    library: Library, surface: Surface
) -> None:
    """Its other pages are reached by asking for its topic."""
    for name, answer in everything(library).items():
        assert answer.topic or len(pages(surface, answer)) == 1, name


def test_the_blocks_on_slack_say_what_its_text_says(library: Library) -> None:
    for name, answer in everything(library).items():
        payload = slack.render(answer).to_json()
        shown = [block["text"]["text"] for block in payload["blocks"] if "text" in block]
        assert words(" ".join(shown)) == words(payload["text"]), name


# Long answers

LONG = [" ".join(f"Sentence {p}.{n} stands here, in its own place." for n in range(9))
        for p in range(60)]  # fmt: skip


def long_answer(**changes: Any) -> Answer:
    parts: dict[str, Any] = {
        "kind": Kind.SECTION,
        "command": "garden",
        "topic": "water",
        "heading": "Watering",
        "body": "\n\n".join(LONG),
        "reminder": REMINDER,
        "credit": CREDIT,
        "section": "water",
        "choices": (Choice("tools", "Tools"),),
        "previous": Choice("tools", "Tools"),
        "next": Choice("winter", "Winter"),
    }
    return Answer(**{**parts, **changes})


@pytest.mark.parametrize("note", ["", "A slip stands here."])
@pytest.mark.parametrize("notice", ["", "Call someone."])
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_a_long_answer_is_dealt_out_to_pages_that_each_are_whole(
    surface: Surface, notice: str, note: str
) -> None:
    answer = long_answer(note=note, notice=notice)
    payloads = pages(surface, answer)
    assert len(payloads) > 3
    bodies = []
    for number, payload in enumerate(payloads, start=1):
        assert [str(fault) for fault in surface.faults(payload)] == []
        bodies.append(body_of(surface, answer, payload, f"Page {number} of {len(payloads)}"))
        assert bodies[-1].endswith("in its own place.")
        assert re.match(r"Sentence \d+\.0 ", bodies[-1]), "broken within a paragraph"
    assert " ".join(bodies) == words("\n\n".join(LONG))


@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_the_pages_of_a_long_answer_lead_to_one_another(surface: Surface) -> None:
    answer = long_answer()
    payloads = pages(surface, answer)
    for number, payload in enumerate(payloads, start=1):
        beside = {a.page for a in surface.ways_on(payload) if a.topic == answer.topic}
        assert beside == {number - 1, number + 1} & set(range(1, len(payloads) + 1))


@pytest.mark.parametrize("page", [-1, 0, 99])
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_a_page_that_does_not_exist_is_the_nearest_that_does(surface: Surface, page: int) -> None:
    answer = long_answer()
    last = len(pages(surface, answer))
    assert surface.payload(answer, page) == surface.payload(answer, min(max(page, 1), last))


@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_a_paragraph_longer_than_a_page_is_broken_between_its_sentences(surface: Surface) -> None:
    answer = long_answer(body=" ".join(LONG))
    payloads = pages(surface, answer)
    bodies = [
        body_of(surface, answer, payload, f"Page {number} of {len(payloads)}")
        for number, payload in enumerate(payloads, start=1)
    ]
    assert all(body.startswith("Sentence") and body.endswith("place.") for body in bodies)
    assert " ".join(bodies) == words(answer.body)


@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_a_sentence_that_fits_nowhere_is_refused_and_never_cut(surface: Surface) -> None:
    with pytest.raises(DoesNotFitError):
        surface.payload(long_answer(body="word " * 1000), 1)


@pytest.mark.parametrize("script", ["字", "🙂", "נ", "é", "*", "&", "_<>"])
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_other_scripts_and_signs_keep_within_the_limits(surface: Surface, script: str) -> None:
    word = script * (60 // len(script))
    answer = long_answer(body=" ".join([f"{word} {word}."] * 80), heading=f"{word} A")
    for payload in pages(surface, answer):
        assert [str(fault) for fault in surface.faults(payload)] == []
        # Discord's client counts UTF-16 code units.
        if surface is DISCORD:
            assert len(payload["content"].encode("utf-16-le")) <= 2 * 2000


TITLES = st.text("abc *_~`<>&|[]()#@!🙂字", min_size=1, max_size=75).map("{}a".format)


@given(
    body=st.text("abc. \n*_~`<>&|[]()#@!-1🙂字\u202e\u0000", max_size=400).map("{} a".format),
    heading=TITLES.map(lambda title: title[:75]),
    label=TITLES.map(lambda title: title[:75]),
)
@settings(max_examples=60)
def test_whatever_an_article_holds_it_is_sent_within_limits_and_pings_nobody(
    body: str, heading: str, label: str
) -> None:
    answer = long_answer(
        body=body,
        heading=heading,
        choices=(Choice("tools", label),),
        next=Choice("winter", label),
    )
    for surface in PLATFORMS:
        for payload in pages(surface, answer):
            assert [str(fault) for fault in surface.faults(payload)] == []


def test_what_slack_would_take_for_its_own_is_shown_as_it_is() -> None:
    message = slack.render(long_answer(body="Ask <@U1>, <!channel> & *all* at 2 * 3 ~ 4."))
    assert "&lt;@U1&gt;, &lt;!channel&gt; &amp;" in message.text


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**bold** and *leaning*", "**bold** and *leaning*"),
        ("2 * 3, a_b, `c`", r"2 \* 3, a\_b, \`c\`"),
        ("[words](https://a.example)", "[words](<https://a.example>)"),
        ("[words](#)", "words"),
        ("https://a.example/b_c", "https://a.example/b_c"),
        ("1. one\n2. two", "1. one\n2. two"),
        ("**When** - in the morning", "**When** - in the morning"),
    ],
)  # fmt: skip
def test_markdown_is_discords_own(markdown: str, shown: str) -> None:
    assert discord.markdown(markdown) == shown


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**bold** and *leaning*", "*bold* and _leaning_"),
        ("[words](https://a.example?b&c)", "<https://a.example?b&amp;c|words>"),
        ("[words](#)", "words"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("2*3", "2\u2060*\u20603"),
        ("https://a.example/b_c", "https://a.example/b_c"),
        ("**see [this](https://a.example)**", "*see* *<https://a.example|this>*"),
    ],
)  # fmt: skip
def test_markdown_is_slacks_own(markdown: str, shown: str) -> None:
    assert slack.mrkdwn(markdown) == shown


# Every topic is reachable without typing


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
        waiting.extend(surface.ways_on(payload))


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
            assert [str(fault) for fault in surface.faults(payload)] == []
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
        assert [str(fault) for fault in surface.faults(payload)] == []


def test_what_does_not_fit_with_help_lines_above_it_is_found_by_the_check(tmp_path: Path) -> None:
    sentence = "word " * 290
    write_document(tmp_path, [section("a", "A" * 75, f"{sentence}end. {sentence}end.")])
    [document] = load_library(tmp_path).documents
    alone = compose.section_answer(document, document.sections[0])
    for surface in PLATFORMS:
        assert pages(surface, alone)
    with pytest.raises(DocumentError, match="does not fit"):
        load_library(tmp_path, fits=(discord.contents, slack.render))
