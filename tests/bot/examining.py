"""An installation for the doctor, and what is found there."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import attrs

from bot.doctor import Finding, examine
from bot.settings import Settings
from knowledge.documents import SHIPPED
from tests.documents import write_document

ROOT = Path(__file__).parents[2]
SECRET = "nobody-must-see-this"
ID = base64.b64encode(b"123456789012345678").decode()
DISCORD_TOKEN = f"{ID}.GaBcDe.{SECRET}"
BOT_TOKEN = f"xoxb-1234-5678-{SECRET}"
APP_TOKEN = f"xapp-1-A123-456-{SECRET}"
SIGNING_SECRET = "0123456789abcdef" * 2
SLACK = {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": APP_TOKEN}
SETTINGS = [field.metadata["variable"] for field in attrs.fields(Settings)]


def faultless(folder: Path) -> dict[str, str]:
    """Settings of an installation at which nothing is wrong but that no token is set."""
    write_document(folder / "documents")
    verify_help_lines(folder / "documents", date.today())
    data = folder / "data"
    data.mkdir()
    return {"LDN_DATA": str(data), "LDN_DOCUMENTS": str(folder / "documents")}


def verify_help_lines(folder: Path, day: date) -> None:
    """All of them on one day."""
    shipped = (SHIPPED / "helplines.yaml").read_text(encoding="utf-8")
    verified = re.sub(r"^( +verified:).*", rf"\1 {day}", shipped, flags=re.MULTILINE)
    (folder / "helplines.yaml").write_text(verified, encoding="utf-8")


async def found(
    environment: Mapping[str, str], about: str, *, online: bool = False
) -> list[Finding]:
    """What is found about one thing; fails where anything that is said holds the secret."""
    findings = await examine(environment, online=online)
    assert not any(SECRET in str(finding) for finding in findings)
    return [finding for finding in findings if finding.about == about]


async def one(environment: Mapping[str, str], about: str) -> Finding:
    """The only thing that is found about it, without asking a platform."""
    [finding] = await found(environment, about)
    return finding
