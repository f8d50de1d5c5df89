"""The checks of Slack payloads: what they let pass, what they find, and where."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts import Problem
from tests.contracts import slack as slack_contract

JSON = dict[str, Any]


def plain(text: str) -> JSON:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> JSON:
    return {"type": "mrkdwn", "text": text}


def found(problems: Iterator[Problem]) -> str:
    return "\n".join(map(str, problems))


def slack_message(**changes: Any) -> JSON:
    return {"channel": "C1", "text": "An answer.", **changes}


def actions(*elements: JSON) -> JSON:
    return {"type": "actions", "elements": list(elements)}


def slack_button(**changes: Any) -> JSON:
    return {"type": "button", "text": plain("Next"), "action_id": "next", **changes}


def slack_menu(count: int = 1, **changes: Any) -> JSON:
    options = [{"text": plain(f"{n}"), "value": f"{n}"} for n in range(count)]
    return {"type": "static_select", "action_id": "menu", "options": options, **changes}


RICH_TEXT: JSON = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "bold", "style": {"bold": True}},
                {"type": "link", "url": "https://x.org", "text": "here"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}
            ],
        },
    ],
}

GOOD_BLOCKS: list[JSON] = [
    {"type": "header", "text": plain("x" * 150)},
    {"type": "section", "text": mrkdwn("x" * 3000), "expand": True, "block_id": "body"},
    {"type": "section", "text": mrkdwn("x"), "accessory": slack_button(style="primary")},
    {"type": "section", "fields": [mrkdwn("x" * 2000)]},
    {"type": "context", "elements": [mrkdwn("x"), plain("x")]},
    {"type": "divider"},
    actions(slack_button(value="x" * 2000, accessibility_label="x"), slack_menu(100)),
    {"type": "image", "image_url": "https://x.org/x.png", "alt_text": "A pill"},
    {"type": "markdown", "text": "**x**"},
    RICH_TEXT,
]


@pytest.mark.parametrize("block", GOOD_BLOCKS, ids=lambda block: str(block["type"]))
def test_a_good_block_passes(block: JSON) -> None:
    body = {"text": "An answer.", "blocks": [block]}
    for method in ("chat.postMessage", "chat.postEphemeral", "chat.update", "response_url", "ack"):
        assert found(slack_contract.message(method, body)) == ""


@pytest.mark.parametrize(
    ("blocks", "where", "what"),
    [
        ([{"type": "divider"}] * 51, "blocks", "51 blocks, at most 50"),
        ([{"type": "nope"}], "blocks[0]", "unknown type 'nope'"),
        ([{"type": "divider", "colour": "red"}], "blocks[0].colour", "unknown key"),
        ([{"type": "section"}], "blocks[0]", "text or fields"),
        ([{"type": "section", "text": mrkdwn("x" * 3001)}], "blocks[0]", "3000"),
        ([{"type": "section", "fields": [mrkdwn("x" * 2001)]}], "fields[0]", "over 2000"),
        ([{"type": "section", "text": mrkdwn("")}], "blocks[0].text", "cannot be empty"),
        ([{"type": "header", "text": plain("x" * 151)}], "blocks[0]", "150"),
        ([{"type": "header", "text": mrkdwn("x")}], "blocks[0].text", "must be plain_text"),
        ([{"type": "context", "elements": []}], "blocks[0]", "at least one element"),
        ([actions(*[slack_button(action_id=f"{n}") for n in range(26)])], "blocks[0]", "25"),
        ([actions(slack_button(text=plain("x" * 76)))], "blocks[0]", "75"),
        ([actions(slack_button(text=mrkdwn("x")))], "elements[0].text", "must be plain_text"),
        ([actions(slack_button(value="x" * 2001))], "blocks[0]", "2000"),
        ([actions(slack_button(action_id="x" * 256))], "blocks[0]", "255"),
        ([actions(slack_button(), slack_button())], "blocks[0]", "'next' is used twice"),
        ([actions(slack_menu(101))], "options", "101 options, 1 to 100"),
        ([actions(slack_menu(0))], "options", "0 options, 1 to 100"),
        ([actions(slack_menu(placeholder=plain("x" * 151)))], "blocks[0]", "150"),
        (
            [actions(slack_menu(options=[{"text": plain("x" * 76), "value": "v"}]))],
            "options[0].text",
            "76 characters, 1 to 75",
        ),
        (
            [actions(slack_menu(options=[{"text": plain("x"), "value": "v" * 76}]))],
            "options[0].value",
            "1 to 75",
        ),
        ([{"type": "divider", "block_id": "b"}] * 2, "blocks[1]", "'b' is used twice"),
        ([{"type": "divider", "block_id": "b" * 256}], "blocks[0]", "255"),
        ([{"type": "markdown", "text": "x" * 6001}] * 2, "blocks", "12002 characters"),
        ([{"type": "image", "image_url": "https://x.org"}], "blocks[0]", "alt_text"),
    ],
)
def test_blocks_that_slack_would_refuse_are_found(
    blocks: list[JSON], where: str, what: str
) -> None:
    problems = list(slack_contract.message("chat.postMessage", slack_message(blocks=blocks)))
    fitting = [p for p in problems if what in p.what and where in p.where]
    assert fitting, problems
    assert fitting[0].refused


@pytest.mark.parametrize("text", [None, "", "  "])
def test_blocks_without_text_are_found_though_slack_would_let_them_pass(text: str | None) -> None:
    body = slack_message(text=text, blocks=[{"type": "divider"}])
    problems = list(slack_contract.message("chat.update", body))
    assert [(p.where, p.refused) for p in problems] == [("text", False)]


def test_a_text_has_at_most_40000_characters() -> None:
    assert found(slack_contract.message("ack", {"text": "x" * 40_000})) == ""
    assert "at most 40000" in found(slack_contract.message("ack", {"text": "x" * 40_001}))


def test_taking_the_original_away_needs_no_text() -> None:
    assert found(slack_contract.message("response_url", {"delete_original": True})) == ""


@pytest.mark.parametrize(
    "ping", ["<!here>", "<!channel|channel>", "<!everyone>", "<@U123>", "<!subteam^S1|mods>"]
)
def test_a_ping_is_found_in_text_and_blocks(ping: str) -> None:
    assert "notifies people" in found(slack_contract.message("ack", {"text": f"hi {ping}"}))
    block = {"type": "section", "text": mrkdwn(ping)}
    body = {"text": "hi", "blocks": [block]}
    assert "notifies people" in found(slack_contract.message("ack", body))
    plain_block = {"type": "section", "text": plain(ping)}
    assert found(slack_contract.message("ack", {"text": "hi", "blocks": [plain_block]})) == ""


def test_names_are_not_turned_into_mentions() -> None:
    body = slack_message(link_names=True)
    assert "link_names" in found(slack_contract.message("chat.postMessage", body))


def test_an_argument_that_the_method_does_not_take_is_found() -> None:
    body = {"text": "x", "channel": "C1"}
    assert "channel: unknown key" in found(slack_contract.message("response_url", body))


def modal(**changes: Any) -> JSON:
    """A modal that Slack would take; `changes` replace its keys."""
    element = {"type": "plain_text_input", "action_id": "q"}
    blocks = [{"type": "input", "label": plain("Question"), "element": element}]
    return {
        "type": "modal",
        "title": plain("Ask"),
        "submit": plain("Send"),
        "blocks": blocks,
        **changes,
    }


@pytest.mark.parametrize(
    ("view", "what"),
    [
        (modal(title=plain("x" * 25)), "24"),
        (modal(title=None), "needs a title"),
        (modal(submit=None), "needs a submit button"),
        (modal(submit=mrkdwn("Send")), "must be plain_text"),
        (modal(blocks=[{"type": "divider"}] * 101), "at most 100"),
        (modal(colour="red"), "view.colour: unknown key"),
        (modal(close=plain("x" * 25)), "close cannot exceed 24"),
        (modal(submit=plain("x" * 25)), "submit cannot exceed 24"),
        (modal(private_metadata="x" * 3001), "private_metadata cannot exceed 3000"),
        (modal(callback_id="x" * 256), "callback_id cannot exceed 255"),
        (modal(external_id="x" * 256), "view.external_id: at most 255"),
        (modal(blocks=[]), "between 1 and 100 blocks"),
        (modal(blocks=[{"type": "divider", "block_id": "b"}] * 2), "block_id 'b' is used twice"),
        (modal(blocks=[actions(slack_button(), slack_button())]), "'next' is used twice"),
        (modal(blocks=[{"type": "markdown", "text": "x"}]), "is for messages alone"),
        (
            modal(
                blocks=[
                    {"type": "section", "text": mrkdwn("x" * 3000), "block_id": f"{n}"}
                    for n in range(100)
                ]
            ),
            "bytes, at most 250000",
        ),
        ({"type": "home", "blocks": [{"type": "nope"}]}, "unknown type 'nope'"),
        ({"type": "home", "blocks": [{"type": "divider"}] * 101}, "at most 100"),
        (
            {"type": "home", "blocks": [{"type": "divider"}], "title": plain("x")},
            "view.title: a Home tab has none",
        ),
        ({"type": "tab", "blocks": [{"type": "divider"}]}, "neither a modal nor a Home tab"),
    ],
)
def test_a_view_that_slack_would_refuse_is_found(view: JSON, what: str) -> None:
    assert what in found(slack_contract.view(view))


def test_a_good_view_passes() -> None:
    assert found(slack_contract.view(modal())) == ""
    assert found(slack_contract.view({"type": "home", "blocks": GOOD_BLOCKS[:3]})) == ""


def test_a_view_is_of_the_type_that_its_method_takes() -> None:
    home = {"type": "home", "blocks": GOOD_BLOCKS[:3]}
    assert found(slack_contract.modal(modal())) == ""
    assert found(slack_contract.home(home)) == ""
    assert "'modal' is expected here" in found(slack_contract.modal(home))
    assert "'home' is expected here" in found(slack_contract.home(modal()))


def test_one_action_id_may_be_in_several_blocks_of_a_view() -> None:
    blocks = [actions(slack_button()), actions(slack_button())]
    assert found(slack_contract.view({"type": "home", "blocks": blocks})) == ""


def test_suggestions_are_counted_and_measured() -> None:
    good = {"text": plain("x" * 75), "value": "v"}
    assert found(slack_contract.suggestions({"options": [good] * 100})) == ""
    groups = {"option_groups": [{"label": plain("Topics"), "options": [good]}]}
    assert found(slack_contract.suggestions(groups)) == ""
    assert "101 options" in found(slack_contract.suggestions({"options": [good] * 101}))
    empty = {**good, "value": ""}
    assert "options[0].value" in found(slack_contract.suggestions({"options": [empty]}))
    assert "a list is expected" in found(slack_contract.suggestions({}))


@pytest.mark.usefixtures("contracts")
def test_a_manifest_is_checked_against_its_schema() -> None:
    good = {"display_information": {"name": "LDN"}, "settings": {"socket_mode_enabled": True}}
    assert found(slack_contract.manifest(good)) == ""
    assert "'bogus' was unexpected" in found(slack_contract.manifest({**good, "bogus": 1}))
    long = {"display_information": {"name": "x" * 36}}
    assert "display_information.name" in found(slack_contract.manifest(long))
