"""Errors as Discord's API answers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aiohttp import web

from tests.contracts import Problem
from tests.standins.base import json_response
from tests.standins.recording import JSON, Call, Handler


@dataclass(frozen=True)
class DiscordError(Exception):
    """An error as Discord's API answers it."""

    status: int
    code: int
    message: str
    errors: JSON | None = None

    def response(self) -> web.Response:
        """The HTTP answer."""
        body: JSON = {"message": self.message, "code": self.code}
        if self.errors is not None:
            body["errors"] = self.errors
        return json_response(body, self.status)


UNAUTHORIZED = DiscordError(401, 0, "401: Unauthorized")
UNKNOWN_CHANNEL = DiscordError(404, 10003, "Unknown Channel")
UNKNOWN_MESSAGE = DiscordError(404, 10008, "Unknown Message")
UNKNOWN_WEBHOOK = DiscordError(404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = DiscordError(404, 10062, "Unknown interaction")
UNKNOWN_COMMAND = DiscordError(404, 10063, "Unknown application command")
PINS_FULL = DiscordError(400, 30003, "Maximum number of pins reached for the channel (250)")
ALREADY_ANSWERED = DiscordError(400, 40060, "Interaction has already been acknowledged.")
TOO_MANY_FOLLOW_UPS = DiscordError(
    400, 40094, "The number of follow-ups to this interaction is limited to 5"
)
MISSING_ACCESS = DiscordError(403, 50001, "Missing Access")
NOT_YOUR_MESSAGE = DiscordError(403, 50005, "Cannot edit a message authored by another user")
EMPTY_MESSAGE = DiscordError(400, 50006, "Cannot send an empty message")
MISSING_PERMISSIONS = DiscordError(403, 50013, "Missing Permissions")
INVALID_WEBHOOK_TOKEN = DiscordError(401, 50027, "Invalid Webhook Token")
THREAD_ARCHIVED = DiscordError(400, 50083, "Thread is archived")

Check = Callable[[Call, Iterator[Problem]], list[Problem]]


def refuse(problems: list[Problem]) -> None:
    """Raise the 400 that Discord answers to a body with these problems, if there are any."""
    if problems:
        errors = [{"code": "BASE_TYPE_BAD", "message": str(problem)} for problem in problems]
        raise DiscordError(400, 50035, "Invalid Form Body", {"_errors": errors})


def answering_errors(handler: Handler) -> Handler:
    """The handler, with a raised `DiscordError` turned into its answer."""

    async def answer(call: Call) -> web.Response:
        try:
            return await handler(call)
        except DiscordError as error:
            return error.response()

    return answer
