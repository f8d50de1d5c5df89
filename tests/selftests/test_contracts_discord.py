"""The checks of Discord payloads: what they let pass, what they find, and where."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts import Problem
from tests.contracts import discord as discord_contract
from tests.standins.recording import Upload

JSON = dict[str, Any]
NO_MENTIONS: JSON = {"parse": []}


def button(**changes: Any) -> JSON:
    return {"type": 2, "style": 1, "label": "Next", "custom_id": "next", **changes}


def menu(count: int = 1, **changes: Any) -> JSON:
    options = [{"label": f"{n}", "value": f"{n}"} for n in range(count)]
    return {"type": 3, "custom_id": "menu", "options": options, **changes}


def rows(*rows_of: list[JSON]) -> list[JSON]:
    return [{"type": 1, "components": list(row)} for row in rows_of]


def discord_message(**changes: Any) -> JSON:
    return {"content": "An answer.", "allowed_mentions": NO_MENTIONS, **changes}


def command(**changes: Any) -> JSON:
    return {"name": "ldn", "description": "Ask the article", "type": 1, **changes}


def option(name: str, **changes: Any) -> JSON:
    return {"type": 3, "name": name, "description": "Your question", **changes}


def found(problems: Iterator[Problem]) -> str:
    return "\n".join(map(str, problems))


GOOD_DISCORD = [
    discord_message(flags=64, tts=False),
    discord_message(content="x" * 2000, components=rows([menu(25)], [button()])),
    discord_message(
        components=rows(*([button(custom_id=f"{row}{n}") for n in range(5)] for row in "abcde"))
    ),
    discord_message(components=rows([button(style=5, url="https://x.org", custom_id=None)])),
    discord_message(embeds=[{"title": "x", "description": "y" * 4000}]),
    {
        "flags": 32768,
        "allowed_mentions": NO_MENTIONS,
        "components": [{"type": 17, "components": [{"type": 10, "content": "An answer."}]}],
    },
]


@pytest.mark.parametrize("body", GOOD_DISCORD)
def test_a_good_discord_message_passes_wherever_it_is_sent(body: JSON) -> None:
    assert found(discord_contract.message(body)) == ""
    assert found(discord_contract.message_edit(body)) == ""
    assert found(discord_contract.follow_up(body)) == ""
    assert found(discord_contract.original_edit(body)) == ""
    for kind in (4, 7):
        assert found(discord_contract.callback({"type": kind, "data": body})) == ""


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"content": "x" * 2001}, "content", "2000 or fewer"),
        ({"embeds": [{"description": "y" * 4000}] * 2}, "embeds", "at most 6000"),
        ({"components": rows(*[[menu(custom_id=x)] for x in "abcdef"])}, "components", "6 rows"),
        ({"components": rows([button(custom_id=f"{n}") for n in range(6)])}, "[0]", "6 components"),
        ({"components": rows([])}, "components[0]", "cannot be empty"),
        ({"components": rows([button(), menu()])}, "components[0]", "a row of its own"),
        ({"components": [button()]}, "components[0]", "only action rows"),
        ({"components": rows([button()], [button()])}, "[1].components[0]", "duplicated: 'next'"),
        ({"components": rows([button(custom_id="x" * 101)])}, "[0]", "101 characters, 1 to 100"),
        ({"components": rows([button(label="x" * 81)])}, "[0].label", "80 or fewer"),
        ({"components": rows([button(label="")])}, "[0]", "a label or an emoji"),
        ({"components": rows([button(custom_id=None)])}, "[0]", "needs a custom_id"),
        ({"components": rows([button(url="https://x.org")])}, "[0]", "link button"),
        ({"components": rows([menu(26)])}, "options", "26 options, 1 to 25"),
        ({"components": rows([menu(0)])}, "options", "0 options, 1 to 25"),
        ({"components": rows([menu(placeholder="x" * 151)])}, "placeholder", "150 or fewer"),
        (
            {"components": rows([menu(options=[{"label": "x" * 101, "value": "v"}])])},
            "options[0].label",
            "100 or fewer",
        ),
        (
            {"components": rows([menu(options=[{"label": "a", "value": "v"}] * 2)])},
            "options",
            "2 options with the value 'v'",
        ),
        (
            {"flags": 32768, "components": [{"type": 10, "content": "x"}]},
            "",
            "not allowed with Components V2",
        ),
    ],
)
def test_a_discord_message_over_a_limit_is_found_without_any_file(
    changes: JSON, where: str, what: str
) -> None:
    problems = list(discord_contract.message(discord_message(**changes)))
    fitting = [p for p in problems if what in p.what]
    assert fitting, problems
    assert where in fitting[0].where
    assert fitting[0].refused
    in_callback = discord_contract.callback({"type": 4, "data": discord_message(**changes)})
    assert what in found(in_callback)


@pytest.mark.parametrize(
    "allowed_mentions",
    [None, {}, {"parse": ["users"]}, {"parse": [], "users": ["1"]}, {"parse": [], "roles": ["1"]}],
)
def test_mentions_must_be_off_though_discord_would_let_them_pass(
    allowed_mentions: JSON | None,
) -> None:
    body = discord_message(allowed_mentions=allowed_mentions)
    problems = list(discord_contract.original_edit(body))
    assert problems
    assert all("allowed_mentions" in p.where and not p.refused for p in problems)


def test_an_edit_that_says_nothing_new_needs_no_mentions() -> None:
    assert found(discord_contract.message_edit({"components": []})) == ""


@pytest.mark.usefixtures("contracts")
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (discord_message(content=5), "data.content: 5 is not of type 'string', 'null'"),
        (discord_message(colour="red"), "data.colour: unknown key"),
        (
            discord_message(components=rows([{"type": 99, "custom_id": "x"}])),
            "data.components[0].components[0]: type 99 is not allowed here",
        ),
        (
            discord_message(components=rows([menu(min_values="one")])),
            "data.components[0].components[0].min_values: 'one' is not of type 'integer', 'null'",
        ),
        (
            discord_message(embeds=[{"fields": [{"value": "no name"}]}]),
            "data.embeds[0].fields[0]: 'name' is a required property",
        ),
    ],
)
def test_what_discords_schema_forbids_is_told_with_its_place(body: JSON, problem: str) -> None:
    assert problem in found(discord_contract.callback({"type": 4, "data": body})).splitlines()


@pytest.mark.parametrize("kind", [None, 1, 3, "4"])
def test_a_callback_of_another_type_is_found(kind: object) -> None:
    assert "no interaction callback of type" in found(discord_contract.callback({"type": kind}))


def test_autocomplete_choices_are_counted_and_measured() -> None:
    def callback(*choices: JSON) -> str:
        return found(discord_contract.callback({"type": 8, "data": {"choices": list(choices)}}))

    assert callback() == ""
    assert callback(*[{"name": "n", "value": "v"}] * 25) == ""
    assert "26 choices, at most 25" in callback(*[{"name": "n", "value": "v"}] * 26)
    assert "data.choices[0].name: 0 characters" in callback({"name": "", "value": "v"})
    assert "data.choices[0].value: 101 characters" in callback({"name": "n", "value": "v" * 101})


def test_modals_are_measured() -> None:
    field = {"type": 4, "custom_id": "q", "style": 1, "label": "Question"}
    data = {"custom_id": "ask", "title": "Ask", "components": rows([field])}
    assert found(discord_contract.callback({"type": 9, "data": data})) == ""
    long = {**data, "title": "x" * 46}
    assert "data.title" in found(discord_contract.callback({"type": 9, "data": long}))
    many = {**data, "components": rows(*[[{**field, "custom_id": f"{n}"}] for n in range(6)])}
    assert "more than 5" in found(discord_contract.callback({"type": 9, "data": many}))


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (command(name="Ask me"), "lower-case"),
        (command(name="x" * 33), "lower-case"),
        (command(description=""), "[0].description: 1 to 100 characters"),
        (command(description="x" * 101), "[0].description: 1 to 100 characters"),
        (command(description_localizations={"de": "x" * 101}), "[0].description: 1 to 100"),
        (command(options=[option(f"o{n}") for n in range(26)]), "at most 25 options"),
        (command(options=[option("a"), option("b", required=True)]), "required options come"),
        (command(options=[option("A")]), "[0].options[0].name"),
        (
            command(options=[option("a", choices=[{"name": "n", "value": "v" * 101}])]),
            "[0].options[0].choices[0].value: 101 characters",
        ),
        (
            command(
                options=[
                    option(f"o{n}", choices=[{"name": "n" * 99, "value": "v" * 99}] * 25)
                    for n in range(2)
                ]
            ),
            "at most 8000",
        ),
        ({"type": 3, "name": "Answer this", "description": "no"}, "has no description"),
    ],
)
def test_a_command_that_discord_would_refuse_is_found(body: JSON, what: str) -> None:
    assert what in found(discord_contract.commands([body]))


def test_a_good_registration_passes_and_a_name_used_twice_does_not() -> None:
    subcommand = {**option("pin"), "type": 1, "options": [option("topic", required=True)]}
    good = [
        command(options=[option("question", autocomplete=True)], contexts=[0, 1, 2], nsfw=False),
        command(name="ldn-mod", options=[subcommand], default_member_permissions=0),
        {"type": 3, "name": "Answer this"},
    ]
    assert found(discord_contract.commands(good)) == ""
    assert "2 commands named 'ldn'" in found(discord_contract.commands([command(), command()]))


def test_files_are_counted_measured_and_matched_with_what_is_told_of_them() -> None:
    def told(attachments: list[JSON], *uploads: Upload) -> str:
        return found(discord_contract.message(discord_message(attachments=attachments), uploads))

    file = Upload("files[0]", "answer.txt", b"words")
    assert told([{"id": 0, "filename": "answer.txt"}], file) == ""
    assert told([{"id": "1" * 18}]) == ""  # one that the message has already
    assert "no file files[1] came with it" in told([{"id": 1, "filename": "x"}], file)
    assert "says nothing of files[0]" in told([], file)
    described = [{"id": 0, "filename": "x", "description": "x" * 1025}]
    assert "1024 or fewer" in told(described, file)
    many = [Upload(f"files[{n}]", "x", b"") for n in range(11)]
    assert "at most 10 files" in told([{"id": n} for n in range(11)], *many)
    large = Upload("files[0]", "x", b"x" * (10 * 1024 * 1024 + 1))
    assert "bytes in a file" in told([{"id": 0}], large)
    callback = {"type": 4, "data": discord_message(attachments=[{"id": 0}])}
    assert "data.attachments[0]: no file" in found(discord_contract.callback(callback))
