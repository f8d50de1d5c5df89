"""The surfaces that show an answer: what is sent, what a person reads of it, where it leads."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from adapters import text as plain_text
from adapters.discord import render as discord
from adapters.slack import render as slack
from adapters.wording import PAGE
from knowledge.actions import Action, Verb
from knowledge.answer import Answer, Choice
from knowledge.language import LANGUAGES, translator_for
from tests.contracts import discord as discord_contract
from tests.contracts import slack as slack_contract
from tests.documents import watering


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
    """Where a payload breaks the contract, and what Discord's client would not show."""
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
    """Where a payload breaks the contract, and what Slack would not show."""
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
    """The line that says which page this is, of how many."""
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
    """What a platform would not take, or show badly."""
    return [str(fault) for fault in surface.faults(payload)]


SHOWING = {Verb.OPEN, Verb.CHOOSE}
"""What a button or menu does that shows another topic."""
EVERY_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)
DECORATED_OR_NOT = pytest.mark.parametrize("plain", [False, True], ids=["decorated", "plain"])


def payload_of(surface: Surface, shown: Any) -> dict[str, Any]:
    """What is sent of something that is not an answer alone, such as a preview."""
    render = discord.render_response if surface is DISCORD else slack.render_response
    return render(shown).to_json()


LONG = [" ".join(f"Sentence {p}.{n} stands here, in its own place." for n in range(9))
        for p in range(60)]  # fmt: skip


def long_answer(**changes: Any) -> Answer:
    """An answer of many pages, with a topic before it, one behind it and one to choose."""
    parts: dict[str, Any] = {
        "body": "\n\n".join(LONG),
        "choices": (Choice("tools", "Tools"),),
        "previous": Choice("tools", "Tools"),
        "next": Choice("winter", "Winter"),
    }
    return watering(**{**parts, **changes})
