"""`/ldn-mod stats`: enough to see what is looked for, too little to recognise anyone."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from datetime import date, timedelta

import pytest

from adapters import statistics
from adapters.conversation import Caller, Reply
from adapters.discord import render as discord
from adapters.slack import render as slack
from knowledge.actions import Action, Verb
from knowledge.desk import Desks
from knowledge.language import LANGUAGES
from knowledge.posts import Platform
from knowledge.tallies import KEPT_FOR, Reason, SectionReport, Tally, TallyOutcome

THIS_WEEK = date(2026, 11, 16)
WEEK = THIS_WEEK - timedelta(weeks=3)
CALLER = Caller(Platform.SLACK, community="T1", channel="C1", moderator=True)
TITLES = {"water": "Watering", "tools": "Tools", "winter": "Winter", "price": "prices"}


def tally(topic: str, outcome: TallyOutcome = TallyOutcome.ASKED, command: str = "garden") -> Tally:
    return Tally(WEEK, Platform.SLACK, "T1", command, topic, outcome)


def report(section: str, reason: Reason = Reason.UNCLEAR, command: str = "garden") -> SectionReport:
    return SectionReport(WEEK, Platform.SLACK, command, section, reason)


def shown(
    tallies: Mapping[Tally, int] | None = None,
    reports: Mapping[SectionReport, int] | None = None,
    week: date = WEEK,
    caller: Caller = CALLER,
    titles: Mapping[str, str] = TITLES,
) -> Reply:
    """What a moderator reads of a week in which this was counted."""
    return statistics.reply(
        caller, "garden", week, THIS_WEEK, tallies or {}, reports or {}, titles=titles
    )


def test_each_outcome_has_its_list_and_the_week_its_day() -> None:
    reply = shown(
        {
            tally("water"): 12,
            tally("tools"): 5,
            tally("price", TallyOutcome.NOT_COVERED): 6,
            tally("", TallyOutcome.NOT_COVERED): 40,
        },
        {report("water"): 7, report("tools", Reason.MISSING): 9},
    )
    assert reply.text == (
        "The week of October 26, 2026\n\n"
        "Asked for:\n- Watering: 12\n- Tools: 5\n\n"
        "Not covered by the article:\n- something else: 40\n- prices: 6\n\n"
        "Reported as unclear, by all groups on Slack:\n"
        "- Tools, something is missing: 9\n- Watering, hard to understand: 7"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_without_decoration_wherever_it_is_shown(language: str) -> None:
    """A community may want none, and statistics are no answer that could be told so."""
    caller = Caller(Platform.SLACK, language, "T1", "C1", moderator=True)
    text = shown({tally("water"): 12}, {report("tools"): 9}, caller=caller).text
    assert not re.search(r"[*_#`~]", text)


def test_where_nothing_was_counted_that_is_said() -> None:
    assert shown().text.splitlines()[2:] == ["Nothing was counted."]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_less_than_five_is_said_to_be_fewer_than_five(number: int) -> None:
    text = shown(
        {tally("water"): number, tally("price", TallyOutcome.NOT_COVERED): number},
        {report("water"): number},
    ).text
    assert text.count(": fewer than 5") == 3
    assert re.findall(r": \d", text) == []


@pytest.mark.parametrize("number", [5, 6, 4711])
def test_five_and_more_are_told(number: int) -> None:
    text = shown(
        {tally("water"): number, tally("price", TallyOutcome.NOT_COVERED): number},
        {report("water"): number},
    ).text
    assert text.count(f": {number}") == 3
    assert "fewer than" not in text


def test_whatever_the_small_numbers_are_the_same_is_shown() -> None:
    """Neither the number, nor the place in a list, nor whether it is in it, tells of fewer."""
    many = {f"t{number:02}": f"Title {number:02}" for number in range(14)}
    texts = set()
    for small in ([1] * 14, [4] * 14, [1, 2, 3, 4] * 4, [4, 3, 2, 1] * 4):
        counts = dict(zip(many, small, strict=False)) | {"t07": 50, "t13": 5}
        for order in (list(counts), list(reversed(counts))):
            tallies = {
                tally(topic, outcome): counts[topic] for topic in order for outcome in TallyOutcome
            }
            reports = {report(topic): counts[topic] for topic in order}
            texts.add(shown(tallies, reports, titles=many).text)
    assert len(texts) == 1
    [text] = texts
    asked = text.split("\n\n")[1].splitlines()
    assert asked[1:3] == ["- Title 07: 50", "- Title 13: 5"]
    assert [line for line in asked if "fewer" in line] == sorted(
        line for line in asked if "fewer" in line
    )


def test_what_is_left_out_of_a_long_list_is_said_to_be_left_out() -> None:
    many = {f"t{number:02}": f"Title {number:02}" for number in range(30)}
    lines = shown({tally(topic): 9 for topic in many}, titles=many).text.split("\n\n")[1]
    *listed, more = lines.splitlines()[1:]
    assert len(listed) == statistics.MOST_LINES
    assert more == f"- … and {30 - len(listed)} more."


def test_topics_that_are_gone_since_are_counted_together() -> None:
    reply = shown({tally("gone"): 3, tally("forgotten"): 4})
    assert "- something else: 7" in reply.text
    assert "gone" not in reply.text


def test_another_documents_numbers_stay_with_it() -> None:
    reply = shown({tally("water", command="lawn"): 9}, {report("water", command="lawn"): 9})
    assert reply.text.endswith("Nothing was counted.")


def test_reports_are_of_all_groups_on_the_callers_platform() -> None:
    on_discord = Caller(Platform.DISCORD, community="1", channel="2", moderator=True)
    text = shown(reports={report("water"): 9}, caller=on_discord).text
    assert "by all groups on Discord:" in text


# From week to week

OLDEST = THIS_WEEK - KEPT_FOR


@pytest.mark.parametrize(
    ("week", "leads_to"),
    [
        (WEEK, [WEEK - timedelta(weeks=1), WEEK + timedelta(weeks=1)]),
        (THIS_WEEK, [THIS_WEEK - timedelta(weeks=1)]),
        (OLDEST, [OLDEST + timedelta(weeks=1)]),
    ],
)
def test_buttons_lead_to_the_weeks_before_and_after_that_are_kept(
    week: date, leads_to: list[date]
) -> None:
    buttons = shown(week=week).buttons
    assert [button.action for button in buttons] == [
        Action(Verb.SHOW_WEEK, "garden", each.isoformat()) for each in leads_to
    ]
    for button, to in zip(buttons, leads_to, strict=True):
        assert button.label == ("The week before" if to < week else "The week after")
        assert Action.decode(button.action.encode()) == button.action
        assert statistics.week_named(button.action.topic, THIS_WEEK) == to


@pytest.mark.parametrize("day", range(7))
def test_any_day_names_its_week(day: int) -> None:
    named = (WEEK + timedelta(days=day)).isoformat()
    assert statistics.week_named(named, THIS_WEEK) == WEEK


@pytest.mark.parametrize(
    "text",
    ["", "water", "2026-13-01", "2026-11-23", "9999-12-31", "0001-01-01", "2020-01-01", "menu 2",
     (OLDEST - timedelta(days=1)).isoformat()],
)  # fmt: skip
def test_what_names_no_week_that_is_kept_is_this_week(text: str) -> None:
    assert statistics.week_named(text, THIS_WEEK) == THIS_WEEK


# On the platforms


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_can_be_counted_of_the_shipped_document_fits_one_message(
    desks: Desks, language: str
) -> None:
    desk = desks.first
    titles = desk.titles
    sections = {section.id for section in desk.document.sections}
    counts = itertools.count(99_950)
    caller = Caller(Platform.DISCORD, language, "1", "2", moderator=True)
    for enough in (True, False):
        reply = statistics.reply(
            caller,
            "garden",
            WEEK,
            THIS_WEEK,
            {
                tally(id, TallyOutcome.ASKED if id in sections else TallyOutcome.NOT_COVERED): (
                    next(counts) if enough else 1
                )
                for id in sorted(titles, key=lambda each: len(titles[each]))
            },
            {
                report(id, reason): next(counts) if enough else 1
                for reason in Reason
                for id in sections
            },
            titles=titles,
        )
        whole = discord.render_reply(reply).content
        assert whole == discord.markdown(reply.text), "the end is cut off on Discord"
        assert slack.render_reply(reply).text == slack.mrkdwn(reply.text), "... on Slack"
        assert "{" not in whole
        assert re.search(r"[Ss]lack|[Dd]iscord", whole)


def test_the_longest_titles_there_can_be_fit_one_message() -> None:
    titles = {f"s{number:02}": f"{number:02}".ljust(75, "x") for number in range(30)}
    titles |= {f"n{number:02}": f"{number:02}".ljust(110, "y") for number in range(30)}
    tallies = {
        tally(id, TallyOutcome.ASKED if id.startswith("s") else TallyOutcome.NOT_COVERED): 99_999
        for id in titles
    }
    reports = {report(id, Reason.MISSING): 99_999 for id in titles if id.startswith("s")}
    reply = shown(tallies, reports, titles=titles)
    assert discord.render_reply(reply).content == discord.markdown(reply.text)
    assert slack.render_reply(reply).text == slack.mrkdwn(reply.text)
