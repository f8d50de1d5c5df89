"""Slack's endpoint over HTTP: what gets in, what does not, and that the latter does nothing."""

from __future__ import annotations

import asyncio
import json
import random
import re
import string
from collections.abc import AsyncIterator
from contextlib import closing
from unittest.mock import Mock
from urllib.parse import urlencode

import aiohttp
import pytest
import pytest_asyncio
from sqlalchemy import select

from adapters.database.deliveries import SqlDeliveryStore
from adapters.database.tables import metadata
from adapters.slack import http
from adapters.slack.http import MOST_BYTES, SlackHttpAdapter
from adapters.slack.signatures import Signatures
from knowledge.errors import PlatformError
from knowledge.metrics import Metrics
from tests.conversations.conftest import House, over_http
from tests.shipped import FORMS
from tests.standins.recording import slow
from tests.standins.slack import SlackStandIn
from tests.standins.slack_http import HttpDelivery
from tests.standins.slack_state import BOT_USER_ID

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
IN_JSON = {"Content-Type": "application/json"}


def mentioned(event_id: str) -> bytes:
    """An event that the bot answers with a message, so that work done shows."""
    event = {
        "type": "app_mention",
        "user": "U00000001",
        "text": f"<@{BOT_USER_ID}> forms",
        "ts": "1.1",
        "channel": "C00000001",
    }
    body = {"type": "event_callback", "team_id": "T00000001", "event_id": event_id, "event": event}
    return json.dumps(body).encode()


def commanded(**more: str) -> bytes:
    """A command as Slack sends it."""
    fields = {
        "command": "/ldn",
        "text": "forms",
        "team_id": "T00000001",
        "user_id": "U00000001",
        "channel_id": "C00000001",
        "trigger_id": "1.2.3",
    }
    return urlencode(fields | more).encode()


@pytest_asyncio.fixture
async def delivery(slack_standin: SlackStandIn, house: House) -> AsyncIterator[HttpDelivery]:
    """The way of Slack's requests to a bot that listens for them."""
    async with over_http(slack_standin, house):
        assert slack_standin.http
        yield slack_standin.http


class Untouched:
    """That nothing is done: no call to Slack, and no row in any table."""

    def __init__(self, slack: SlackStandIn, house: House) -> None:
        self._slack = slack
        self._house = house
        self._calls = len(slack.requests)

    async def check(self, kept: int = 0) -> None:
        """`kept`: the rows that there have been before."""
        await self._slack.quiet(0.1)
        assert self._slack.requests[self._calls :] == []
        assert await self.rows() == kept

    async def rows(self) -> int:
        """The rows of all tables, with all that was counted."""
        await self._house.tally_counter.flush()
        tables = metadata.sorted_tables
        return sum([len(await self._house.database.read(select(table))) for table in tables])


async def test_a_signed_command_is_answered_in_the_response_itself(
    delivery: HttpDelivery,
) -> None:
    status, text = await delivery.post(FORM, commanded())
    assert status == 200
    answer = json.loads(text)
    assert answer["response_type"] == "ephemeral"
    assert FORMS in answer["text"]


async def test_a_question_may_hold_the_word_that_marks_a_press(
    delivery: HttpDelivery,
) -> None:
    status, text = await delivery.post(FORM, commanded(text="payload"))
    assert (status, json.loads(text)["response_type"]) == (200, "ephemeral")
    named = commanded(channel_name="payload", trigger_id="1.2.4")
    status, text = await delivery.post(FORM, named)
    assert status == 200
    assert FORMS in json.loads(text)["text"]


@pytest.mark.parametrize("kind", ["command", "event"])
@pytest.mark.parametrize(
    "spoilt",
    ["wrong", "missing", "no time", "old", "of the future", "other body", "no number", "huge",
     "not ASCII", "of another time", "empty"],
)  # fmt: skip
async def test_what_slack_has_not_signed_just_now_is_refused_and_nothing_is_done(
    delivery: HttpDelivery, slack_standin: SlackStandIn, house: House, spoilt: str, kind: str
) -> None:
    body, headers = (commanded(), FORM) if kind == "command" else (mentioned("Ev1"), IN_JSON)
    signed = delivery.signed(body)
    time, signature = "X-Slack-Request-Timestamp", "X-Slack-Signature"
    match spoilt:
        case "wrong":
            signed[signature] = "v0=" + "0" * 64
        case "missing":
            del signed[signature]
        case "empty":
            signed[signature] = ""
        case "no time":
            del signed[time]
        case "old":
            signed = delivery.signed(body, age=301)
        case "of the future":
            signed = delivery.signed(body, age=-302)
        case "other body":
            signed = delivery.signed(body + b"&x=y")
        case "no number":
            signed[time] = "soon"
        case "huge":
            signed[time] = "9" * 4000
        case "not ASCII":
            signed[signature] = "v0=\u00e4"
        case "of another time":
            signed[time] = str(int(signed[time]) - 1)
    untouched = Untouched(slack_standin, house)
    assert await delivery.repeat({**headers, **signed}, body) == (401, "")
    await untouched.check()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [("secret", "SLACK_SIGNING_SECRET"), ("clock", "the clock of this machine")],
)
async def test_that_nothing_is_signed_as_it_should_be_is_said_once_however_much_comes(
    delivery: HttpDelivery, caplog: pytest.LogCaptureFixture, wrong: str, says: str
) -> None:
    other = HttpDelivery(delivery.url, "another secret")
    for _ in range(20):
        signed = delivery.signed(commanded(), age=400)
        if wrong == "secret":
            signed = other.signed(commanded())
        assert await delivery.repeat({**FORM, **signed}, commanded()) == (401, "")
    [line] = [each for each in caplog.messages if "refused" in each]
    assert says in line
    assert "forms" not in line


def test_how_much_was_refused_meanwhile_is_said_after_ten_minutes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, metrics = Mock(return_value=0.0), Mock(Metrics)
    signatures = Signatures("secret", metrics, clock)
    for clock.return_value in (0.0, 1.0, 599.0, 600.0, 601.0, 1200.0):
        assert not signatures.is_valid(b"x", "1", "v0=")
        assert not signatures.is_valid(b"x", None, "")
    assert re.findall(r"refused \((\d+)\)", caplog.text) == ["1", "1", "3", "3", "2", "2"]
    assert metrics.unsigned.call_count == 12


@pytest.mark.parametrize("kind", ["command", "event"])
async def test_what_was_overheard_and_is_sent_again_is_refused_and_nothing_is_done(
    delivery: HttpDelivery, slack_standin: SlackStandIn, house: House, kind: str
) -> None:
    body, headers = (commanded(), FORM) if kind == "command" else (mentioned("Ev1"), IN_JSON)
    status, _ = await delivery.post(headers, body)
    assert status == 200
    untouched = Untouched(slack_standin, house)
    rows = await untouched.rows()
    assert rows
    for _ in range(3):
        assert await delivery.repeat(*delivery.sent[0]) == (401, "")
    await untouched.check(rows)


async def test_an_event_that_slack_repeats_is_signed_anew_accepted_and_answered_once(
    delivery: HttpDelivery,
    slack_standin: SlackStandIn,
) -> None:
    for attempt in range(4):
        retry = {"X-Slack-Retry-Num": str(attempt)} if attempt else {}
        # Slack signs by the second.
        body = mentioned("Ev1") + b" " * attempt
        assert (await delivery.post({**IN_JSON, **retry}, body))[0] == 200
    assert len(slack_standin.requests_to("POST", "chat.postMessage")) == 1


async def test_a_command_that_comes_twice_is_answered_once(
    delivery: HttpDelivery,
) -> None:
    answers = [await delivery.post(FORM, commanded() + b"&x=" * again) for again in range(2)]
    assert [(status, bool(text)) for status, text in answers] == [(200, True), (503, False)]


async def test_what_somebody_else_has_begun_is_neither_done_nor_acknowledged_until_it_is_done(
    delivery: HttpDelivery, slack_standin: SlackStandIn, house: House
) -> None:
    other = SqlDeliveryStore(house.database)  # of another process
    await other.claim("delivery Ev1")
    assert (await delivery.post(IN_JSON, mentioned("Ev1")))[0] == 503
    await other.finish("delivery Ev1")
    assert (await delivery.post(IN_JSON, mentioned("Ev1") + b" "))[0] == 200
    assert not slack_standin.requests_to("POST", "chat.postMessage")


async def test_what_is_acknowledged_is_done(
    delivery: HttpDelivery, slack_standin: SlackStandIn
) -> None:
    slack_standin.faults.add(slow(0.3), route="chat.postMessage")
    await delivery.post(IN_JSON, mentioned("Ev1"))
    [call] = slack_standin.requests_to("POST", "chat.postMessage")
    assert call.status == 200


async def test_slow_work_is_acknowledged_while_slack_waits_and_goes_on(
    slack_standin: SlackStandIn, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "WORK_FIRST", 0.05)
    slack = slack_standin
    slack.faults.add(slow(0.4), route="chat.postMessage")
    async with over_http(slack, house):
        assert slack.http
        await slack.http.post(IN_JSON, mentioned("Ev1"))
        [call] = await slack.until(
            lambda: slack.requests_to("POST", "chat.postMessage"), "the message to be sent"
        )
        assert call.status is None, "it was acknowledged after the work"
        await slack.until(lambda: call.status == 200, "the message to be taken")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/slack/events", 405),
        ("PUT", "/slack/events", 405),
        ("POST", "/", 404),
        ("POST", "/slack/events/", 404),
        ("GET", "/slack/install", 404),
        ("GET", "/slack/oauth_redirect", 404),
        ("GET", "/../../etc/passwd", 404),
    ],
)
async def test_there_is_nothing_but_one_path_for_slack(
    delivery: HttpDelivery, method: str, path: str, status: int
) -> None:
    url = delivery.url.removesuffix("/slack/events") + path
    async with aiohttp.ClientSession() as session, session.request(method, url) as response:
        assert response.status == status


@pytest.mark.parametrize("value", ["", "1.2"])
async def test_ids_in_the_environment_open_no_path_of_bolts_own(
    slack_standin: SlackStandIn, house: House, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"):
        monkeypatch.setenv(name, value)
    async with over_http(slack_standin, house) as adapter:
        url = f"http://127.0.0.1:{adapter.port}"
        async with aiohttp.ClientSession() as session:
            for path in ("/slack/install", "/slack/oauth_redirect"):
                async with session.get(url + path) as response:
                    assert response.status == 404
        assert slack_standin.http
        assert (await slack_standin.http.post(FORM, commanded()))[0] == 200


async def test_a_body_that_is_too_large_is_refused_before_it_is_looked_at(
    delivery: HttpDelivery, slack_standin: SlackStandIn, house: House
) -> None:
    untouched = Untouched(slack_standin, house)
    body = commanded(text="x" * MOST_BYTES)
    assert (await delivery.post(FORM, body))[0] == 413
    await untouched.check()


async def test_a_body_that_does_not_come_is_not_waited_for(
    delivery: HttpDelivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "BODY_WITHIN", 0.1)
    port = int(delivery.url.split(":")[2].split("/")[0])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with closing(writer):
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx")
        async with asyncio.timeout(5):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("packed", ["gzip", "deflate"])
async def test_a_body_that_is_packed_wrongly_is_the_senders_fault(
    delivery: HttpDelivery, packed: str
) -> None:
    headers = {**FORM, "Content-Encoding": packed}
    assert await delivery.post(headers, commanded()) == (400, "")


async def test_a_body_that_breaks_off_is_no_error_of_ours(
    delivery: HttpDelivery, caplog: pytest.LogCaptureFixture
) -> None:
    port = int(delivery.url.split(":")[2].split("/")[0])
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx")
    await asyncio.sleep(0.1)  # nobody says when it has been read
    writer.transport.abort()
    assert (await delivery.post(FORM, commanded()))[0] == 200
    assert caplog.text == ""


GARBAGE = (
    *(b"", b"{", b"[]", b"5", b"null", b'"x"', b"payload=", b"payload=%7B", b"payload=%5B%5D"),
    *(b'{"event":5}', b'{"type":"event_callback","event":null}', b"payload=5&command=x"),
    *(b'{"type":"event_callback","event":{"type":5}}', b'{"type":"block_actions","actions":[]}'),
    *(b'{"type":"block_actions","actions":5,"user":[]}', b'{"type":5,"authorizations":[5]}'),
    *(b'{"type":"event_callback","event_id":{"a":1}}', b"ssl_check=1"),
)


@pytest.mark.parametrize("kind", [FORM, IN_JSON, {"Content-Type": "text/plain; charset=nope"}])
async def test_garbage_with_a_good_signature_is_neither_an_error_of_ours_nor_any_work(
    delivery: HttpDelivery, slack_standin: SlackStandIn, house: House, kind: dict[str, str]
) -> None:
    for body in GARBAGE:
        status, text = await delivery.post(kind, body)
        assert status in {200, 400}, body
        assert FORMS not in text
        assert "Traceback" not in text
    assert {call.route for call in slack_standin.requests} == {"auth.test"}
    assert not await house.store.all()


async def test_what_bolt_cannot_read_is_refused_and_leaves_a_traceback_in_the_log(
    delivery: HttpDelivery, caplog: pytest.LogCaptureFixture
) -> None:
    status, _ = await delivery.post(IN_JSON, b'{"type":"block_actions","actions":[]}')
    assert status == 400
    [failed] = [each for each in caplog.records if each.name.startswith("adapters")]
    assert failed.getMessage() == "a request from Slack could not be read"


@pytest.mark.parametrize("odd", ["Ev\ud800", "\udfff", "Ev\x00"])
async def test_an_id_of_any_characters_at_all_is_known_again(
    delivery: HttpDelivery, slack_standin: SlackStandIn, odd: str
) -> None:
    for again in range(2):
        assert (await delivery.post(IN_JSON, mentioned(odd) + b" " * again))[0] == 200
    assert len(slack_standin.requests_to("POST", "chat.postMessage")) == 1


async def test_what_is_no_text_cannot_be_signed(delivery: HttpDelivery) -> None:
    headers = {**FORM, **delivery.signed("\ufffd".encode())}
    assert await delivery.repeat(headers, b"\xff") == (401, "")


@pytest.mark.long
async def test_a_thousand_requests_of_noise_find_no_crack(
    delivery: HttpDelivery, slack_standin: SlackStandIn, house: House
) -> None:
    noise = random.Random(7)
    untouched = Untouched(slack_standin, house)

    async def one() -> int:
        body = noise.randbytes(noise.randrange(200))
        headers = {
            name: "".join(noise.choices(string.printable[:94], k=noise.randrange(40)))
            for name in ("X-Slack-Signature", "X-Slack-Request-Timestamp", "Content-Type")
        }
        return (await delivery.repeat(headers, body))[0]

    for _ in range(20):
        assert set(await asyncio.gather(*(one() for _ in range(50)))) == {401}
    await untouched.check()


async def test_headers_of_bolts_own_do_not_get_in(
    delivery: HttpDelivery,
) -> None:
    orders = {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "ask"}
    status, text = await delivery.post({**FORM, **orders}, commanded())
    assert status == 200
    assert FORMS in text


@pytest.mark.parametrize("said", ["ssl_check=1", "ssl_check=1&token=x", "token=x&ssl_check=1"])
@pytest.mark.parametrize("signs", [True, False])
async def test_slack_sees_that_the_certificate_is_good_and_nothing_is_done(
    delivery: HttpDelivery,
    slack_standin: SlackStandIn,
    house: House,
    caplog: pytest.LogCaptureFixture,
    said: str,
    signs: bool,
) -> None:
    untouched = Untouched(slack_standin, house)
    send = delivery.post if signs else delivery.repeat
    assert await send(FORM, said.encode()) == (200, "")
    url = f"{delivery.url}?{said}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert (response.status, await response.text()) == (200, "")
    await untouched.check()
    assert caplog.text == ""


@pytest.mark.parametrize("more", ["", "&ssl_check=1", "&token=x&ssl_check=1&token=x"])
async def test_no_check_of_a_certificate_gets_anything_else_in(
    delivery: HttpDelivery, slack_standin: SlackStandIn, house: House, more: str
) -> None:
    untouched = Untouched(slack_standin, house)
    for body in (commanded() + more.encode(), b"ssl_check=1&" + commanded(), b"ssl_check=2"):
        assert await delivery.repeat(FORM, body) == (401, "")
    for query in ("", f"?{commanded().decode()}{more}", "?ssl_check=1&x=1"):
        url = delivery.url + query
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            assert response.status == 405
    await untouched.check()


async def test_slack_sees_that_the_address_is_ours(
    delivery: HttpDelivery,
) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    assert await delivery.post(IN_JSON, body) == (200, '{"challenge": "abc"}')


async def test_an_address_that_is_taken_is_one_sentence(
    slack_standin: SlackStandIn, house: House
) -> None:
    async with over_http(slack_standin, house) as first:
        second = SlackHttpAdapter(
            *(house.reception, first._client, first._listeners._people, first._deliveries),
            *("secret", "127.0.0.1", first.port or 0),
        )
        with pytest.raises(PlatformError, match="Set LDN_SLACK_HOST and LDN_SLACK_PORT"):
            await second.run()


async def test_at_the_end_what_is_under_way_is_answered(
    slack_standin: SlackStandIn, house: House
) -> None:
    async with over_http(slack_standin, house):
        slack_standin.faults.add(slow(0.5), route="chat.postMessage")
        assert slack_standin.http
        asking = asyncio.create_task(slack_standin.http.post(IN_JSON, mentioned("Ev1")))
        await slack_standin.until(
            lambda: slack_standin.requests_to("POST", "chat.postMessage"), "the work to begin"
        )
    assert (await asking)[0] == 200
    [call] = slack_standin.requests_to("POST", "chat.postMessage")
    assert call.status == 200
