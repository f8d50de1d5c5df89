"""Files of messages on stand-in Discord."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.standins.discord_ids import snowflake
from tests.standins.recording import JSON, Upload


@dataclass(frozen=True)
class Attachment:
    """One file of a message, with what is in it."""

    id: str
    filename: str
    description: str | None
    content: bytes

    @property
    def text(self) -> str:
        """The file as text; raises UnicodeDecodeError where it is none."""
        return self.content.decode()

    def as_json(self, channel_id: str) -> JSON:
        """The attachment object of Discord's API."""
        url = f"https://cdn.discordapp.com/attachments/{channel_id}/{self.id}/{self.filename}"
        told: JSON = {
            "id": self.id,
            "filename": self.filename,
            "size": len(self.content),
            "url": url,
            "proxy_url": url,
        }
        return told if self.description is None else {**told, "description": self.description}


def attached(
    before: Sequence[Attachment], body: JSON, uploads: Sequence[Upload]
) -> list[Attachment]:
    """The files that a message has after ``body`` was sent with ``uploads``.

    Without ``attachments`` in the body, what was there stays; with it, what it names by id does.
    """
    listed = body.get("attachments")
    told = {str(each["id"]): each for each in listed or []}
    kept = [each for each in before if "attachments" not in body or each.id in told]
    return kept + [_new(upload, told.get(_number(upload), {})) for upload in uploads]


def _new(upload: Upload, told: JSON) -> Attachment:
    filename = told.get("filename") or upload.filename
    return Attachment(snowflake(), filename, told.get("description"), upload.content)


def _number(upload: Upload) -> str:
    """``files[0]`` → ``0``, by which ``attachments`` refers to it."""
    return upload.part.removeprefix("files[").removesuffix("]")
