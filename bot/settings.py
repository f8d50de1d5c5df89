"""The environment, read once, checked, frozen. A wrong value is one plain sentence.

Variables come from the process's environment and from a file `.env` in the current folder; the
environment wins. An empty variable counts as one that is not set.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
)

from knowledge.documents import SHIPPED
from knowledge.errors import SettingsError

HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]
SocketUrl = Annotated[str, StringConstraints(pattern=r"^wss?://[^\s]+$")]
Secret = Annotated[SecretStr, BeforeValidator(str.strip)]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


class Settings(BaseModel):
    """Everything that can be set from outside. Tokens never show in a text or a log."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    discord_token: Secret | None = Field(
        None, alias="DISCORD_TOKEN", description="the Discord bot's token"
    )
    slack_bot_token: Secret | None = Field(
        None, alias="SLACK_BOT_TOKEN", description="the Slack app's bot token (xoxb-…)"
    )
    slack_app_token: Secret | None = Field(
        None, alias="SLACK_APP_TOKEN", description="the Slack app-level token (xapp-…)"
    )
    database_url: Secret | None = Field(
        None,
        alias="DATABASE_URL",
        description="a PostgreSQL database (SQLite in the data folder)",
    )
    slack_moderators: Annotated[tuple[str, ...], BeforeValidator(_words)] = Field(
        (),
        alias="LDN_SLACK_MODERATORS",
        description="ids of users and user groups that moderate beside admins (none)",
    )
    share: Annotated[Literal["everyone", "moderators"], BeforeValidator(str.lower)] = Field(
        "everyone",
        alias="LDN_SHARE",
        description="who may share: everyone or moderators (everyone)",
    )
    documents: Path = Field(
        SHIPPED, alias="LDN_DOCUMENTS", description="the folder of documents (shipped one)"
    )
    data: Path = Field(
        default_factory=lambda: user_data_path("ldn-bot", appauthor=False),
        alias="LDN_DATA",
        description="the folder that the bot may write to (your user's data folder)",
    )
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)
    ] = Field("INFO", alias="LDN_LOG_LEVEL", description="DEBUG, INFO, WARNING or ERROR (INFO)")
    log_format: Annotated[Literal["auto", "human", "json"], BeforeValidator(str.lower)] = Field(
        "auto",
        alias="LDN_LOG_FORMAT",
        description="human, json, or auto: human on a terminal (auto)",
    )
    discord_api_url: HttpUrl | None = Field(
        None, alias="LDN_DISCORD_API_URL", description="another base address of Discord's API"
    )
    discord_gateway_url: SocketUrl | None = Field(
        None, alias="LDN_DISCORD_GATEWAY_URL", description="another address of Discord's gateway"
    )
    slack_api_url: HttpUrl | None = Field(
        None, alias="LDN_SLACK_API_URL", description="another base address of Slack's API"
    )

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings of this process.

        Raises:
            SettingsError: naming every variable that cannot be used, and what to write.
        """
        if environment is None:
            environment = {**_dotenv(), **os.environ}
        given = {name: value for name, value in environment.items() if value.strip()}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise SettingsError("\n".join(map(_sentence, error.errors()))) from None

    @property
    def any_platform(self) -> bool:
        """Whether the tokens of at least one platform are there."""
        return bool(self.discord_token or (self.slack_bot_token and self.slack_app_token))

    @property
    def slack_gap(self) -> str | None:
        """The variable that keeps Slack from starting although the other one is set."""
        if self.slack_bot_token and not self.slack_app_token:
            return "SLACK_APP_TOKEN"
        if self.slack_app_token and not self.slack_bot_token:
            return "SLACK_BOT_TOKEN"
        return None


def describe() -> str:
    """Every setting in a line, for `ldn-bot --help`."""
    fields = Settings.model_fields.values()
    width = max(len(str(field.alias)) for field in fields)
    return "\n".join(f"{field.alias:<{width}}  {field.description}" for field in fields)


def _dotenv() -> dict[str, str]:
    try:
        return {name: value or "" for name, value in dotenv_values(".env").items()}
    except (OSError, UnicodeDecodeError):
        raise SettingsError("The file .env cannot be read. Save it as UTF-8 text.") from None


def _sentence(fault: Any) -> str:
    name = str(fault["loc"][0])
    expected = next(
        str(field.description) for field in Settings.model_fields.values() if field.alias == name
    )
    # The value is left out: it may be a token in the wrong place.
    return f"{name} cannot be used as it is. It is {expected}. Correct it and start again."
