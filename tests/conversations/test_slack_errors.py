"""What Slack says where a call fails, and what answers in its place: neither breaks anything."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.app import authorize_workspace
from adapters.slack.people import SlackPeople
from adapters.wording import APOLOGY
from tests.standins.recording import Fault
from tests.standins.slack import SlackStandIn
from tests.standins.slack_state import TEAM_ID

JSON = {"Content-Type": "application/json"}
no_answer_of_slack = pytest.mark.parametrize(
    "fault",
    [
        Fault(status=502, body="<html>", headers=JSON),
        Fault(status=200, body="<html>", headers=JSON),
        Fault(status=502, body='["Bad Gateway"]', headers=JSON),
        Fault(status=502, body='{"error": {"code": 502}}', headers=JSON),
        Fault(status=502, body="Bad Gateway", headers={"Content-Type": "text/plain"}),
        Fault(status=200, body="<html>", headers={"Content-Type": "text/html"}),
    ],
    ids=["broken JSON", "broken JSON, 200", "a list", "JSON of another kind", "text", "HTML, 200"],
)


@no_answer_of_slack
async def test_a_person_reads_an_apology_and_the_log_has_a_line(
    slack_by_socket: SlackStandIn, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    slack_by_socket.faults.add(fault, route="chat.postMessage")
    reply = await slack_by_socket.direct_message("forms")
    assert reply.text == APOLOGY
    said = [record.getMessage() for record in caplog.records if record.name.startswith("adapters")]
    assert said == ["an answer did not reach Slack (SlackApiError)"]


@no_answer_of_slack
async def test_who_cannot_be_looked_up_in_a_user_group_is_no_moderator(
    slack_standin: SlackStandIn, fault: Fault
) -> None:
    client = AsyncWebClient(token=slack_standin.bot_token, base_url=slack_standin.api_url)
    slack_standin.api.usergroups = {"S1": [slack_standin.member.id]}
    slack_standin.faults.add(fault, route="usergroups.users.list")
    people = SlackPeople(["S1"])
    asked = (client, slack_standin.member.id, TEAM_ID)
    assert [(await people.fetch(*asked)).moderator for _ in range(2)] == [False, True]


@no_answer_of_slack
async def test_no_token_is_taken_for_refused(slack_standin: SlackStandIn, fault: Fault) -> None:
    client = AsyncWebClient(token=slack_standin.bot_token, base_url=slack_standin.api_url)
    slack_standin.faults.add(fault, route="auth.test")
    with pytest.raises(SlackApiError):  # after which it is tried again
        await authorize_workspace(client)


async def test_a_plan_without_user_groups_is_told_of_once(
    slack_standin: SlackStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    client = AsyncWebClient(token=slack_standin.bot_token, base_url=slack_standin.api_url)
    slack_standin.api.usergroups = None
    people = SlackPeople(["S1"])
    for _ in range(2):
        assert not (await people.fetch(client, slack_standin.member.id, TEAM_ID)).moderator
    [said] = caplog.messages
    assert "this workspace's plan has none" in said


async def test_what_slack_refuses_is_in_the_log_by_the_name_that_slack_has_for_it(
    slack_standin: SlackStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    client = AsyncWebClient(token=slack_standin.bot_token, base_url=slack_standin.api_url)
    lacking = Fault(status=200, body={"ok": False, "error": "missing_scope"})
    slack_standin.faults.add(lacking, route="users.info")
    slack_standin.faults.add(lacking, route="usergroups.users.list")
    people = SlackPeople(["S1"])
    for _ in range(2):
        await people.fetch(client, slack_standin.member.id, TEAM_ID)
    assert caplog.messages == [
        "Slack did not say who someone is (missing_scope)",
        "Slack did not say who is in a user group (missing_scope)",
    ]
