"""`/ldn-mod stats`: describes what was counted in one week. Small numbers are not told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from babel.dates import format_date

from adapters.conversation import Caller, Reply
from knowledge.actions import Action, Button, Verb, clip
from knowledge.language import Translator, gettext_noop
from knowledge.tallies import KEPT_FOR, Reason, SectionReport, Tally, TallyOutcome, week_of

TOLD_FROM = 5
"""Smaller numbers could tell of a single person."""
MOST_LINES = 6
"""Lines under each heading, at most, so that the text fits a message."""

TITLE_LIMIT = 50
"""Characters of a title, at most, for the same reason."""

_REASONS = {
    Reason.UNCLEAR: gettext_noop("hard to understand"),
    Reason.OUTDATED: gettext_noop("out of date"),
    Reason.MISSING: gettext_noop("something is missing"),
}


def week_named(text: str, this_week: date) -> date:
    """The Monday of the week that a button names; this week's if it is not a week that is kept."""
    try:
        week = week_of(date.fromisoformat(text))
    except ValueError:
        return this_week
    return week if this_week - KEPT_FOR <= week <= this_week else this_week


def reply(
    caller: Caller,
    command: str,
    week: date,
    this_week: date,
    tallies: Mapping[Tally, int],
    reports: Mapping[SectionReport, int],
    *,
    titles: Mapping[str, str],
) -> Reply:
    """Describe what was counted in a week, with buttons to the weeks before and after.

    Args:
        caller: the moderator who asks.
        command: the document whose topics are shown.
        week: the Monday of the week.
        this_week: the Monday of the present week.
        tallies: the counted questions of that week.
        reports: the counted reports of that week.
        titles: the document's topics by id; other ones are summed up as "something else".
    """
    say = caller.say

    def named(topic: str) -> str:
        return clip(titles.get(topic) or say("something else"), TITLE_LIMIT)

    asked: dict[str, int] = defaultdict(int)
    missing: dict[str, int] = defaultdict(int)
    for tally, count in tallies.items():
        if tally.command == command:
            counts = asked if tally.outcome is TallyOutcome.ASKED else missing
            counts[named(tally.topic)] += count
    unclear: dict[str, int] = defaultdict(int)
    for report, count in reports.items():
        if report.command == command:
            unclear[f"{named(report.section)}, {say(_REASONS[report.reason])}"] += count
    day = format_date(week, format="long", locale=caller.language)
    parts = [say("The week of {day}", day=day)]
    parts += _part(say, say("Asked for:"), asked)
    parts += _part(say, say("Not covered by the article:"), missing)
    platform = caller.platform.value.capitalize()
    parts += _part(
        say, say("Reported as unclear, by all groups on {platform}:", platform=platform), unclear
    )
    if len(parts) == 1:
        parts.append(say("Nothing was counted."))

    def turn(to: date, label: str) -> Button:
        return Button(Action(Verb.SHOW_WEEK, command, to.isoformat()), label)

    buttons = []
    if week > this_week - KEPT_FOR:
        buttons.append(turn(week - timedelta(weeks=1), say("The week before")))
    if week < this_week:
        buttons.append(turn(week + timedelta(weeks=1), say("The week after")))
    return Reply("\n\n".join(parts), tuple(buttons))


def _part(say: Translator, heading: str, counts: Mapping[str, int]) -> Iterable[str]:
    if not counts:
        return
    # Small numbers are hidden, and sorted by title, so that their place does not tell them either.
    told = {
        title: count if count >= TOLD_FROM else 0
        for title, count in sorted(counts.items(), key=lambda each: each[0])
    }
    ranked = sorted(told.items(), key=lambda each: -each[1])
    few = say("fewer than {number}", number=TOLD_FROM)
    lines = [f"- {title}: {count or few}" for title, count in ranked[:MOST_LINES]]
    if len(ranked) > MOST_LINES:
        lines.append("- " + say("… and {count} more.", count=len(ranked) - MOST_LINES))
    yield "\n".join((heading, *lines))
