"""The article's Markdown in each platform's own, and without decoration."""

from __future__ import annotations

import pytest

from adapters.discord import render as discord
from adapters.slack import render as slack
from tests.adapters.surfaces import DECORATED_OR_NOT, long_answer


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
