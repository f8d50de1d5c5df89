"""What Slack sends: whatever it is, reading it raises nothing, and people's words are theirs."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from slack_bolt.request.internals import extract_team_id

from adapters.conversation import AnswerPage, Caller
from adapters.deliveries import Deliveries
from adapters.slack import listeners as listeners_module
from adapters.slack import surfaces
from adapters.slack.listeners import Listeners
from adapters.slack.payloads import (
    community_of,
    field,
    first,
    is_from_bot,
    is_private,
    modal_metadata,
    place_of,
    plain_text_of,
    user_of,
)
from adapters.slack.people import Person
from knowledge.actions import Action, Verb
from knowledge.answer import Answer
from knowledge.desk import Desks
from knowledge.metrics import Metrics
from tests.documents import open_folder, write_document

# Any JSON, and JSON that has what is looked for, with anything in it

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TEXTS = ANYTHING | st.sampled_from(["C1", "D1", "im", "modal", "home", "file_share", "U1", "<@U1>"])


def some(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Anything, or an object with some of these keys."""
    return ANYTHING | st.fixed_dictionaries({}, optional=keys)


MESSAGE = some(text=TEXTS, ts=TEXTS, thread_ts=TEXTS)
NAMED = some(id=TEXTS)
METADATA = st.text() | some(channel=TEXTS, reply_to=TEXTS).map(json.dumps)
VIEW = some(id=TEXTS, type=TEXTS, app_installed_team_id=TEXTS, private_metadata=ANYTHING | METADATA)
READ = ("user", "text", "channel", "channel_type", "subtype", "ts", "thread_ts", "tab", "bot_id")
EVENT = st.fixed_dictionaries({}, optional=dict.fromkeys(READ, TEXTS))
BODY = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("user", "team", "channel"), NAMED),
        **dict.fromkeys(("team_id", "user_id", "channel_id", "trigger_id", "event_id"), TEXTS),
        **dict.fromkeys(("command", "text", "callback_id"), TEXTS),
        "container": some(is_ephemeral=TEXTS),
        "authorizations": ANYTHING | st.lists(some(team_id=TEXTS), max_size=2),
        "message": MESSAGE,
        "view": VIEW,
        "event": EVENT,
    },
)


@given(ANYTHING, st.lists(st.text(), max_size=3))
def test_any_field_of_anything_is_a_text(body: Any, path: list[str]) -> None:
    assert type(field(body, *path)) is str


@given(BODY)
def test_whatever_comes_it_reads_as_texts(body: dict[str, Any]) -> None:
    for found in (user_of(body), community_of(body), *place_of(body)):
        assert type(found) is str
    assert type(modal_metadata(body.get("view"))) is dict
    assert type(is_private(body)) is bool


@given(EVENT)
def test_whatever_comes_it_is_of_a_bot_or_of_someone(event: dict[str, Any]) -> None:
    assert is_from_bot(event) or field(event, "user")


@given(BODY)
def test_nothing_can_be_posted_outside_channels(body: dict[str, Any]) -> None:
    """Not in direct messages, nor in answer to what is no message of the channel."""
    channel, reply_to = place_of(body)
    assert channel[:1] in {"", "C", "G"}
    assert channel or not reply_to


@pytest.mark.parametrize(
    "wrong", [None, True, 0, 7, 1.5, [], ["C1"], {}, {"id": "C1"}, [[{}]]], ids=json.dumps
)
def test_what_is_not_a_text_reads_as_empty(wrong: Any) -> None:
    assert field({"a": wrong}, "a") == field({"a": {"b": wrong}}, "a", "b") == ""
    assert field(wrong, "a") == ""
    assert first({"a": wrong, "b": "x"}, ("a",), ("b",)) == "x"


@pytest.mark.parametrize("wrong", ["U\x00", "U\u202e", "u1", "U 1", "U1\n", "Ü1", "1U", "U" * 65])
def test_an_id_that_is_none_reads_as_empty(wrong: str) -> None:
    """It would be looked up and kept, and there are characters that no database takes."""
    assert user_of({"user_id": wrong}) == user_of({"event": {"user": wrong}}) == ""
    assert community_of({"team": {"id": wrong}}) == ""
    place = wrong.replace("U", "C")
    assert place_of({"channel_id": place}) == ("", "")
    assert place_of({"view": {"private_metadata": json.dumps({"channel": place})}}) == ("", "")


@pytest.mark.parametrize(
    "body",
    [
        {"team_id": "T1"},
        {"team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T2"}},
        {"team": {"id": "T2"}, "view": {"team_id": "T2", "app_installed_team_id": "T1"}},
        {"team_id": "T2", "authorizations": [{"team_id": "T1"}, {"team_id": "T3"}]},
        {"team_id": "T1", "authorizations": []},
    ],
    ids=["command", "button", "modal", "event", "without"],
)
def test_the_community_is_where_the_app_is_installed_as_bolt_has_it(body: dict[str, Any]) -> None:
    assert community_of(body) == extract_team_id(body) == "T1"


def test_what_stands_in_a_private_message_answers_none() -> None:
    body = {"channel": {"id": "C1"}, "message": {"ts": "1.1"}}
    assert place_of(body) == ("C1", "1.1")
    assert place_of({**body, "message": {"ts": "1.1", "thread_ts": "0.1"}}) == ("C1", "0.1")
    assert place_of({**body, "container": {"is_ephemeral": True}}) == ("C1", "")
    assert place_of({**body, "channel": {"id": "D1"}}) == ("", "")


def test_a_modal_tells_where_it_was_opened() -> None:
    frame = json.dumps({"channel": "C1", "reply_to": "1.1"})
    assert place_of({"view": {"private_metadata": frame}, "channel_id": "C2"}) == ("C1", "1.1")


# What people have typed

SPOKEN = {
    "forms": "forms",
    "  forms \n": "forms",
    "a &lt;b&gt; &amp; c": "a <b> & c",
    "it costs &amp;lt; 5": "it costs &lt; 5",
    "&copy; &notit; &#38; &#x26;": "&copy; &notit; &#38; &#x26;",
    "<@U0BOT> forms": "forms",
    "<@U0BOT|ldn-bot> forms": "forms",
    "forms <@W1> now": "forms   now",
    "<!here> <!subteam^S1|@mods> forms": "forms",
    "<!channel>": "",
    "in <#C1|pain>": "in pain",
    "in <#C1>": "in",
    "<https://example.org>": "https://example.org",
    "<https://example.org|the article>": "the article",
    "<mailto:a@example.org|a@example.org>": "a@example.org",
    "<https://example.org/?a=1&amp;b=2>": "https://example.org/?a=1&b=2",
    "a < b": "a < b",
    "<": "<",
    "": "",
}


@pytest.mark.parametrize(("sent", "typed"), SPOKEN.items())
def test_what_is_sent_is_read_as_its_writer_sees_it(sent: str, typed: str) -> None:
    assert plain_text_of(sent) == typed


@given(st.text())
def test_whatever_is_typed_is_read_as_it_was_typed(typed: str) -> None:
    """Slack escapes three characters, and no others."""
    sent = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert plain_text_of(sent) == typed.strip()


@given(st.text("<>@#!|&;aU1 ", max_size=40))
@example("&#" + "9" * 4301 + ";")  # more digits than Python reads as a number
def test_whatever_is_sent_raises_nothing(sent: str) -> None:
    assert type(plain_text_of(sent)) is str


# Everything that listens


class Anywhere:
    """A client, a response_url or an acknowledgement that takes everything."""

    async def __call__(self, *args: Any, **kwargs: Any) -> None: ...

    def __getattr__(self, name: str) -> Anywhere:
        return self


class Strangers:
    """People of whom nothing is known."""

    async def fetch(self, _: object, user: str, team: str) -> Person:
        assert type(user) is str
        return Person()

    cached = fetch


class Simple:
    """A reception and its moderation that know one answer."""

    def __init__(self, desks: Desks) -> None:
        self.desks = desks
        self.moderation = self
        self.metrics = Metrics()
        self._answer: Answer = desks.first.ask("")

    def count(self, *_: Any) -> None: ...

    async def ask(self, *_: Any) -> AnswerPage:
        return AnswerPage(self._answer)

    act = draft = typed = ask

    async def menus(self, _: Caller) -> list[AnswerPage]:
        return [AnswerPage(self._answer)]


ACTION = some(
    action_id=TEXTS | st.just(Action(Verb.CHOOSE, "ldn").encode()),
    selected_option=some(value=TEXTS),
    value=TEXTS,
).filter(lambda action: isinstance(action, dict))


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Desks:
    folder = tmp_path_factory.mktemp("documents")
    write_document(folder)
    return open_folder(folder)


def _fail(_: str) -> None:
    raise


@given(body=BODY, event=EVENT, action=ACTION)
@settings(deadline=None)
def test_whatever_comes_no_listener_breaks(
    garden: Desks, body: dict[str, Any], event: dict[str, Any], action: dict[str, Any]
) -> None:
    anywhere, reception = cast(Any, Anywhere()), cast(Any, Simple(garden))
    listeners = Listeners(reception, cast(Any, Strangers()), Deliveries())
    body = {**body, "event": event}

    async def all_of_them() -> None:
        await listeners.ask(anywhere, body)
        await listeners.perform(anywhere, anywhere, body, action)
        await listeners.draft(anywhere, anywhere, body)
        await listeners.moderate(anywhere, anywhere, body)
        for listen in (listeners.mention, listeners.message, listeners.home):
            await listen(anywhere, {**body, "event_id": None}, event)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(surfaces, "respond", anywhere)
        patch.setattr(listeners_module.log, "exception", _fail)
        asyncio.run(all_of_them())
