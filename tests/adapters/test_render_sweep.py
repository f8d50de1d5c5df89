"""Every answer on every surface: within limits, whole, and with a way to everything else."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import text as plain_text
from adapters.conversation import Aside, Caller, Menu, PostPreview, Response
from adapters.discord import render as discord
from adapters.moderation import Moderation
from adapters.reception import MAY_BE_DESPAIR, NOTHING_TO_POST, PREVIEW, Reception
from adapters.slack import render as slack
from adapters.wording import PAGE
from knowledge import compose
from knowledge.actions import PUBLISHING, Action, Button, Verb
from knowledge.answer import Answer, Choice, Kind
from knowledge.communities import Communities, CommunitySettings
from knowledge.compose import Composer
from knowledge.desk import Desks, HelpDesk
from knowledge.errors import DocumentError, DoesNotFitError
from knowledge.folder import load_library
from knowledge.helplines import lines_for
from knowledge.language import ENGLISH, LANGUAGES, translator_for
from knowledge.library import Library, Questions
from knowledge.posts import Platform
from knowledge.safety import CrisisKind
from knowledge.tallies import TallyCounter
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
    if not values:
        yield action
    for value in values:
        yield action.with_topic(value)


def _discord_ways(payload: dict[str, Any]) -> Iterator[Action]:
    for row in payload["components"]:
        for item in row["components"]:
            yield from _chosen(item["custom_id"], [o["value"] for o in item.get("options", [])])


@dataclass(frozen=True)
class Upload:
    """A file that goes with a payload."""

    part: str
    content: bytes = b"..."


def _discord_faults(payload: dict[str, Any]) -> Iterator[object]:
    uploads = [Upload(f"files[{each['id']}]") for each in payload.get("attachments", [])]
    yield from discord_contract.callback({"type": 4, "data": payload}, uploads)
    for row in payload["components"]:
        if len(row["components"]) > 5:
            yield "more than five buttons in a row"
    # Discord's client counts UTF-16 code units.
    if len(payload["content"].encode("utf-16-le", "surrogatepass")) > 2 * 2000:
        yield "too long for the client"


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
    for block in payload["blocks"]:
        if len(block.get("elements", [])) > 5:
            yield "more than five buttons in a row"


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


def page_line(answer: Answer, page: object, pages: object) -> str:
    return translator_for(answer.language)(PAGE, page=page, pages=pages)


@functools.lru_cache(maxsize=2048)  # what is shipped is looked at by a dozen tests
def pages(surface: Surface, answer: Answer) -> list[dict[str, Any]]:
    """Every page of an answer."""
    first = surface.payload(answer, 1)
    line = re.escape(page_line(answer, 1, "COUNT")).replace("COUNT", r"(\d+)")
    found = re.search(f"^{line}$", surface.read(first), re.MULTILINE)
    count = int(found[1]) if found else 1
    return [first, *(surface.payload(answer, page) for page in range(2, count + 1))]


def bodies_of(surface: Surface, answer: Answer, payloads: list[dict[str, Any]]) -> list[str]:
    """The body's part of every page; fails where what is around one lacks something."""
    bodies = []
    for number, payload in enumerate(payloads, start=1):
        read = words(surface.read(payload))
        line = page_line(answer, number, len(payloads)) if len(payloads) > 1 else ""
        head = words("\n\n".join(filter(None, [answer.notice, answer.heading])))
        note = plain_text.note(answer, plain_text.plain(answer.note))
        reminder = f"{answer.reminder_intro} {answer.reminder}"
        foot = words("\n\n".join([line, note, reminder, answer.credit]))
        assert read.startswith(head)
        assert read.endswith(foot)
        bodies.append(read[len(head) : -len(foot)].strip())
    return bodies


def faults_of(surface: Surface, payload: dict[str, Any]) -> list[str]:
    return [str(fault) for fault in surface.faults(payload)]


# Everything that is shipped


def everything(library: Library, language: str, plain: bool) -> dict[str, Answer]:
    """Every answer in a language, and every one with help lines above it.

    Of the fixed replies, which differ in length alone, all are there as most people read them, and
    otherwise the longest.
    """
    [document] = library.documents
    composer = Composer(document, language)
    replies = list(library.questions[document.command].not_covered.values())
    if plain or language != ENGLISH:
        replies = [max(replies, key=lambda topic: len(topic.title + topic.text))]
    answers = {
        **{each.id: composer.section(each) for each in document.sections},
        **{f"short {each.id}": composer.brief(each) for each in document.sections},
        "appointment": composer.appointment(),
        "menu": composer.menu(),
        "topics": composer.topics(),
        "help": composer.help(),
        "suggestions": composer.suggestions(document.sections[:3]),
        "not covered": composer.not_covered(),
        "not covered, nearest": composer.not_covered(document.sections[-3:]),
        "withdrawn": composer.withdrawn("T" * 75, Choice("limits", "L" * 75)),
    }
    for topic in replies:
        answers[f"refusal of {topic.id}"] = composer.refusal(topic)
    for kind in CrisisKind:
        lines = lines_for(library.help_lines, kind)
        answers[f"crisis of {kind.value}"] = composer.crisis(kind, lines)
    found = {name: replace(answer, plain=plain) for name, answer in answers.items() if answer}
    notice = composer.crisis_notice(lines_for(library.help_lines, CrisisKind.SUICIDE))
    noticed = {
        f"{name}, with help lines above": replace(answer, notice=notice, crisis=True)
        for name, answer in found.items()
        if answer.kind is not Kind.CRISIS
    }
    return found | noticed


@pytest.fixture(scope="module")
def shipped(library: Library) -> dict[tuple[str, bool], dict[str, Answer]]:
    """Everything, by language and by whether it is without decoration."""
    return {
        (language, plain): everything(library, language, plain)
        for language in LANGUAGES
        for plain in (False, True)
    }


SHOWING = {Verb.OPEN, Verb.CHOOSE}
"""What a button or menu does that shows another topic."""
Everything = dict[tuple[str, bool], dict[str, Answer]]
EVERY_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)
DECORATED_OR_NOT = pytest.mark.parametrize("plain", [False, True], ids=["decorated", "plain"])


@DECORATED_OR_NOT
@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", SURFACES, ids=str)
def test_every_answer_is_whole_and_within_the_limits_of_every_surface(
    shipped: Everything, surface: Surface, language: str, plain: bool
) -> None:
    answers = shipped[language, plain]
    assert len(answers) > 2 * (19 + 3 + 10)
    for name, answer in answers.items():
        foreign = language != ENGLISH and answer.kind is not Kind.CRISIS
        assert bool(answer.reminder_intro) == foreign, name
        payloads = pages(surface, answer)
        for payload in payloads:
            assert faults_of(surface, payload) == [], f"{name}: {payload}"
        bodies = bodies_of(surface, answer, payloads)
        assert " ".join(bodies) == words(plain_text.plain(answer.body)), name


DECORATION = re.compile(r"(?<!\\)[*_~`#]|\]\(|<http")


@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_where_a_community_wants_no_decoration_there_is_none(
    shipped: Everything, surface: Surface, language: str
) -> None:
    for name, answer in shipped[language, True].items():
        for payload in pages(surface, answer):
            text = surface.read(payload)
            assert not DECORATION.search(text), f"{name}: {text}"
            for block in payload.get("blocks", []):
                assert block["type"] in {"section", "actions"}, name
                shown = block.get("text", {}).get("text", "")
                assert not DECORATION.search(shown), f"{name}: {shown}"


@EVERY_LANGUAGE
def test_elsewhere_headings_are_real_headings(shipped: Everything, language: str) -> None:
    for name, answer in shipped[language, False].items():
        heading = plain_text.plain(answer.heading)
        content = DISCORD.read(DISCORD.payload(answer, 1))
        [line] = [line for line in content.splitlines() if line.startswith("#")]
        assert (line[:3], words(line)) == ("## ", words(heading)), name
        headers = [b for b in SLACK.payload(answer, 1)["blocks"] if b["type"] == "header"]
        assert [header["text"]["text"] for header in headers] == [heading], name


@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_every_button_and_option_of_every_answer_leads_to_something(
    library: Library, shipped: Everything, surface: Surface, language: str
) -> None:
    [document] = library.documents
    ids = {section.id for section in document.sections}
    answers = shipped[language, False]
    known = ids | {"menu", "topics", "help", "helplines", "appointment"}
    known |= {name for name in answers if name.startswith("short ") and "," not in name}
    assert len(known) == 19 + 5 + 3
    for name, answer in answers.items():
        for payload in pages(surface, answer):
            for action in surface.ways_on(payload):
                assert action.command == "ldn", name
                assert action.verb in {*SHOWING, Verb.ASK_REASON}, name
                here = ids if action.verb is Verb.ASK_REASON else known | {answer.topic}
                assert action.topic in here, name


def labels_of(payload: dict[str, Any]) -> Iterator[str]:
    for row in payload.get("components", []):
        yield from (item["label"] for item in row["components"] if item["type"] == 2)
    for block in payload.get("blocks", []):
        for item in block.get("elements", []):
            if item["type"] == "button":
                assert item["text"]["emoji"] is False
                assert item["accessibility_label"] == item["text"]["text"]
                yield item["text"]["text"]


@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_every_button_says_in_words_where_it_leads(
    shipped: Everything, surface: Surface, language: str
) -> None:
    for name, answer in shipped[language, False].items():
        for payload in pages(surface, answer):
            labels = list(labels_of(payload))
            assert len(set(labels)) == len(labels), name
            for label in labels:
                assert re.match(r"[\w¿]", label), f"{name}: {label}"
                assert "{" not in label


@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_only_answers_that_can_be_asked_for_again_have_several_pages(
    shipped: Everything, surface: Surface, language: str
) -> None:
    """Its other pages are reached by asking for its topic."""
    for name, answer in shipped[language, False].items():
        assert answer.topic or len(pages(surface, answer)) == 1, name


@DECORATED_OR_NOT
@EVERY_LANGUAGE
def test_the_blocks_on_slack_say_what_its_text_says(
    shipped: Everything, language: str, plain: bool
) -> None:
    for name, answer in shipped[language, plain].items():
        payload = slack.render(answer).to_json()
        shown = [block["text"]["text"] for block in payload["blocks"] if "text" in block]
        assert words(" ".join(shown)) == words(payload["text"]), name


@EVERY_LANGUAGE
def test_the_points_for_an_appointment_come_as_a_file_that_is_whole(
    shipped: Everything, language: str
) -> None:
    for name, answer in shipped[language, False].items():
        message = discord.render(answer)
        if answer.kind is not Kind.APPOINTMENT:
            assert message.attachments() == [], name
            continue
        [file] = message.attachments()
        assert file.filename.endswith(".txt")
        held = words(file.fp.read().decode("utf-8"))
        parts = [answer.heading, plain_text.plain(answer.body), answer.reminder, answer.credit]
        places = [held.index(words(part)) for part in parts]
        assert places == sorted(places)


@DECORATED_OR_NOT
@EVERY_LANGUAGE
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_every_section_is_one_message_in_every_language(
    library: Library, shipped: Everything, surface: Surface, language: str, plain: bool
) -> None:
    for each in library.documents[0].sections:
        for name in (each.id, f"short {each.id}"):
            if answer := shipped[language, plain].get(name):
                assert len(pages(surface, answer)) == 1, name


# What is shown before something is posted


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


def payload_of(surface: Surface, shown: Any) -> dict[str, Any]:
    render = discord.render_response if surface is DISCORD else slack.render_response
    return render(shown).to_json()


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


AROUND: list[dict[str, Any]] = [
    {},
    {"notice": "Call someone."},
    {"note": "A slip stands here."},
    {"notice": "Call someone.", "note": "A slip stands here.", "plain": True},
    *(
        {
            "notice": "Call someone.",
            "note": "A slip.",
            "reminder_intro": "In English:",
            "language": each,
        }
        for each in LANGUAGES
    ),
]


@pytest.mark.parametrize("around", AROUND, ids=lambda around: " ".join(around))
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_a_long_answer_is_dealt_out_to_pages_that_each_are_whole(
    surface: Surface, around: dict[str, Any]
) -> None:
    answer = long_answer(**around)
    payloads = pages(surface, answer)
    assert len(payloads) > 3
    bodies = bodies_of(surface, answer, payloads)
    for payload, body in zip(payloads, bodies, strict=True):
        assert faults_of(surface, payload) == []
        assert body.endswith("in its own place.")
        assert re.match(r"Sentence \d+\.0 ", body), "broken within a paragraph"
    assert " ".join(bodies) == words("\n\n".join(LONG))


@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_the_pages_of_a_long_answer_lead_to_one_another(surface: Surface) -> None:
    answer = long_answer()
    payloads = pages(surface, answer)
    for number, payload in enumerate(payloads, start=1):
        ways = [way for way in surface.ways_on(payload) if way.verb in SHOWING]
        beside = {way.page for way in ways if way.topic == answer.topic}
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
    bodies = bodies_of(surface, answer, payloads)
    assert all(body.startswith("Sentence") and body.endswith("place.") for body in bodies)
    assert " ".join(bodies) == words(answer.body)


@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_a_sentence_that_fits_nowhere_is_refused_and_never_cut(surface: Surface) -> None:
    with pytest.raises(DoesNotFitError):
        surface.payload(long_answer(body="word " * 1000), 1)


@pytest.mark.parametrize("script", ["a", "é", "字", "🙂", "&"])
@pytest.mark.parametrize("plain", [False, True])
def test_whatever_is_posted_on_slack_can_be_edited_later(script: str, plain: bool) -> None:
    """Slack posts a text ten times as long as one that it edits."""
    word = script * 40
    answer = long_answer(
        body=" ".join([f"{word} {word}."] * 80), note="A slip. " * 150, plain=plain
    )
    public = slack.render_public(answer)
    assert list(slack_contract.message("chat.update", public)) == []
    for language in LANGUAGES:
        preview = slack.render_post_preview(PostPreview(answer, translator_for(language)(PREVIEW)))
        assert list(slack_contract.message("chat.update", preview.content())) == []


@pytest.mark.parametrize("script", ["字", "🙂", "נ", "é", "*", "&", "_<>"])
@pytest.mark.parametrize("surface", PLATFORMS, ids=str)
def test_other_scripts_and_signs_keep_within_the_limits(surface: Surface, script: str) -> None:
    word = script * (60 // len(script))
    answer = long_answer(body=" ".join([f"{word} {word}."] * 80), heading=f"{word} A")
    for payload in pages(surface, answer):
        assert faults_of(surface, payload) == []


TITLES = st.text("abc *_~`<>&|[]()#@!🙂字", min_size=1, max_size=75).map("{}a".format)


@given(
    body=st.text("abc. \n*_~`<>&|[]()#@!-1🙂字\u202e\u0000", max_size=400).map("{} a".format),
    heading=TITLES.map(lambda title: title[:75]),
    label=TITLES.map(lambda title: title[:75]),
    plain=st.booleans(),
)
@settings(max_examples=60)
def test_whatever_an_article_holds_it_is_sent_within_limits_and_pings_nobody(
    body: str, heading: str, label: str, plain: bool
) -> None:
    answer = long_answer(
        body=body,
        heading=heading,
        choices=(Choice("tools", label),),
        next=Choice("winter", label),
        plain=plain,
    )
    for surface in PLATFORMS:
        for payload in pages(surface, answer):
            assert faults_of(surface, payload) == []


@DECORATED_OR_NOT
def test_what_slack_would_take_for_its_own_is_shown_as_it_is(plain: bool) -> None:
    body = "Ask <@U1>, <!channel> & *all* at 2 * 3 ~ 4."
    message = slack.render(long_answer(body=body, plain=plain))
    assert "&lt;@U1&gt;, &lt;!channel&gt; &amp;" in message.text


@pytest.mark.parametrize(
    ("markdown", "on_discord", "on_slack"),
    [
        ("**bold** and *leaning*", "bold and leaning", "bold and leaning"),
        (
            "[words](https://a.example/b_c)",
            "words (https://a.example/b_c)",
            "words (https://a.example/b_c)",
        ),
        ("[words](#)", "words", "words"),
        ("https://a.example/b_c", "https://a.example/b_c", "https://a.example/b_c"),
        ("2 * 3, a_b", r"2 \* 3, a\_b", "2 \u2060*\u2060 3, a\u2060_\u2060b"),
        ("1. one\n2. two", "1. one\n2. two", "1. one\n2. two"),
    ],
)  # fmt: skip
def test_without_decoration_words_stay_and_links_say_where_they_lead(
    markdown: str, on_discord: str, on_slack: str
) -> None:
    answer = long_answer(body=markdown, plain=True)
    assert discord.contents(answer)[0].split("\n\n")[1] == on_discord
    assert slack.render(answer).text.split("\n\n")[1] == on_slack


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


# Identifiers


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
