"""The environment, read once; what is wrong with it is said in a sentence a variable."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest
from dotenv import dotenv_values

from adapters.discord.shards import Shards
from bot.settings import Settings, describe, dotenv
from knowledge.documents import SHIPPED
from knowledge.errors import SettingsError

SECRET = "xoxb-not-for-anyone-to-see"
KEY = "x" * 43 + "="
MANY = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": SECRET,
    "SLACK_SIGNING_SECRET": SECRET,
    "LDN_ENCRYPTION_KEYS": f"{KEY}, {KEY}",
}


def test_with_nothing_set_the_shipped_documents_are_served_and_no_platform() -> None:
    settings = Settings.load({})
    assert settings.documents == SHIPPED
    assert settings.discord_token is settings.slack_bot_token is settings.slack_app_token is None
    assert not settings.any_platform
    assert settings.log_level == "INFO"


@pytest.mark.parametrize("empty", ["", " ", "\t"])
def test_an_empty_variable_is_one_that_is_not_set(empty: str) -> None:
    settings = Settings.load({"DISCORD_TOKEN": empty, "LDN_LOG_LEVEL": empty})
    assert settings.discord_token is None
    assert settings.log_level == "INFO"


def test_a_path_may_begin_with_the_home_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/rose")
    settings = Settings.load({"LDN_DATA": "~/data", "LDN_DOCUMENTS": "~/documents"})
    assert settings.data == Path("/home/rose/data")
    assert settings.documents == Path("/home/rose/documents")


def test_blanks_around_a_token_are_no_part_of_it() -> None:
    settings = Settings.load({"DISCORD_TOKEN": f"  {SECRET}\n"})
    assert settings.discord_token == SECRET


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LDN_LOG_LEVEL", "LOUD"),
        ("LDN_LOG_FORMAT", "xml"),
        ("LDN_DISCORD_API_URL", "discord.com/api"),
        ("LDN_DISCORD_GATEWAY_URL", "https://gateway.example"),
        ("LDN_SLACK_API_URL", "ftp://slack.example"),
        ("LDN_SLACK_API_URL", "https://"),
        ("LDN_SLACK_API_URL", "https://["),
        ("LDN_SLACK_API_URL", f"http://a b {SECRET}"),
        ("LDN_SLACK_API_URL", f"http://{SECRET}:99999/"),
        ("LDN_DISCORD_GATEWAY_URL", f"ws://{SECRET}:port"),
        ("LDN_DATA", f"~{SECRET}/data"),
        ("LDN_HEALTH_PORT", "http"),
        ("LDN_HEALTH_PORT", "65536"),
        ("LDN_HEALTH_PORT", "-1"),
        ("LDN_DISCORD_SHARDS", "all of them"),
        ("LDN_DISCORD_SHARDS", "0-16/16"),
        ("LDN_DISCORD_SHARDS", "3-0/16"),
        ("LDN_SLACK_PORT", "http"),
        ("LDN_SLACK_PORT", "70000"),
        ("LDN_PUBLIC_URL", "bot.example.org"),
        ("LDN_PUBLIC_URL", "http://bot.example.org"),
        ("LDN_ENCRYPTION_KEYS", SECRET),
        ("LDN_ENCRYPTION_KEYS", KEY[:-4]),
        ("LDN_ENCRYPTION_KEYS", f"{KEY},{KEY} {KEY}"),
    ],
)
def test_a_value_that_cannot_be_is_one_sentence_that_names_the_variable_and_not_the_value(
    variable: str, value: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({variable: value})
    [sentence] = str(caught.value).splitlines()
    assert sentence.startswith(f"{variable} cannot be used as it is.")
    assert value not in sentence
    assert SECRET not in sentence
    behind = caught.value.__cause__ or caught.value.__context__
    assert behind is None or caught.value.__suppress_context__, "what is behind quotes the value"


def test_all_wrong_values_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({"LDN_LOG_LEVEL": "LOUD", "LDN_LOG_FORMAT": "xml"})
    named = {sentence.split()[0] for sentence in str(caught.value).splitlines()}
    assert named == {"LDN_LOG_LEVEL", "LDN_LOG_FORMAT"}


@pytest.mark.parametrize(
    ("given", "level"), [("debug", "DEBUG"), ("Info", "INFO"), ("WARNING", "WARNING")]
)
def test_levels_may_be_written_in_any_case(given: str, level: str) -> None:
    assert Settings.load({"LDN_LOG_LEVEL": given}).log_level == level


def test_the_example_of_a_settings_file_shows_all_that_can_stand_there_and_sets_nothing() -> None:
    shown = dotenv_values(Path(__file__).parents[2] / ".env.example")
    assert set(shown) == {field.metadata["variable"] for field in attrs.fields(Settings)}
    assert set(shown.values()) == {""}


def test_shards_are_written_as_a_range_of_all() -> None:
    settings = Settings.load({"LDN_DISCORD_SHARDS": "0-3/16"})
    assert settings.discord_shards == Shards(first=0, last=3, count=16)
    assert Settings.load({}).discord_shards is None


def test_health_is_for_this_machine_alone_unless_an_address_is_set() -> None:
    assert Settings.load({}).health_port is None
    settings = Settings.load({"LDN_HEALTH_PORT": "9090"})
    assert (settings.health_host, settings.health_port) == ("127.0.0.1", 9090)
    assert Settings.load({"LDN_HEALTH_HOST": "0.0.0.0"}).health_host == "0.0.0.0"


def test_other_variables_of_the_environment_do_not_matter() -> None:
    assert Settings.load({"PATH": "/bin", "documents": "/nowhere"}).documents == SHIPPED


def test_no_token_shows_in_a_text_of_the_settings() -> None:
    secrets = ("DISCORD_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "DATABASE_URL")
    one = Settings.load(dict.fromkeys(secrets, f"postgresql://a:{SECRET}@b.example/c"))
    for settings in (one, Settings.load(MANY)):
        for text in (repr(settings), str(settings), f"{settings}"):
            assert SECRET not in text
            assert KEY not in text


def test_settings_cannot_be_changed_once_they_are_read() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Settings.load({}).log_level = "DEBUG"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "any_platform", "gap"),
    [
        ({}, False, None),
        ({"DISCORD_TOKEN": "a"}, True, None),
        ({"SLACK_BOT_TOKEN": "a"}, False, "SLACK_APP_TOKEN"),
        ({"SLACK_APP_TOKEN": "a"}, False, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "a", "SLACK_APP_TOKEN": "b"}, True, None),
        ({"DISCORD_TOKEN": "a", "SLACK_APP_TOKEN": "b"}, True, "SLACK_BOT_TOKEN"),
        ({"SLACK_SIGNING_SECRET": "a"}, False, "SLACK_BOT_TOKEN"),
        ({"SLACK_SIGNING_SECRET": "a", "SLACK_APP_TOKEN": "b"}, False, "SLACK_BOT_TOKEN"),
        ({"SLACK_SIGNING_SECRET": "a", "SLACK_BOT_TOKEN": "b"}, True, None),
        (MANY, True, None),
    ],
)
def test_a_platform_needs_all_of_its_tokens(
    given: dict[str, str], any_platform: bool, gap: str | None
) -> None:
    settings = Settings.load(given)
    assert settings.any_platform is any_platform
    assert settings.slack_gap == gap


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SLACK_CLIENT_ID": "1.2"}, ["SLACK_CLIENT_SECRET", "LDN_ENCRYPTION_KEYS"]),
        ({"SLACK_CLIENT_SECRET": SECRET}, ["SLACK_CLIENT_ID", "SLACK_SIGNING_SECRET"]),
        (MANY | {"LDN_ENCRYPTION_KEYS": ""}, ["LDN_ENCRYPTION_KEYS"]),
        (MANY | {"SLACK_SIGNING_SECRET": ""}, ["SLACK_SIGNING_SECRET"]),
        (MANY | {"SLACK_BOT_TOKEN": SECRET}, ["SLACK_BOT_TOKEN", "SLACK_CLIENT_ID"]),
    ],
)
def test_what_does_not_go_together_is_said_with_all_that_is_needed(
    given: dict[str, str], named: list[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load(given)
    [said] = str(caught.value).splitlines()
    assert said.split()[0] in given
    for variable in named:
        assert variable in said
    assert SECRET not in said


def test_the_file_env_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LDN_LOG_LEVEL", "ERROR")
    monkeypatch.delenv("LDN_LOG_FORMAT", raising=False)
    (tmp_path / ".env").write_text(
        "LDN_LOG_LEVEL=DEBUG\nexport LDN_LOG_FORMAT='json'\n", encoding="utf-8"
    )
    settings = Settings.load()
    assert (settings.log_level, settings.log_format) == ("ERROR", "json")


def test_a_file_env_that_is_no_text_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"LDN_LOG_LEVEL=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"The file \.env cannot be read"):
        Settings.load()


def test_a_folder_env_is_no_file_of_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").mkdir()  # as some name a virtual environment
    assert dotenv() == {}


@pytest.mark.parametrize(
    "line",
    [
        f"DISCORD_TOKEN: {SECRET}",
        f"DISCORD_TOKEN {SECRET}",
        f"DISCORD_TOKEN='{SECRET}",
        f'DISCORD_TOKEN="{SECRET}"{SECRET}',
    ],
)
def test_a_line_of_the_file_env_that_cannot_be_read_is_named_by_its_number_and_not_repeated(
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"# Ours\nLDN_LOG_LEVEL=INFO\n\n\n{line}\nLDN_LOG_FORMAT=json\nand this\n"
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    starts = [said.partition(". ")[0] for said in str(caught.value).splitlines()]
    assert starts == [f"Line {number} of the file .env cannot be read" for number in (5, 7)]
    assert "Write NAME=value" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caplog.records == []


def test_a_dotenv_that_may_not_be_read_is_not_said_to_be_in_another_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").symlink_to(".env")  # even root cannot follow it
    with pytest.raises(SettingsError, match=r"cannot be read \(.+\)\. Let this user read it"):
        Settings.load()


@pytest.mark.parametrize(
    ("variable", "beginning"),
    [
        ("LDN_PUBLIC_URL", "https://"),
        ("LDN_DISCORD_API_URL", "beginning with https"),
        ("LDN_DISCORD_GATEWAY_URL", "beginning with wss"),
        ("LDN_SLACK_API_URL", "beginning with https"),
    ],
)
def test_an_address_without_its_beginning_is_told_which_it_needs(
    variable: str, beginning: str
) -> None:
    with pytest.raises(SettingsError, match=beginning):
        Settings.load({variable: "bot.example.org"})


def test_every_setting_is_described() -> None:
    for (variable, meaning), field in zip(describe(), attrs.fields(Settings), strict=True):
        assert variable == field.metadata["variable"]
        assert meaning.strip()
