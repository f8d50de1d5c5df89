"""Many workspaces: installed by OAuth, answered each with its own token, and forgotten."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from unittest.mock import AsyncMock

import aiohttp
import pytest
import pytest_asyncio
from cryptography.fernet import Fernet
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import inspect, select, text

from adapters.database.engine import Database
from adapters.database.errors import StoreError
from adapters.database.installations import EncryptedInstallations, OAuthStates
from adapters.database.tables import metadata, slack_bots, slack_oauth_states
from adapters.deliveries import Deliveries
from adapters.slack.app import CANNOT_ANSWER
from adapters.slack.http import SlackHttpAdapter
from adapters.slack.oauth import ONE_WORKSPACE_ONLY, AuthorizeMany, oauth_flow
from adapters.slack.people import SlackPeople
from adapters.slack.publisher import SlackPublisher, with_rate_limit_retries
from adapters.slack.workspaces import UNINSTALLED, ManyWorkspaces
from bot.logs import OURS
from knowledge.posts import Platform, PostState
from knowledge.publishing import STORE_AWAY
from tests.adapters.database.installing import TEAM, installation
from tests.conversations.conftest import SIGNING_SECRET, House, running
from tests.conversations.on_slack import ask_to_share, share
from tests.shipped import FORMS
from tests.standins.recording import reset, slow
from tests.standins.slack import SlackPerson, SlackStandIn, not_ok
from tests.standins.slack_oauth import INSTALLER

OTHER = "T000OTHER"
KEY, NEW_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@dataclass
class Browser:
    """Somebody who installs the app; keeps cookies as a browser does."""

    url: str
    slack: SlackStandIn
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **query: str) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.get(self.url + path, params=query, cookies=self.cookies) as response,
        ):
            for name, cookie in response.cookies.items():
                assert cookie["httponly"]
                self.cookies[name] = cookie.value
            if response.ok:
                assert response.content_type == "text/html"
            return response.status, await response.text()

    async def begin(self) -> str:
        """Open the first page; the state in its link to Slack."""
        status, page = await self.get("/slack/install")
        assert status == 200
        found = re.search(r"https://slack\.com/oauth/v2/authorize\?state=([^&]+)&", page)
        assert found, page
        return found[1]

    async def install(self, team: str, **agreed: bool | str) -> tuple[int, str]:
        """The whole way; what the last page says."""
        state = await self.begin()
        code = self.slack.api.installing.agree(team, **agreed)  # type: ignore[arg-type]
        return await self.get("/slack/oauth_redirect", code=code, state=state)


@dataclass
class Many:
    """The bot, over HTTP, for whichever workspace installs it."""

    slack: SlackStandIn
    house: House
    installations: EncryptedInstallations
    browser: Browser

    def come_from(self, team: str) -> None:
        """Let what people do come from a workspace."""
        assert self.slack.http
        self.slack.http.team = team

    async def bots(self) -> list[str]:
        """The workspaces that have installed it."""
        rows = await self.house.database.read(select(slack_bots.c.team_id))
        return sorted(row.team_id for row in rows)

    async def tell(self, event: dict[str, object]) -> int | None:
        assert self.slack.http
        await self.slack.event(event)
        return self.slack.http.status


@asynccontextmanager
async def serving(slack: SlackStandIn, house: House, *keys: str) -> AsyncIterator[Many]:
    """The bot, listening where any workspace can install it."""
    installing = slack.api.installing
    store = EncryptedInstallations(house.database, installing.client_id, keys)

    def client(token: str | None = None) -> AsyncWebClient:
        return with_rate_limit_retries(AsyncWebClient(token=token, base_url=slack.api_url))

    async def flow() -> object:
        return oauth_flow(
            *(client(), installing.client_id, installing.client_secret),
            *(store, OAuthStates(house.database)),
        )

    workspaces = ManyWorkspaces(store.token_of, client)
    house.publishers[Platform.SLACK] = SlackPublisher(workspaces)
    adapter = SlackHttpAdapter(
        *(house.reception, client(), SlackPeople(), Deliveries()),
        *(SIGNING_SECRET, "127.0.0.1", 0, flow),  # type: ignore[arg-type]
    )
    async with running(adapter):
        await slack.until(lambda: adapter.connected, "it to listen")
        url = f"http://127.0.0.1:{adapter.port}"
        slack.deliver_to(f"{url}/slack/events", SIGNING_SECRET)
        yield Many(slack, house, store, Browser(url, slack))


@pytest_asyncio.fixture
async def many(slack_standin: SlackStandIn, house: House) -> AsyncIterator[Many]:
    async with serving(slack_standin, house, KEY) as served:
        yield served


async def everything(database: Database) -> str:
    """All that stands in the database, as whoever steals it reads it."""
    async with database.engine.connect() as connection:
        names = await connection.run_sync(lambda each: inspect(each).get_table_names())
        found = [
            [tuple(row) for row in await connection.execute(text(f'SELECT * FROM "{name}"'))]
            for name in names
        ]
    assert set(metadata.tables) <= set(names)
    return repr(found)


async def test_installed_asked_uninstalled_and_forgotten(many: Many) -> None:
    many.come_from(TEAM)
    assert (await many.slack.command("/ldn", "forms")).text == CANNOT_ANSWER

    status, page = await many.browser.install(TEAM)
    assert status == 200
    assert "The app is installed." in page
    assert await many.bots() == [TEAM]
    assert FORMS in (await many.slack.command("/ldn", "forms")).text
    assert FORMS in (await many.slack.direct_message("forms")).text

    many.slack.api.installing.revoke(TEAM)
    assert await many.tell({"type": "app_uninstalled"}) == 200
    assert await many.bots() == []
    assert (await many.slack.command("/ldn", "forms")).text == CANNOT_ANSWER
    status, _ = await many.browser.install(TEAM)
    assert status == 200
    assert FORMS in (await many.slack.command("/ldn", "forms")).text


async def test_where_it_is_not_installed_that_is_said_beside_what_stands_there_and_in_time(
    many: Many,
) -> None:
    await many.browser.install(TEAM)
    many.come_from(TEAM)
    answer = await many.slack.command("/ldn", "forms")
    assert await many.tell({"type": "app_uninstalled"}) == 200
    assert (await many.slack.command("/ldn", "forms")).ack_payload == {"text": CANNOT_ANSWER}
    pressed = await many.slack.press(answer, answer.labels["All topics"])
    assert (pressed.text, pressed.replaced_original) == (CANNOT_ANSWER, False)
    assert (await many.slack.command("/ldn-mod", "pins")).text == CANNOT_ANSWER
    mention = {"type": "app_mention", "user": "U1", "text": "forms", "ts": "1.1", "channel": "C1"}
    assert await many.tell(mention) == 200


@pytest.mark.long
async def test_that_it_is_not_installed_is_acknowledged_in_time_though_slack_takes_it_slowly(
    many: Many,
) -> None:
    many.come_from(TEAM)
    many.slack.faults.add(slow(3.5), route="response_url")
    assert (await many.slack.command("/ldn-mod", "pins")).text == CANNOT_ANSWER


async def test_while_no_token_can_be_looked_up_commands_are_answered_and_events_not_acknowledged(
    many: Many, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for team in (TEAM, OTHER):
        await many.browser.install(team)
    many.come_from(TEAM)
    await many.slack.command("/ldn", "forms")

    async def silent(*_: object) -> None:
        raise StoreError("PostgreSQL did not answer in time. Try again.")

    monkeypatch.setattr(many.installations, "_newest", silent)
    assert FORMS in (await many.slack.direct_message("forms")).text, "its token is known"
    many.come_from(OTHER)
    calls = len(many.slack.requests)
    answer = await many.slack.command("/ldn", "forms")
    assert FORMS in answer.text
    assert len(many.slack.requests) == calls, "without a token, Slack says nothing"
    assert "Slack did not say" not in caplog.text
    pressed = await many.slack.press(answer, answer.labels["All topics"])
    assert pressed.text == CANNOT_ANSWER
    assert not pressed.replaced_original
    assert (await many.slack.command("/ldn-mod", "pins")).text == CANNOT_ANSWER
    mention = {"type": "app_mention", "user": "U1", "text": "forms", "ts": "1.1", "channel": "C1"}
    assert await many.tell(mention) == 503
    assert await many.tell({"type": "app_uninstalled"}) == 200
    monkeypatch.undo()
    assert await many.bots() == [TEAM]
    assert (await many.slack.command("/ldn", "forms")).text == CANNOT_ANSWER


@pytest.mark.parametrize(
    "left", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["UBOT"]}}]
)
async def test_a_token_that_cannot_be_deleted_is_when_slack_says_again_that_it_is_over(
    many: Many, monkeypatch: pytest.MonkeyPatch, left: dict[str, object]
) -> None:
    await many.browser.install(TEAM)
    many.come_from(TEAM)
    http = many.slack.http
    assert http

    async def full(*_: object) -> None:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(many.house.database, "execute", full)
        delivery = await many.slack.event(left)
        assert http.status == 503
    assert await many.bots() == [TEAM]
    await many.slack.redeliver(delivery)
    assert http.status == 200
    assert await many.bots() == []


@pytest.mark.long
async def test_an_event_for_which_no_token_was_known_is_answered_when_slack_repeats_it(
    many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    await many.browser.install(TEAM)
    many.come_from(TEAM)
    http = many.slack.http
    assert http

    async def silent(*_: object) -> None:
        raise StoreError("PostgreSQL did not answer in time. Try again.")

    mention = {"type": "app_mention", "user": "U1", "text": "forms", "ts": "1.1", "channel": "C1"}
    with monkeypatch.context() as broken:
        broken.setattr(many.installations, "_newest", silent)
        delivery = await many.slack.event(mention)
        assert http.status == 503
    for attempt in (1, 2):
        await many.slack.redeliver(delivery, attempt)
        assert http.status == 200
    assert len(many.slack.requests_to("POST", "chat.postMessage")) == 1


async def test_whoever_asks_first_is_answered_though_slack_does_not_say_which_bot_it_is(
    many: Many,
) -> None:
    await many.browser.install(TEAM)
    many.come_from(TEAM)
    many.slack.faults.add(reset(), route="auth.test")
    assert FORMS in (await many.slack.command("/ldn", "forms")).text
    assert FORMS in (await many.slack.direct_message("forms")).text
    assert many.slack.faults.waiting == 1, "nobody asked it"


async def test_a_token_that_ends_soon_is_renewed_and_until_then_the_old_one_serves(
    many: Many, caplog: pytest.LogCaptureFixture
) -> None:
    context = AsyncBoltContext({})
    soon = installation("xoxe.xoxb-old", at=1000.0)
    soon.bot_token_expires_at = int(time.time()) + 600
    await many.installations.async_save(soon)
    new = Bot(**soon.to_bot().to_dict() | {"bot_token": "xoxe.xoxb-new", "installed_at": 2000.0})
    rotator = AsyncMock()
    authorize = AuthorizeMany(many.installations, rotator)

    async def token() -> str | None:
        found = await authorize(context=context, enterprise_id=None, team_id=TEAM)
        assert (found.bot_id, found.bot_user_id, found.team_id) == ("B1", "U1", TEAM)
        return found.bot_token

    rotator.perform_bot_token_rotation.side_effect = SlackTokenRotationError(
        SlackApiError("x", {"error": "ratelimited"})
    )
    assert await token() == "xoxe.xoxb-old"
    assert "a workspace's token could not be renewed" in caplog.text
    rotator.perform_bot_token_rotation.side_effect = [new, None]
    assert [await token(), await token()] == ["xoxe.xoxb-new"] * 2


async def test_each_workspace_is_talked_to_with_its_own_token(many: Many) -> None:
    installing = many.slack.api.installing
    for team in (TEAM, OTHER):
        await many.browser.install(team)
    for team in (TEAM, OTHER):
        many.come_from(team)
        before = len(many.slack.requests)
        kim = many.slack.moderator
        answer = await many.slack.command("/ldn", "forms", user=kim)
        preview = await many.slack.press(answer, "ldn:pin:forms:1", user=kim)
        await many.slack.press(preview, preview.labels["Post and pin"], user=kim)
        used = [
            call.headers["Authorization"].removeprefix("Bearer ")
            for call in many.slack.requests[before:]
            if call.route != "response_url"
        ]
        routes = {call.route for call in many.slack.requests[before:]}
        assert {"users.info", "chat.postMessage", "pins.add"} <= routes
        assert {installing.teams[token] for token in used} == {team}
    posts = await many.house.store.all()
    assert {post.place.community for post in posts} == {TEAM, OTHER}


async def test_people_of_an_organisation_that_shares_a_channel_are_talked_to_with_its_token(
    many: Many,
) -> None:
    """A press in a modal names their own workspace, and their organisation."""
    await many.browser.install(TEAM, enterprise="E1")
    many.come_from(TEAM)
    person = SlackPerson("U0000PAT1", "pat", team_id=OTHER, enterprise_id="E2")
    guest = many.slack.add_person(person)
    mention = await many.slack.mention("forms")
    modal = await many.slack.press(mention, "ldn:ask::1", user=guest)
    preview = await many.slack.press(modal, "ldn:share:forms:1", user=guest)
    await many.slack.press(preview, preview.labels["Post in this thread"], user=guest)
    [post] = await many.house.store.all()
    assert post.place.community == TEAM


async def test_that_no_token_can_be_looked_up_is_told_whoever_posts_without_why(
    many: Many, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await many.browser.install(TEAM)
    many.come_from(TEAM)
    preview = await ask_to_share(many.slack)
    late = StoreError("PostgreSQL did not answer in time. Try again.")
    monkeypatch.setattr(many.installations, "_newest", AsyncMock(side_effect=late))
    assert (await many.slack.press(preview, preview.labels["Post"])).text == STORE_AWAY
    assert f"a workspace's token could not be looked up: {late}" in caplog.text


async def test_posts_of_a_workspace_that_left_are_kept_as_outdated_and_say_why(many: Many) -> None:
    for team in (TEAM, OTHER):
        await many.browser.install(team)
        many.come_from(team)
        await share(many.slack)
    many.come_from(TEAM)
    await many.tell({"type": "app_uninstalled"})
    posts = await many.house.store.all()
    for post in posts:
        async with many.house.store.claim(post.id) as claim:
            assert claim
            await claim.finish("of an earlier text", PostState.CURRENT)
    await many.house.keeper.refresh(await many.house.keeper.posts())
    found = {post.place.community: post for post in await many.house.store.all()}
    assert (found[TEAM].state, found[TEAM].reason) == (PostState.OUTDATED, UNINSTALLED)
    assert (found[OTHER].state, found[OTHER].reason) == (PostState.CURRENT, "")


@pytest.mark.parametrize(
    ("tokens", "left"), [({"bot": ["UBOT"]}, [OTHER]), ({"oauth": [INSTALLER]}, [OTHER, TEAM])]
)
async def test_a_revoked_bot_is_forgotten_and_a_revoked_person_was_never_known(
    many: Many, tokens: dict[str, list[str]], left: list[str]
) -> None:
    for team in (TEAM, OTHER):
        await many.browser.install(team)
    many.come_from(TEAM)
    assert await many.tell({"type": "tokens_revoked", "tokens": tokens}) == 200
    assert await many.bots() == sorted(left)


async def test_tokens_cannot_be_read_in_the_database_and_nobody_who_installs_stands_there(
    many: Many,
) -> None:
    await many.browser.install(TEAM)
    [token] = many.slack.api.installing.teams
    stolen = await everything(many.house.database)
    assert TEAM in stolen
    for secret in (token, token.removeprefix("xoxb-"), KEY, INSTALLER, "Another group"):
        assert secret not in stolen
    assert await many.installations.token_of(TEAM) == token


@pytest.mark.parametrize(
    ("spoil", "status"),
    [
        ({"state": "another"}, 400),
        ({"code": "wrong"}, 401),
        ({"error": "access_denied"}, 200),
        ({"error": "<script>alert(1)</script>"}, 200),
    ],
)
async def test_what_was_not_agreed_to_is_not_installed(
    many: Many, spoil: dict[str, str], status: int
) -> None:
    state = await many.browser.begin()
    query = {"code": many.slack.api.installing.agree(TEAM), "state": state} | spoil
    answered, page = await many.browser.get("/slack/oauth_redirect", **query)
    assert answered == status
    assert "not installed" in page
    assert "<script>" not in page
    assert await many.bots() == []


async def test_a_state_is_good_once_and_in_the_browser_that_began(many: Many) -> None:
    state, agree = await many.browser.begin(), many.slack.api.installing.agree
    stranger = Browser(many.browser.url, many.slack)
    status, _ = await stranger.get("/slack/oauth_redirect", code=agree(TEAM), state=state)
    assert status == 400
    kept = dict(many.browser.cookies)
    status, _ = await many.browser.get("/slack/oauth_redirect", code=agree(TEAM), state=state)
    assert status == 200
    many.browser.cookies = kept
    status, _ = await many.browser.get("/slack/oauth_redirect", code=agree(OTHER), state=state)
    assert status == 401
    assert await many.bots() == [TEAM]
    assert not await many.house.database.read(select(slack_oauth_states))
    assert set(many.browser.cookies.values()) == {"deleted"}


async def test_a_whole_organisation_is_refused_in_words(many: Many) -> None:
    status, page = await many.browser.install("", org_wide=True, enterprise="E1")
    assert status == 400
    assert ONE_WORKSPACE_ONLY.replace("'", "&#x27;") in page
    assert await many.bots() == []


async def test_a_workspace_of_an_organisation_is_one_like_any_other(many: Many) -> None:
    status, _ = await many.browser.install(TEAM, enterprise="E1")
    assert status == 200
    assert await many.installations.token_of(TEAM)
    assert await many.installations.async_find_bot(enterprise_id="E1", team_id=TEAM)


async def test_where_slack_does_not_answer_nothing_is_installed_and_that_is_said(
    many: Many,
) -> None:
    many.slack.faults.add(not_ok("fatal_error"), route="oauth.v2.access")
    status, page = await many.browser.install(TEAM)
    assert status == 401
    assert "Try again" in page
    assert await many.bots() == []


async def test_where_the_database_fails_nothing_is_installed_and_that_is_said(
    many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many.house.database, "write", AsyncMock(side_effect=StoreError("Full.")))
    status, page = await many.browser.get("/slack/install")
    assert (status, page) == (503, "This does not work now. Please try again later.")


async def test_what_bolt_says_of_a_workspace_is_no_line_of_ours(
    many: Many, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a library's lines no word is kept, of ours every one."""
    caplog.set_level(logging.DEBUG)
    many.come_from(OTHER)
    assert (await many.slack.command("/ldn", "forms")).text == CANNOT_ANSWER
    said = {each.name.split(".")[0] for each in caplog.records if OTHER in each.getMessage()}
    assert said
    assert not said & set(OURS)
