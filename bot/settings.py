"""Settings: the environment, read once, validated and immutable.

Variables come from the process's environment and from a file `.env` in the current folder; the
environment takes precedence. An empty variable counts as not set.
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
from dotenv import dotenv_values
from dotenv.parser import Original, parse_stream
from platformdirs import user_data_path

from adapters.discord.shards import Shards
from knowledge.documents import SHIPPED
from knowledge.errors import SettingsError

FERNET_KEY_BYTES = 32


def _setting(
    variable: str,
    meaning: str,
    read: Callable[[str], Any] = str,
    *,
    default: Any = None,
    secret: bool = False,
) -> Any:
    """A field; `read` raises ValueError for what cannot be used."""
    metadata = {"variable": variable, "meaning": meaning, "read": read}
    return attrs.field(default=default, repr=not secret, metadata=metadata)


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        found = {word.casefold(): word for word in words}.get(text.casefold())
        if found is None:
            raise ValueError
        return found

    return read


def _address(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        parts = urlsplit(text)
        _ = parts.port  # raises where it is none
        if parts.scheme not in schemes or not parts.hostname or any(map(str.isspace, text)):
            raise ValueError
        return text

    return read


def _port(text: str) -> int:
    if not 0 < (port := int(text)) < 65536:
        raise ValueError
    return port


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # there is no such user, or no home
        raise ValueError from None


def _keys(text: str) -> tuple[str, ...]:
    keys = _words(text)
    for key in keys:
        if len(urlsafe_b64decode(key)) != FERNET_KEY_BYTES:
            raise ValueError
    if not 1 <= len(keys) <= 2:
        raise ValueError
    return keys


@attrs.frozen(kw_only=True)
class Settings:
    """All settings. Secrets are not part of its `repr`."""

    discord_token: str | None = _setting("DISCORD_TOKEN", "the Discord bot's token", secret=True)
    slack_bot_token: str | None = _setting(
        "SLACK_BOT_TOKEN", "the Slack app's bot token (xoxb-…)", secret=True
    )
    slack_app_token: str | None = _setting(
        "SLACK_APP_TOKEN", "the Slack app-level token (xapp-…)", secret=True
    )
    slack_signing_secret: str | None = _setting(
        "SLACK_SIGNING_SECRET", "the Slack app's signing secret: Slack over HTTP", secret=True
    )
    slack_host: str = _setting(
        "LDN_SLACK_HOST", "the address to listen on for Slack (127.0.0.1)", default="127.0.0.1"
    )
    slack_port: int = _setting(
        "LDN_SLACK_PORT",
        "the port to listen on for Slack, from 1 to 65535 (3000)",
        _port,
        default=3000,
    )
    slack_client_id: str | None = _setting(
        "SLACK_CLIENT_ID", "the Slack app's client id: installation into many workspaces"
    )
    slack_client_secret: str | None = _setting(
        "SLACK_CLIENT_SECRET", "the Slack app's client secret", secret=True
    )
    encryption_keys: tuple[str, ...] = _setting(
        "LDN_ENCRYPTION_KEYS",
        "one or two Fernet keys for workspaces' tokens, the present one first",
        _keys,
        default=(),
        secret=True,
    )
    public_url: str | None = _setting(
        "LDN_PUBLIC_URL",
        "the https:// address under which Slack reaches the bot, for the manifest and OAuth",
        _address("https"),
    )
    database_url: str | None = _setting(
        "DATABASE_URL", "a PostgreSQL database (SQLite in the data folder)", secret=True
    )
    slack_moderators: tuple[str, ...] = _setting(
        "LDN_SLACK_MODERATORS",
        "ids of users and user groups that moderate beside admins (none)",
        _words,
        default=(),
    )
    share: str = _setting(
        "LDN_SHARE",
        "who may share: everyone or moderators (everyone)",
        _one_of("everyone", "moderators"),
        default="everyone",
    )
    documents: Path = _setting(
        "LDN_DOCUMENTS", "the folder of documents (shipped one)", _path, default=SHIPPED
    )
    data: Path = _setting(
        "LDN_DATA",
        "the folder that the bot may write to (your user's data folder)",
        _path,
        default=attrs.Factory(lambda: user_data_path("ldn-bot", appauthor=False)),
    )
    log_level: str = _setting(
        "LDN_LOG_LEVEL",
        "DEBUG, INFO, WARNING or ERROR (INFO)",
        _one_of("DEBUG", "INFO", "WARNING", "ERROR"),
        default="INFO",
    )
    log_format: str = _setting(
        "LDN_LOG_FORMAT",
        "human, json, or auto: human on a terminal (auto)",
        _one_of("auto", "human", "json"),
        default="auto",
    )
    health_port: int | None = _setting(
        "LDN_HEALTH_PORT",
        "a port from 1 to 65535 for health and numbers, such as 9090 (off)",
        _port,
    )
    health_host: str = _setting(
        "LDN_HEALTH_HOST",
        "the address that this port listens on (127.0.0.1, this machine alone)",
        default="127.0.0.1",
    )
    discord_shards: Shards | None = _setting(
        "LDN_DISCORD_SHARDS",
        "this process's shards of all, such as 0-3/16 (all, as many as Discord recommends)",
        Shards.parse,
    )
    discord_api_url: str | None = _setting(
        "LDN_DISCORD_API_URL",
        "another base address of Discord's API, beginning with https",
        _address("http", "https"),
    )
    discord_gateway_url: str | None = _setting(
        "LDN_DISCORD_GATEWAY_URL",
        "another address of Discord's gateway, beginning with wss",
        _address("ws", "wss"),
    )
    slack_api_url: str | None = _setting(
        "LDN_SLACK_API_URL",
        "another base address of Slack's API, beginning with https",
        _address("http", "https"),
    )

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings of this process.

        Raises:
            SettingsError: naming every variable or line that cannot be used, and what to write.
        """
        if environment is None:
            environment = {**dotenv(), **os.environ}
        values: dict[str, Any] = {}
        wrong: list[str] = []
        for field in attrs.fields(cls):
            text = environment.get(field.metadata["variable"], "").strip()
            try:
                if text:
                    values[field.name] = field.metadata["read"](text)
            except ValueError:
                wrong.append(_sentence(field))
        if wrong:
            raise SettingsError("\n".join(wrong))
        settings = cls(**values)
        if clash := settings._clash():
            raise SettingsError(clash)
        return settings

    @property
    def any_platform(self) -> bool:
        """Whether at least one platform has everything that it needs."""
        return bool(self.discord_token or self.slack)

    @property
    def slack(self) -> bool:
        """Whether everything is set that Slack needs, in Socket Mode or over HTTP."""
        if self.slack_signing_secret:
            return bool(self.slack_bot_token or self.slack_client_id)
        return bool(self.slack_bot_token and self.slack_app_token)

    @property
    def slack_gap(self) -> str | None:
        """The variable that Slack lacks, if another one of Slack's is set; None otherwise."""
        if self.slack:
            return None
        if self.slack_bot_token:
            return "SLACK_APP_TOKEN"
        if self.slack_app_token or self.slack_signing_secret:
            return "SLACK_BOT_TOKEN"
        return None

    def _clash(self) -> str | None:
        """A sentence about settings that contradict each other; None if there are none."""
        many = self.slack_client_id or self.slack_client_secret
        if not many:
            return None
        needed = {
            "SLACK_CLIENT_ID": self.slack_client_id,
            "SLACK_CLIENT_SECRET": self.slack_client_secret,
            "SLACK_SIGNING_SECRET": self.slack_signing_secret,
            "LDN_ENCRYPTION_KEYS": self.encryption_keys,
        }
        if missing := [variable for variable, value in needed.items() if not value]:
            given = "SLACK_CLIENT_ID" if self.slack_client_id else "SLACK_CLIENT_SECRET"
            return (
                f"{given} is set, but not {' and '.join(missing)}. To install the app into many "
                f"workspaces, set {' and '.join(needed)}."
            )
        if self.slack_bot_token:
            return (
                "SLACK_BOT_TOKEN and SLACK_CLIENT_ID do not go together: it is one workspace with "
                "a token, or many that install the app. Take one of them out."
            )
        return None


def describe() -> list[tuple[str, str]]:
    """Every variable with its meaning, for `ldn-bot --help`."""
    return [
        (field.metadata["variable"], field.metadata["meaning"]) for field in attrs.fields(Settings)
    ]


def dotenv() -> dict[str, str]:
    """The variables in the file `.env`; empty if there is no such file.

    Raises:
        SettingsError: naming every line that cannot be read. None is repeated: it may hold a token.
    """
    text = _dotenv_text()
    # The library would only warn of such a line, and go on without it.
    if wrong := [each.original for each in parse_stream(StringIO(text)) if each.error]:
        raise SettingsError("\n".join(map(_line, wrong)))
    return {name: value or "" for name, value in dotenv_values(stream=StringIO(text)).items()}


def repeated() -> dict[str, list[int]]:
    """The variables that are in the file `.env` more than once, with their lines (from 1).

    Raises:
        SettingsError: the file cannot be read.
    """
    lines: dict[str, list[int]] = {}
    for each in parse_stream(StringIO(_dotenv_text())):
        if each.key:
            lines.setdefault(each.key, []).append(_number(each.original))
    return {name: numbers for name, numbers in lines.items() if len(numbers) > 1}


def _dotenv_text() -> str:
    try:
        return Path(".env").read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        return ""
    except OSError as error:
        raise SettingsError(
            f"The file .env cannot be read ({error.strerror}). Let this user read it, or start in "
            "another folder."
        ) from None
    except UnicodeDecodeError:
        raise SettingsError("The file .env cannot be read. Save it as UTF-8 text.") from None


def _number(of: Original) -> int:
    # The library counts from the empty lines before it.
    return of.line + of.string[: -len(of.string.lstrip())].count("\n")


def _line(wrong: Original) -> str:
    return (
        f"Line {_number(wrong)} of the file .env cannot be read. Write NAME=value, with a quote "
        "at both ends of the value or at none; # at the beginning makes it a remark."
    )


def _sentence(field: attrs.Attribute[Any]) -> str:
    # The value is left out: it may be a token in the wrong place.
    variable, meaning = field.metadata["variable"], field.metadata["meaning"]
    wanted, _, default = meaning.partition(" (")
    unset = f"; if it is not set: {default.rstrip(')')}" if default else ""
    return f"{variable} cannot be used as it is. It must be {wanted}{unset}."
