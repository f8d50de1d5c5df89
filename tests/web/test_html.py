"""What is drawn is what the payload says: no word more, none less, and no HTML of its own."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from adapters import text as plain_text
from adapters.discord import render as discord
from adapters.slack import render as slack
from adapters.web import discord_html, slack_html
from adapters.web.elements import (
    PRETEND_ADDRESS,
    Button,
    Menu,
    MessageElements,
    Placeholder,
    Row,
    Text,
)
from knowledge.actions import Action
from knowledge.answer import Answer
from knowledge.desk import Desks

INVISIBLE = str.maketrans("", "", "\u2060")


class Read(HTMLParser):
    """What a person reads, and which elements it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name == "href"]
        self.text += " " if tag in ("p", "li", "br", "h3", "h4", "ol", "ul") else ""

    def handle_data(self, data: str) -> None:
        self.text += data


def read(shown: MessageElements) -> str:
    """The words of a displayed message, without regard to white space, list signs and numbers."""
    html = " ".join(str(element.html) for element in shown.elements if isinstance(element, Text))
    return words(Read(html).text)


def words(text: str) -> str:
    bare = re.sub(r"(?m)^\s*(?:[-•]|\d+\.)\s|\s[-•]\s|\s\d+\.\s", " ", text)
    return " ".join(bare.translate(INVISIBLE).split())


def answers(desks: Desks) -> list[Answer]:
    """One of every kind of answer, and each list and section in German too."""
    desk = desks.first
    topics = [*desk.document.by_id, "", "topics", "help", "helplines", "appointment"]
    asked = ["can i take it with tramadol", "i want to die", "how much does a horse weigh"]
    return [
        *(desk.ask(topic) for topic in (*topics, *asked)),
        *(desk.ask(topic, "de") for topic in topics),
    ]


def test_every_word_of_every_page_is_drawn_as_slack_would(desks: Desks) -> None:
    for answer in answers(desks):
        for plain in (False, True):
            message = slack.render(replace(answer, plain=plain))
            # What Slack's readers hear is checked against the article elsewhere.
            said = message.text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
            said = re.sub(r"<(https?://[^|>]+)\|([^>]*)>", r"\2", said)
            heard = re.sub(r"(?<![\w\u2060])[*_]+(?=\S)|(?<=\S)[*_]+(?![\w\u2060])", "", said)
            assert read(slack_html.to_elements(message.to_json())) == words(heard)


def test_every_word_of_every_first_page_is_drawn_as_discord_would(desks: Desks) -> None:
    for answer in answers(desks):
        if len(discord.contents(answer)) > 1:
            continue
        drawn = read(discord_html.to_elements(discord.render(answer).to_json()))
        text = plain_text.render(answer)
        # The plain text says in brackets where a link leads.
        assert drawn == words(re.sub(r" \(https?://[^)\s]+\)", "", text))


def test_every_button_and_option_of_the_payload_is_drawn(desks: Desks) -> None:
    for answer in answers(desks):
        for shown in (
            slack_html.to_elements(slack.render(answer).to_json()),
            discord_html.to_elements(discord.render(answer).to_json()),
        ):
            controls = [
                each for row in shown.elements if isinstance(row, Row) for each in row.controls
            ]
            assert all(Action.decode(each.identifier) for each in controls)
            menus = [each for each in controls if isinstance(each, Menu)]
            chosen = [value for menu in menus for value, _ in menu.options]
            assert chosen == [choice.topic for choice in answer.choices]
            assert shown.private


ALLOWED = {"p", "br", "h3", "h4", "strong", "em", "u", "s", "code", "a", "ul", "ol", "li"}
MARKS = st.sampled_from(["<", ">", "*", "_", "~", "`", "&lt;", "&", "|", "[", "](", ")", "\\", "#"])
NASTY = st.sampled_from(["<script>", "javascript:alert(1)", "<https://x|", "https://a.b/_c_", '"'])
TEXT = st.lists(st.one_of(MARKS, NASTY, st.text(max_size=6)), max_size=30).map("".join)


@given(TEXT)
def test_no_text_becomes_html_of_its_own(text: str) -> None:
    for html in (
        slack_html.mrkdwn(text),
        discord_html.markdown(text),
    ):
        found = Read(str(html))
        assert found.tags <= ALLOWED | {"blockquote", "pre", "hr"}
        assert all(each.startswith(("https://", "http://", "#")) for each in found.addresses)


@given(st.text())
def test_what_slacks_renderer_escapes_is_drawn_as_it_was(text: str) -> None:
    drawn = Read(str(slack_html.mrkdwn(slack.escape(text)))).text
    assert drawn.translate(INVISIBLE).split() == text.translate(INVISIBLE).split()


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("*bold* and _italic_", "<strong>bold</strong> and <em>italic</em>"),
        ("*_both_*", "<strong><em>both</em></strong>"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("* not bold *", "* not bold *"),
        ("~gone~ `code`", "<s>gone</s> <code>code</code>"),
        ("a &lt;b&gt; &amp;amp; c", "a &lt;b&gt; &amp;amp; c"),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("\u2060*\u2060no\u2060*\u2060", "\u2060*\u2060no\u2060*\u2060"),
    ],
)
def test_mrkdwn_is_read_as_slack_reads_it(written: str, drawn: str) -> None:
    assert slack_html.mrkdwn(written) == Markup(drawn)


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        ("**bold** and *italic*", "<strong>bold</strong> and <em>italic</em>"),
        ("__under__ ~~gone~~", "<u>under</u> <s>gone</s>"),
        (r"2\*3\*4", "2*3*4"),
        ("one\ntwo", "one<br>\ntwo"),
        ("&amp; <b>", "&amp;amp; &lt;b&gt;"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
    ],
)
def test_markdown_is_read_as_discord_reads_it(written: str, drawn: str) -> None:
    assert discord_html.markdown(written).strip() == Markup(f"<p>{drawn}</p>")


def test_headings_stand_below_those_of_the_page() -> None:
    assert discord_html.markdown("## A\n### B") == Markup("<h3>A</h3><h4>B</h4>")


def test_an_address_is_a_link_without_the_full_stop_behind_it() -> None:
    for html in (
        slack_html.mrkdwn("at https://a.example/_b_."),
        discord_html.markdown("at https://a.example/_b_."),
    ):
        found = Read(str(html))
        assert found.addresses == ["https://a.example/_b_"]
        assert found.text.strip() == "at https://a.example/_b_."


def test_a_link_with_words_shows_the_words() -> None:
    for html in (
        slack_html.mrkdwn("<https://a.example|here>"),
        discord_html.markdown("[here](<https://a.example>)"),
    ):
        found = Read(str(html))
        assert (found.addresses, found.text.strip()) == (["https://a.example"], "here")


def test_a_link_to_a_pretend_post_stays_on_the_page() -> None:
    html = slack_html.mrkdwn(f"<{PRETEND_ADDRESS}#post-slack-1|open>")
    assert html == Markup('<a href="#post-slack-1">open</a>')


@pytest.mark.parametrize("path", ["javascript:alert(1)", "/why?q=x", "//a.example", ""])
def test_a_link_to_the_pretend_place_that_is_no_post_leads_out_of_the_page(path: str) -> None:
    for html in (
        slack_html.mrkdwn(f"<{PRETEND_ADDRESS}{path}|open>"),
        discord_html.markdown(f"[open](<{PRETEND_ADDRESS}{path}>)"),
    ):
        assert Read(str(html)).addresses == [f"{PRETEND_ADDRESS}{path}"]


def test_what_cannot_be_drawn_is_named() -> None:
    shown = slack_html.to_elements({"text": "x", "blocks": [{"type": "video"}]})
    assert shown.elements == (Placeholder("video"),)


def test_a_file_is_named(desks: Desks) -> None:
    payload = discord.render(desks.first.ask("appointment")).to_json()
    assert Placeholder("questions.txt", is_file=True) in discord_html.to_elements(payload).elements


def test_the_block_kit_builder_gets_the_blocks_of_the_payload() -> None:
    payload = {"text": "x", "blocks": [{"type": "divider", "text": "ä #&?"}]}
    address = slack_html.builder_address(payload)
    start = "https://app.slack.com/block-kit-builder/#%7B%22blocks%22%3A%5B%7B%22type"
    assert address.startswith(start)
    assert not set(address.removeprefix(slack_html.BUILDER)) & set(' "#&?<>')
    assert slack_html.builder_address({"text": "x"}) == ""


def test_a_press_leads_where_the_payload_says() -> None:
    element = {"type": "button", "action_id": "ldn:open:forms:1", "text": {"text": "Forms"}}
    shown = slack_html.to_elements({"blocks": [{"type": "actions", "elements": [element]}]})
    assert shown.elements == (Row((Button("Forms", "ldn:open:forms:1"),)),)
