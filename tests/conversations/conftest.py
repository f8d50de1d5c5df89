"""Both adapters in this process, talking to their stand-ins over real sockets."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
import pytest_asyncio
from slack_sdk.web.async_client import AsyncWebClient

from adapters.database.communities import SqlCommunityStore
from adapters.database.deliveries import SqlDeliveryStore
from adapters.database.engine import Database, open_database
from adapters.database.errors import StoreError
from adapters.database.posts import SqlPostStore
from adapters.database.tallies import SqlTallyStore
from adapters.deliveries import Deliveries
from adapters.discord.client import DiscordAdapter
from adapters.discord.gateway import set_base_urls
from adapters.discord.publisher import DiscordPublisher
from adapters.moderation import Moderation
from adapters.reception import Reception
from adapters.slack.http import SlackHttpAdapter
from adapters.slack.people import SlackPeople
from adapters.slack.publisher import SlackPublisher, with_rate_limit_retries
from adapters.slack.socket_mode import SlackSocketAdapter
from adapters.slack.workspaces import OneWorkspace
from bot.bootstrap import Adapter
from knowledge import publishing
from knowledge.communities import Communities, CommunitySettings
from knowledge.crisis_examples import CrisisPhrases
from knowledge.desk import Desks, HelpDesk
from knowledge.folder import load_library
from knowledge.keeper import PostKeeper
from knowledge.library import Library, Questions
from knowledge.opening import open_desks
from knowledge.posts import Platform
from knowledge.publishing import Publisher
from knowledge.tallies import TallyCounter
from tests.shipped import change_forms, copy_documents
from tests.standins.discord import DiscordStandIn
from tests.standins.discord_state import GUILD_ID
from tests.standins.slack import SlackStandIn
from tests.standins.slack_state import TEAM_ID

IN_A_CRISIS = "i want to die"


def little_to_learn(library: Library) -> Library:
    """The documents with few examples to learn from: these tests are not about the search."""
    # Evenly from each group: phrases that stand together are of one kind.
    few = CrisisPhrases(*(group[:: len(group) // 40] for group in astuple(library.crisis)))
    # Whichever these are, the words that the tests use are among them.
    few = replace(few, suicide=(IN_A_CRISIS, *few.suicide))
    questions = {
        command: Questions({id: asked[:5] for id, asked in each.sections.items()})
        for command, each in library.questions.items()
    }
    return replace(library, questions=questions, crisis=few)


@pytest.fixture(scope="session")
def desks(library: Library) -> Desks:
    """The shipped article, with little to learn."""
    return Desks(open_desks(little_to_learn(library)))


@pytest.fixture(scope="session")
def changed_desks(tmp_path_factory: pytest.TempPathFactory) -> list[HelpDesk]:
    """The same, once the article was published anew with another sentence in `forms`."""
    documents = copy_documents(tmp_path_factory.mktemp("changed") / "documents")
    change_forms(documents)
    return open_desks(little_to_learn(load_library(documents)))


@pytest.fixture(scope="session")
def revised(library: Library) -> list[HelpDesk]:
    """The same, once the article was published anew with another credit on every answer."""
    [document] = library.documents
    again = replace(document, credit=f"As revised. {document.credit}")
    return open_desks(little_to_learn(replace(library, documents=(again,))))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts to post or to edit are as short as can be."""
    monkeypatch.setattr(publishing, "LONGEST_WAIT", 0.01)


class Memory(dict[str, str]):
    """Keeps texts for as long as a test lasts."""

    def set(self, key: str, value: str) -> None:
        self[key] = value


@dataclass(frozen=True)
class House:
    """Everything behind the adapters: documents, a database of this test's own, what posts."""

    database: Database
    desks: Desks
    store: SqlPostStore
    keeper: PostKeeper
    communities: Communities
    tally_counter: TallyCounter
    reception: Reception
    publishers: dict[Platform, Publisher]

    async def asked(self, platform: Platform) -> dict[str, int]:
        """How often each topic was asked for this week in the community that a stand-in has."""
        community = {Platform.DISCORD: GUILD_ID, Platform.SLACK: TEAM_ID}[platform]
        week = self.tally_counter.this_week
        tallies, _ = await self.tally_counter.of_week(platform, community, week)
        return {tally.topic: count for tally, count in tallies.items()}


@pytest_asyncio.fixture
async def house(
    library: Library, desks: Desks, migrated: Path, tmp_path: Path
) -> AsyncIterator[House]:
    """A house of this test's own, so that its documents can be replaced."""
    data = shutil.copytree(migrated, tmp_path / "data")
    database = await open_database(None, data)
    store = SqlPostStore(database)
    communities = Communities(SqlCommunityStore(database), CommunitySettings())
    tally_counter = TallyCounter(SqlTallyStore(database))
    publishers: dict[Platform, Publisher] = {}
    own = Desks(list(desks.values()))
    keeper = PostKeeper(store, own, publishers, communities)
    moderation = Moderation(own, keeper, store, communities, tally_counter)
    reception = Reception(own, moderation, communities, tally_counter)
    yield House(database, own, store, keeper, communities, tally_counter, reception, publishers)
    await database.close()


@pytest.fixture
def discord_standin(discord_standin: DiscordStandIn) -> DiscordStandIn:
    """A stand-in Discord that this process takes for Discord itself."""
    set_base_urls(discord_standin.api_url, discord_standin.gateway_url)
    return discord_standin


@pytest_asyncio.fixture
async def discord(discord_standin: DiscordStandIn, house: House) -> AsyncIterator[DiscordStandIn]:
    """A stand-in Discord with the bot connected to it."""
    publisher = house.publishers[Platform.DISCORD] = DiscordPublisher()
    adapter = DiscordAdapter(house.reception, discord_standin.token, Memory(), publisher)
    async with running(adapter):
        await discord_standin.connected()
        yield discord_standin


SIGNING_SECRET = "not-a-secret"


@pytest_asyncio.fixture(params=["socket", pytest.param("http", marks=pytest.mark.long)])
async def slack(
    request: pytest.FixtureRequest, slack_standin: SlackStandIn, house: House
) -> AsyncIterator[SlackStandIn]:
    """A stand-in Slack with the bot connected to it, once by Socket Mode and once over HTTP."""
    serve = {"socket": by_socket, "http": over_http}[request.param]
    async with serve(slack_standin, house):
        yield slack_standin


@pytest_asyncio.fixture
async def slack_by_socket(slack_standin: SlackStandIn, house: House) -> AsyncIterator[SlackStandIn]:
    """The same, for what Socket Mode alone has."""
    async with by_socket(slack_standin, house):
        yield slack_standin


@asynccontextmanager
async def by_socket(slack: SlackStandIn, house: House) -> AsyncIterator[SlackSocketAdapter]:
    """The bot, connected by Socket Mode."""
    client, token = _posting(slack, house), slack.app_token
    adapter = SlackSocketAdapter(house.reception, client, token, SlackPeople(), Deliveries())
    async with running(adapter):
        await slack.connected()
        yield adapter


@asynccontextmanager
async def over_http(slack: SlackStandIn, house: House) -> AsyncIterator[SlackHttpAdapter]:
    """The bot, listening where the stand-in delivers to."""
    deliveries = Deliveries(SqlDeliveryStore(house.database))
    adapter = SlackHttpAdapter(
        *(house.reception, _posting(slack, house), SlackPeople(), deliveries),
        *(SIGNING_SECRET, "127.0.0.1", 0),
    )
    async with running(adapter):
        await slack.until(lambda: adapter.connected, "it to listen")
        slack.deliver_to(f"http://127.0.0.1:{adapter.port}/slack/events", SIGNING_SECRET)
        yield adapter


def _posting(slack: SlackStandIn, house: House) -> AsyncWebClient:
    """A client for the one workspace, with which the house posts there."""
    client = with_rate_limit_retries(AsyncWebClient(token=slack.bot_token, base_url=slack.api_url))
    house.publishers[Platform.SLACK] = SlackPublisher(OneWorkspace(client))
    return client


async def end(task: asyncio.Task[None]) -> None:
    """Cancel an adapter's task and wait until it is done.

    Twice, as `serve` does: until Python 3.12 `asyncio.wait_for` may swallow one.
    """
    for _ in range(2):
        task.cancel()
        await asyncio.wait([task], timeout=5)
    assert task.done(), "the adapter does not end"


@asynccontextmanager
async def running(adapter: Adapter) -> AsyncIterator[None]:
    """An adapter that serves until the block ends."""
    task = asyncio.create_task(adapter.run())
    try:
        yield
    finally:
        await end(task)
        if not task.cancelled() and task.exception():
            pytest.fail(f"the adapter broke: {task.exception()!r}")


@pytest.fixture(params=[("communities", "fetch"), ("store", "reserve")], ids="-".join)
def fill_disk(
    request: pytest.FixtureRequest, house: House, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], str]:
    """Lets no more be looked up, or kept, from then on; gives what the operator is told of it."""

    def fill() -> str:
        keeps, what = request.param
        full = "The disk that holds /srv/ldn-bot.sqlite3 is full. Make room, and try again."
        monkeypatch.setattr(getattr(house, keeps), what, AsyncMock(side_effect=StoreError(full)))
        return full

    return fill
