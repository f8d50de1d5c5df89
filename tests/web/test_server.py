"""The page over real sockets: who may come in, what it says, what it keeps."""

from __future__ import annotations

import errno
import logging
import re
import socket
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from adapters.database import SQLITE_FILE
from adapters.web.security import HEADERS
from bot import documents, preview
from bot.settings import Settings
from knowledge.desk import Desks, HelpDesk
from knowledge.errors import SettingsError

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCRIPT = "<script>alert(1)</script>"
VIEWS = ("/", "/document", "/why?q=does+it+help", "/cards")
HEAVIEST = 150_000
"""Bytes of a page with all that it loads."""
SHARE = {"press": "slack ldn:post:forms:1"}


def own(address: str) -> dict[str, str]:
    """The headers of a form that the page itself sends."""
    return {"Origin": address.rstrip("/"), "Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil:80"]
)
async def test_a_foreign_host_header_gets_nothing(
    host: str, address: str, http: aiohttp.ClientSession
) -> None:
    name = host.format(port=urlsplit(address).port)
    async with http.get("/", headers={"Host": name}) as answer:
        assert answer.status == 403
        assert "naltrexone" not in (await answer.text()).lower()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
async def test_this_machine_may_come_by_each_of_its_names(
    host: str, address: str, http: aiohttp.ClientSession
) -> None:
    name = f"{host}:{urlsplit(address).port}"
    async with http.get("/", headers={"Host": name}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("path", ["/ask", "/act", "/again"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "{own}", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "{own}", "Sec-Fetch-Site": "same-site"},
        {"Origin": "{own}0"},
    ],
)
async def test_a_post_from_another_origin_does_nothing(
    headers: dict[str, str], path: str, address: str, http: aiohttp.ClientSession
) -> None:
    own_origin = address.rstrip("/")
    filled = {name: value.format(own=own_origin) for name, value in headers.items()}
    async with http.post(path, data=SHARE, headers=filled) as answer:
        assert answer.status == 403
    async with http.get("/") as answer:
        assert "post-slack-1" not in await answer.text()


async def test_the_same_post_from_the_page_itself_is_done(
    address: str, http: aiohttp.ClientSession
) -> None:
    async with http.post("/act", data=SHARE, headers=own(address)) as answer:
        assert answer.status == 200
        assert 'id="post-slack-1"' in await answer.text()


async def test_a_moderators_command_that_was_denied_is_not_done_when_the_page_is_drawn_anew(
    address: str, http: aiohttp.ClientSession
) -> None:
    async def moderate(path: str, **fields: str) -> str:
        sent = {"role": "moderator", **fields}
        async with http.post(path, data=sent, headers=own(address)) as answer:
            return await answer.text()

    await moderate("/ask", question="/ldn-mod settings visibility=private")
    typed = "/ldn-mod pin forms"
    page = await moderate("/ask", question=typed)
    assert "In this group answers are private" in page
    showing = dict(re.findall(r'name="(showing-\w+)" value="(.*?)"', page))
    assert showing.keys() == {"showing-slack", "showing-discord"}
    await moderate("/ask", question="/ldn-mod settings visibility=selectable")
    assert "post-slack-1" not in await moderate("/again", asked=typed, **showing)


@pytest.mark.parametrize(
    ("path", "status"), [("/", 200), ("/static/page.js", 200), ("/nowhere", 404), ("/ask", 405)]
)
async def test_every_response_carries_the_policy(
    path: str, status: int, http: aiohttp.ClientSession
) -> None:
    async with http.get(path) as answer:
        assert answer.status == status
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
        assert "Set-Cookie" not in answer.headers


async def test_a_refusal_carries_the_policy_too(http: aiohttp.ClientSession) -> None:
    async with http.post("/ask", headers={"Origin": "https://evil.example"}) as answer:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


class Loaded(HTMLParser):
    """What a page loads by itself, and the elements that a policy has to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("link", "script", "img") and (address := given.get("href") or given.get("src")):
            self.addresses.append(address)
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        self.inline += [name for name in given if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("path", VIEWS)
async def test_a_view_weighs_less_than_150_kb_and_loads_nothing_from_elsewhere(
    path: str, http: aiohttp.ClientSession
) -> None:
    async with http.get(path) as answer:
        html = await answer.text()
    loaded = Loaded()
    loaded.feed(html)
    assert loaded.inline == []
    weight = len(html.encode())
    for address in loaded.addresses:
        assert address.startswith("/static/")
        async with http.get(address) as answer:
            assert answer.status == 200
            weight += len(await answer.read())
    assert len(loaded.addresses) == 3
    assert weight < HEAVIEST


@pytest.mark.parametrize("path", VIEWS)
async def test_the_shipped_document_keeps_a_view_under_150_kb(
    path: str, shipped_address: str
) -> None:
    static = Path(preview.__file__).parents[1] / "adapters" / "web" / "static"
    beside = sum(file.stat().st_size for file in static.iterdir())
    async with aiohttp.ClientSession(shipped_address) as http, http.get(path) as answer:
        assert len(await answer.read()) + beside < HEAVIEST


async def test_a_script_in_a_question_stays_text(address: str, http: aiohttp.ClientSession) -> None:
    async with http.post("/ask", data={"question": SCRIPT}, headers=own(address)) as answer:
        asked = await answer.text()
    async with http.get("/why", params={"q": SCRIPT}) as answer:
        explained = await answer.text()
    for html in (asked, explained):
        assert SCRIPT not in html
        assert "&lt;script&gt;alert(1)" in html


async def test_a_forged_button_is_answered_in_words(
    address: str, http: aiohttp.ClientSession
) -> None:
    for press in ("slack nothing of ours", "slack ", f"discord {SCRIPT}"):
        async with http.post("/act", data={"press": press}, headers=own(address)) as answer:
            assert answer.status == 200
            assert "This button is from an older version." in await answer.text()
    async with http.post("/act", data={"press": "fax ldn:open::1"}, headers=own(address)) as answer:
        assert answer.status == 400


async def test_a_form_that_is_too_large_is_refused(
    address: str, http: aiohttp.ClientSession
) -> None:
    data = {"question": "x" * 100_000}
    async with http.post("/ask", data=data, headers=own(address)) as answer:
        assert answer.status == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Encoding": "gzip"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/x-www-form-urlencoded; charset=nope"},
    ],
)
async def test_bytes_that_are_no_form_are_refused(
    headers: dict[str, str], address: str, http: aiohttp.ClientSession
) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", **own(address), **headers}
    async with http.post("/ask", data=b"question=\xff&x", headers=headers) as answer:
        assert answer.status == 400


async def test_no_question_is_logged_at_any_level(
    address: str, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with http.post("/ask", data={"question": "zanzibar"}, headers=own(address)) as answer:
        assert answer.status == 200
    async with http.get("/why", params={"q": "zanzibar"}) as answer:
        assert answer.status == 200
    assert "zanzibar" not in caplog.text


async def test_what_goes_wrong_is_an_apology_and_a_discreet_log_line(
    address: str,
    http: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(HelpDesk, "ask", broken)
    async with http.post("/ask", data={"question": "zanzibar"}, headers=own(address)) as answer:
        assert answer.status == 500
        assert "Sorry, something went wrong here" in await answer.text()
    assert "the page could not answer a request" in caplog.text
    assert "zanzibar" not in caplog.text


async def test_a_database_is_made_for_what_is_posted_and_is_gone_when_the_page_closes(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    desks = Desks(await documents.rebuild_desks(settings))
    async with (
        preview.open_page(settings, desks, port=0) as address,
        aiohttp.ClientSession(address) as session,
    ):
        async with session.get("/") as page:
            assert page.status == 200
        assert list(place.rglob(SQLITE_FILE)) == []  # nothing was posted yet
        async with session.post("/act", data=SHARE, headers=own(address)) as answer:
            assert answer.status == 200
        assert len(list(place.rglob(SQLITE_FILE))) == 1
    assert list(place.iterdir()) == []


async def test_it_listens_on_this_machine_alone(address: str) -> None:
    assert urlsplit(address).hostname == "127.0.0.1"
    port = urlsplit(address).port
    others = {
        each[4][0]
        for each in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)
        if not str(each[4][0]).startswith("127.")
    }
    for other in others:
        with socket.socket() as knocking, pytest.raises(ConnectionRefusedError):
            knocking.connect((other, port))


async def test_a_port_that_is_not_for_this_user_is_not_called_taken(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    desks = Desks(await documents.rebuild_desks(settings))
    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(SettingsError, match=r"^This user may not listen on port 80\. .* 1023 "):
        async with preview.open_page(settings, desks, port=80):
            pass


async def test_a_taken_port_is_an_error_only_if_it_was_asked_for(
    address: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = urlsplit(address).port
    desks = Desks(await documents.rebuild_desks(settings))
    with pytest.raises(SettingsError, match=f"The port {taken} is taken"):
        async with preview.open_page(settings, desks, port=taken):
            pass
    monkeypatch.setattr(preview, "PORT", taken)
    async with preview.open_page(settings, desks) as other:
        assert urlsplit(other).port != taken
