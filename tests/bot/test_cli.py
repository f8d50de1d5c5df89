"""The command `ldn-bot`: what it prints where, and with which status it ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.settings import Settings
from knowledge.desk import Desks
from knowledge.documents import SHIPPED
from knowledge.schema import json_schema
from tests.bot.on_terminal import on_a_terminal
from tests.contracts import discord as discord_contract
from tests.contracts import slack as slack_contract
from tests.documents import CREDIT, REMINDER, write_document

ROOT = Path(__file__).parents[2]
KEYS = ["kind", "section", "heading", "body", "reminder", "credit", "choices", "crisis"]
SETTINGS = [field.metadata["variable"] for field in attrs.fields(Settings)]

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An `LDN_DATA` that keeps what was learned from one test to the next."""
    return tmp_path_factory.mktemp("learned")


@pytest.fixture
def run(tmp_path: Path, learned: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `ldn-bot` in an empty folder, without any settings but those given."""
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LDN_DATA", str(learned))

    def invoke(*arguments: str, typed: str = "", **settings: str) -> Result:
        return CliRunner().invoke(main, arguments, input=typed, env=settings)

    return invoke


@pytest.fixture
def garden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    """A folder with a small document, which the settings name."""
    folder = tmp_path / "documents"
    write_document(folder)
    monkeypatch.setenv("LDN_DOCUMENTS", str(folder))
    return folder


# Asking


def test_a_question_on_the_command_line_is_answered(run: Run, garden: Path) -> None:
    result = run("ask", "cold", "days")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"Winter\n\nCover the roses before frost.\n\n{REMINDER}\n\n{CREDIT}\n"


@pytest.mark.parametrize("typed", ["/garden rake", "  /garden   rake ", "rake"])
def test_a_question_may_be_typed_as_members_do(run: Run, garden: Path, typed: str) -> None:
    result = run("ask", "--json", typed)
    assert json.loads(result.stdout)["section"] == "tools.rake"


def test_the_command_of_each_document_opens_it(run: Run, garden: Path) -> None:
    write_document(garden, command="lawn", title="Lawn Care")
    for command, title in (("/garden", "Garden Care"), ("/lawn", "Lawn Care")):
        answer = json.loads(run("ask", "--json", command).stdout)
        assert answer["kind"] == "menu"
        assert answer["heading"].startswith(title)


def test_each_line_of_a_pipe_is_one_line_of_json(run: Run, garden: Path) -> None:
    lines = ["rake", "", "topics", "xyzzy <@1>", "help", "/garden winter", "   "]
    result = run("ask", "--json", typed="\n".join(lines) + "\n")
    assert (result.exit_code, result.stderr) == (0, "")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["kind"] for answer in answers[:3]] == ["section", "menu", "menu"]
    assert [answer["kind"] for answer in answers[4:]] == ["help", "section", "menu"]
    assert len(answers) == len(lines)
    for answer in answers:
        assert list(answer) == KEYS
        assert (answer["section"] is None) == (answer["kind"] != "section")


def test_a_last_line_without_an_end_is_answered_too(run: Run, garden: Path) -> None:
    assert len(run("ask", "--json", typed="rake\nspade").stdout.splitlines()) == 2


def test_a_pipe_without_a_line_prints_nothing(run: Run, garden: Path) -> None:
    result = run("ask", "--json", typed="")
    assert (result.exit_code, result.stdout) == (0, "")


# The shipped article


@dataclass(frozen=True)
class Shipped:
    """The answers of one `ldn-bot ask --json` to a line each."""

    answers: dict[str, dict[str, Any]]


IDS = [line.split()[1] for line in (SHIPPED / "ldn.yaml").read_text("utf-8").split("  - id")[1:]]


@pytest.fixture(scope="module")
def shipped(desks: Desks, data_folder: Path) -> Shipped:
    """Every section of the shipped article, asked for by its id in one pipe."""
    result = CliRunner().invoke(
        main,
        ["ask", "--json"],
        input="\n".join(IDS),
        env=dict.fromkeys(SETTINGS) | {"LDN_DATA": str(data_folder)},
    )
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    return Shipped(dict(zip(IDS, map(json.loads, lines), strict=True)))


@pytest.mark.parametrize("id", IDS)
def test_each_id_answers_its_section_in_the_articles_own_words(shipped: Shipped, id: str) -> None:
    answer = shipped.answers[id]
    source = (SHIPPED / "ldn.source.txt").read_text(encoding="utf-8")
    assert list(answer) == KEYS
    assert (answer["kind"], answer["section"], answer["crisis"]) == ("section", id, False)
    assert " ".join(answer["body"].split()) in " ".join(source.split())
    assert all(answer[part].strip() for part in ("heading", "reminder", "credit"))
    assert set(answer["choices"]) <= set(IDS)


# Printing what is sent


def test_what_discord_is_sent_can_be_printed(run: Run, garden: Path) -> None:
    result = run("render", "discord", "rake")
    payload = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    assert list(discord_contract.callback({"type": 4, "data": payload})) == []
    in_order(payload["content"], "Rake", "gathers the leaves", "gardener", "Garden Club")


def test_what_slack_is_sent_can_be_printed(run: Run, garden: Path) -> None:
    payload = json.loads(run("render", "slack", "rake").stdout)
    assert list(slack_contract.message("ack", payload)) == []
    in_order(payload["text"], "Rake", "gathers the leaves", "gardener", "Garden Club")


@pytest.mark.parametrize("surface", ["discord", "slack", "text"])
def test_a_section_in_short_can_be_printed(run: Run, data_folder: Path, surface: str) -> None:
    result = run("render", surface, "short mechanism.inflammation", LDN_DATA=str(data_folder))
    assert (result.exit_code, result.stderr) == (0, "")
    in_order(result.stdout, "Anti-inflammatory effects", "LDN may reduce inflammation", "Source:")
    assert "By modulating the immune response" not in result.stdout


@pytest.mark.parametrize("surface", ["discord", "slack", "text"])
def test_the_points_for_an_appointment_can_be_printed(
    run: Run, data_folder: Path, surface: str
) -> None:
    result = run("render", surface, "appointment", LDN_DATA=str(data_folder))
    assert (result.exit_code, result.stderr) == (0, "")
    in_order(
        result.stdout, "Questions for my specialist", "Neuroprotection", "an important",
        "How specialists weigh LDN", "Deciding with your pain management specialist", "Source:",
    )  # fmt: skip


def test_what_a_terminal_shows_can_be_printed(run: Run, garden: Path) -> None:
    result = run("render", "text", "/garden", "rake")
    in_order(result.stdout, "Rake", "gathers the leaves", REMINDER, CREDIT)


def in_order(text: str, *parts: str) -> None:
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_the_manifest_names_every_command(run: Run, garden: Path, contracts: None) -> None:
    manifest = json.loads(run("manifest").stdout)
    assert list(slack_contract.manifest(manifest)) == []
    assert "/garden" in [each["command"] for each in manifest["features"]["slash_commands"]]
    [shortcut] = manifest["features"]["shortcuts"]
    assert shortcut["callback_id"] == "garden-answer"


def test_the_registration_names_every_command(run: Run, garden: Path) -> None:
    write_document(garden, command="lawn", title="Lawn Care")
    payload = json.loads(run("commands").stdout)
    assert list(discord_contract.commands(payload)) == []
    names = [command["name"] for command in payload]
    assert {"garden", "lawn"} <= set(names)
    question = payload[names.index("garden")]["options"][0]
    assert (question["name"], question["autocomplete"]) == ("question", True)
    assert not question.get("required")
    of_messages = {command["name"] for command in payload if command["type"] == 3}
    assert of_messages == {"Answer with GARDEN", "Answer with LAWN"}
    assert {"garden-mod", "lawn-mod"} <= set(names)
    assert len(names) == 6


def test_topics_lists_every_section_of_every_document_by_its_id(run: Run, garden: Path) -> None:
    write_document(garden, command="lawn", title="Lawn Care")
    lines = run("topics").stdout.splitlines()
    assert lines[0] == "/garden: Garden Care"
    assert [line.split()[0] for line in lines[1:6]] == [
        "water", "tools", "tools.rake", "tools.spade", "winter",
    ]  # fmt: skip
    assert lines[6] == "/lawn: Lawn Care"


def test_the_schema_for_editors_is_the_one_that_is_shipped(run: Run) -> None:
    printed = json.loads(run("schema").stdout)
    assert printed == json_schema()
    committed = (SHIPPED / "document.schema.json").read_text(encoding="utf-8")
    assert json.loads(committed) == printed, "run: ldn-bot schema > …/document.schema.json"
    assert "# yaml-language-server: $schema=document.schema.json" in (
        SHIPPED / "ldn.yaml"
    ).read_text(encoding="utf-8")


# Checking and importing


@pytest.mark.parametrize("where", ["argument", "setting"])
def test_a_folder_without_a_fault_passes_the_check(run: Run, garden: Path, where: str) -> None:
    result = run("check", *([str(garden)] if where == "argument" else []))
    assert result.exit_code == 0
    assert result.stdout == ("Garden Care: 5 sections cover the whole article. Command: /garden.\n")


def test_the_shipped_folder_passes_the_check(run: Run) -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "19 sections cover the whole article. Command: /ldn." in result.stdout


def test_five_faults_are_five_lines_with_file_line_key_and_mend(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    document = folder / "ldn.yaml"
    text = document.read_text(encoding="utf-8")
    described = (
        " They have described reductions in pain\n      intensity, improved function, and "
        "decreased reliance on other pain medications."
    )
    for old, new in (
        ("reviewed:\n  last: unknown\n", "reviewed:\n"),
        (described, ""),
        ("    title: Small sample size\n", "    titel: Small sample size\n"),
        ("  - id: limits.publication-bias\n", "  - id: limits.control\n"),
        ("      5. **Variability:** CRPS", "      5. **Variability:** RSD"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    document.write_text(text, encoding="utf-8")
    result = run("check", str(folder))
    assert (result.exit_code, result.stdout) == (1, "")
    lines = [line.strip() for line in text.splitlines()]
    copied = lines.index("- id: limits.control", lines.index("- id: limits.control") + 1)
    *faults, total = result.stderr.splitlines()
    for fault, (file, line, words) in zip(
        faults,
        [
            ("ldn.source.txt", 17, "this sentence is in no section: “They have described"),
            ("ldn.yaml", lines.index("reviewed:") + 1, "reviewed.last: is missing. Add `last:`"),
            ("ldn.yaml", lines.index("titel: Small sample size") + 1, "Did you mean `title`?"),
            ("ldn.yaml", copied + 1, "'limits.control' is taken"),
            ("ldn.yaml", lines.index("title: Variability from person to person") + 2,
             "Here: “5. **Variability:** RSD is a"),
        ],
        strict=True,
    ):  # fmt: skip
        assert fault.startswith(f"{file}:{line}: ")
        assert words in fault
    assert total == "5 faults to mend."


def test_a_sentence_too_long_for_a_platform_is_found_by_the_check(run: Run, garden: Path) -> None:
    sentence = "Leaves " * 300 + "fall."
    for name in ("garden.yaml", "garden.source.txt"):
        path = garden / name
        old = "A rake gathers the leaves."
        path.write_text(path.read_text("utf-8").replace(old, f"{old} {sentence}", 1), "utf-8")
    result = run("check")
    assert result.exit_code == 1
    [fault, total] = result.stderr.splitlines()
    assert "garden.yaml:" in fault
    assert "sections[2].text: does not fit" in fault
    assert total == "1 fault to mend."


def test_an_imported_article_passes_the_check(run: Run, tmp_path: Path) -> None:
    article = tmp_path / "My Article.md"
    article.write_text("# Garden Care\n\nWater the beds.\n\nCover the roses.", encoding="utf-8")
    result = run("import", str(article), "--to", str(tmp_path / "new"), "--command", "care")
    assert (result.exit_code, result.stderr) == (0, "")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"care.yaml", "care.source.txt"}
    assert run("check", str(tmp_path / "new")).exit_code == 0


def test_one_section_is_counted_as_one(run: Run, tmp_path: Path) -> None:
    article = tmp_path / "tea.txt"
    article.write_text("Tea is made of leaves.", encoding="utf-8")
    assert run("import", str(article), "--to", str(tmp_path / "to")).exit_code == 0
    assert ": 1 section covers the whole article." in run("check", str(tmp_path / "to")).stdout


def test_labels_that_name_no_section_are_told_before_anything_is_asked(
    run: Run, garden: Path, tmp_path: Path
) -> None:
    labels = tmp_path / "labels.jsonl"
    lines = [{"q": "a", "expect": ["rake", "winter"]}, {"q": "b", "expect": "none"}]
    labels.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    result = run("evaluate", str(labels))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "labels.jsonl expects what is no section of /garden: rake. Correct" in result.stderr


def test_what_cannot_be_imported_is_one_sentence(run: Run, tmp_path: Path) -> None:
    article = tmp_path / "empty.txt"
    article.write_text("\n", encoding="utf-8")
    result = run("import", str(article))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "empty.txt holds no paragraph of text. Choose another file.\n"


# What is wrong

COMMANDS = [
    ["ask", "rake"], ["topics"], ["check"], ["render", "text", "rake"], ["manifest"], ["commands"],
    ["run"], [],
]  # fmt: skip


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_setting_that_cannot_be_is_one_sentence_and_status_2(
    run: Run, garden: Path, arguments: Sequence[str]
) -> None:
    result = run(*arguments, LDN_LOG_LEVEL="LOUD")
    assert (result.exit_code, result.stdout) == (2, "")
    [sentence] = result.stderr.splitlines()
    assert sentence.startswith("LDN_LOG_LEVEL cannot be used as it is.")


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_folder_that_is_broken_is_named_with_all_its_faults_and_status_1(
    run: Run, garden: Path, arguments: Sequence[str]
) -> None:
    path = garden / "garden.yaml"
    text = path.read_text("utf-8").replace("year: 2020", "year: old").replace("- id: w", "- id: W")
    path.write_text(text, encoding="utf-8")
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    faults = result.stderr.splitlines()
    assert faults[-1].endswith("faults to mend.")
    assert all(fault.startswith("garden.yaml:") for fault in faults[:-1])


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_folder_that_is_not_there_is_one_sentence_and_status_1(
    run: Run, tmp_path: Path, arguments: Sequence[str]
) -> None:
    result = run(*arguments, LDN_DOCUMENTS=str(tmp_path / "none"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "is not a folder" in result.stderr
    assert "LDN_DOCUMENTS" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"], ["ask", "--xml"], ["render"], ["render", "telegram", "x"], ["import"],
        ["import", "none.txt"], ["check", "a", "b"], ["commands", "--force"], ["pins", "--dry-run"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_call_that_cannot_be_is_explained_with_status_2(
    run: Run, garden: Path, arguments: Sequence[str]
) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr


def test_registering_commands_needs_a_token(run: Run, garden: Path) -> None:
    result = run("commands", "--sync")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "DISCORD_TOKEN" in result.stderr


def test_help_lists_every_command_and_every_setting(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    for word in ("run", "ask", "topics", "check", "render", "manifest", "commands", "import"):
        assert f"\n  {word} " in result.stdout
    for name in SETTINGS:
        assert f"  {name} " in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


# Without a token


@pytest.mark.parametrize("arguments", [[], ["run"]], ids=["ldn-bot", "ldn-bot run"])
def test_without_a_token_it_says_how_to_connect_and_answers_there_and_then(
    run: Run, garden: Path, arguments: Sequence[str]
) -> None:
    result = run(*arguments, typed="rake\n")
    assert result.exit_code == 0
    discord, slack = result.stderr.splitlines()
    assert "DISCORD_TOKEN" in discord
    assert "SLACK_BOT_TOKEN and SLACK_APP_TOKEN" in slack
    assert "A rake gathers the leaves." in result.stdout


def test_half_of_slacks_tokens_is_told_by_the_name_of_the_other(run: Run, garden: Path) -> None:
    result = run("run", typed="rake\n", SLACK_BOT_TOKEN="xoxb-1")
    assert "SLACK_APP_TOKEN is missing" in result.stderr
    assert "xoxb-1" not in result.output


# As a process


def process(
    folder: Path, data: Path, *arguments: str, typed: bytes = b"", **more: str
) -> tuple[int, str, str]:
    """`ldn-bot` as a process of its own: status, output, errors."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"], "HOME": str(folder), "LDN_DATA": str(data),
            "LDN_DOCUMENTS": str(folder), "PYTHONIOENCODING": "utf-8", **more,
        },
        input=typed,
        capture_output=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "settings", "status"),
    [
        (["ask", "--json", "rake"], {}, 0),
        (["ask", "rake"], {"LDN_DOCUMENTS": "/nowhere"}, 1),
        (["ask", "rake"], {"LDN_LOG_LEVEL": "LOUD"}, 2),
        (["fly"], {}, 2),
    ],
)
def test_the_status_tells_done_from_failed_from_called_wrongly(
    tmp_path: Path, learned: Path, arguments: Sequence[str], settings: dict[str, str], status: int
) -> None:
    write_document(tmp_path)
    ended, output, errors = process(tmp_path, learned, *arguments, **settings)
    assert ended == status
    assert bool(errors) == bool(status)
    assert bool(output) != bool(status)
    assert "Traceback" not in errors


def in_shell(folder: Path, command: str) -> tuple[int, str, str]:
    """What bash says of a command in which `ldn-bot` may stand: status, output, errors."""
    write_document(folder)
    done = subprocess.run(
        ["bash", "-c", f'ldn-bot() {{ "{sys.executable}" -m bot "$@"; }}; {command}'],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"], "HOME": str(folder), "LDN_DATA": str(folder / "data"),
            "LDN_DOCUMENTS": str(folder), "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("rake\n" * 5000, encoding="utf-8")
    command = 'ldn-bot ask --json < lines | head -n 1; echo "${PIPESTATUS[0]}"'
    _, output, errors = in_shell(tmp_path, command)
    answer, status = output.splitlines()
    assert json.loads(answer)["section"] == "tools.rake"
    assert (status, errors) == ("0", "")


@pytest.mark.long
@pytest.mark.parametrize("call", ["topics", "--help"])
def test_a_reader_that_sees_nothing_is_no_error(tmp_path: Path, call: str) -> None:
    command = f"exec 3> >(true); wait $!; ldn-bot {call} >&3"
    assert in_shell(tmp_path, command) == (0, "", "")


@pytest.mark.long
@pytest.mark.parametrize(
    "call", ["topics", "schema", "ask rake", "ask --json <<< rake", "pins", "--help", "pins --help"]
)
def test_output_for_which_there_is_no_room_is_one_sentence(tmp_path: Path, call: str) -> None:
    sentence = (
        "The output cannot be written (No space left on device). Make room, or send it somewhere "
        "else.\n"
    )
    assert in_shell(tmp_path, f"ldn-bot {call} >/dev/full") == (1, "", sentence)


@pytest.mark.long
@pytest.mark.parametrize("call", ["topics >&-", "ask rake >&-", "ask <&-", "ask rake 2>&- >&-"])
def test_streams_that_are_closed_are_nothing_to_stumble_over(tmp_path: Path, call: str) -> None:
    assert in_shell(tmp_path, f"ldn-bot {call}") == (0, "", "")


def test_a_line_that_is_not_utf_8_is_answered_like_any_other(tmp_path: Path, learned: Path) -> None:
    write_document(tmp_path)
    status, output, errors = process(tmp_path, learned, "ask", "--json", typed=b"caf\xe9\nrake\n")
    assert (status, errors) == (0, "")
    assert json.loads(output.splitlines()[1])["section"] == "tools.rake"


def test_a_terminal_of_few_signs_shows_what_it_can(tmp_path: Path, learned: Path) -> None:
    write_document(tmp_path)
    status, output, errors = process(tmp_path, learned, "ask", "rake", PYTHONIOENCODING="ascii")
    assert (status, errors) == (0, "")
    assert "A rake gathers the leaves." in output


def test_on_a_terminal_it_greets_and_is_a_conversation(tmp_path: Path) -> None:
    write_document(tmp_path)
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "LDN_DATA": str(tmp_path / "data"),
        "LDN_DOCUMENTS": str(tmp_path), "TERM": "dumb", "PYTHONIOENCODING": "utf-8",
    }  # fmt: skip
    with on_a_terminal(ROOT, environment) as terminal:
        terminal.type(b"rake\nexit\n")
        assert terminal.ended() == 0
    text = terminal.shown.decode()
    in_order(text, "DISCORD_TOKEN", "SLACK_BOT_TOKEN", "Hello.", "A rake gathers the leaves.")
    assert max(map(len, text[text.index("Hello.") :].splitlines())) <= 80
    assert "tools.spade" in text[text.index("To read on") :]
