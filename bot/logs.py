"""Logging: readable on a terminal, JSON otherwise, and never with a member's words.

Libraries log what they process (slack_sdk whole events at DEBUG, discord.py the user of a failed
autocomplete), and an exception's text may quote its input. So only the place in the code is logged
of a library's record, and only the type and the stack frames of an exception. Our own modules log
fixed sentences with values that are safe.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog

from knowledge.errors import LdnBotError

OURS = ("bot", "adapters", "knowledge")
MOST_FRAMES = 40
"""Frames that are logged of one exception, at most: half of them the first, half the last."""


def configure(level: str, log_format: str) -> None:
    """Send all log records of this process to standard error, redacted.

    Args:
        level: the least level, such as `INFO`.
        log_format: `human`, `json`, or `auto` (`human` on a terminal).
    """
    human = log_format == "human" or (log_format == "auto" and sys.stderr.isatty())
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if human
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    handler.addFilter(redact)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # `redact` drops these records; here they are not even created.
    for library in ("discord", "slack_sdk", "aiohttp", "asyncio"):
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))
    # discord.py warns at every start about intents and voice, which the bot does not use.
    for name in ("discord.state", "discord.client"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # bolt warns at every start that it was given a client beside a token in the environment.
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
    logging.captureWarnings(True)


def redact(record: logging.LogRecord) -> bool:
    """A logging filter that removes everything from a record that may hold a member's words.

    Returns:
        Whether the record is to be logged at all.
    """
    if record.name.split(".")[0] not in OURS:
        if record.levelno < logging.WARNING or _is_of_a_broken_request(record):
            return False  # without its text it says nothing
        record.msg = f"{record.name}, {record.funcName}, line {record.lineno}"
        record.args = ()
    if record.exc_info:
        _, error, _ = record.exc_info
        if error is not None:
            record.msg = f"{record.getMessage()}\n{format_frames(error)}"
            record.args = ()
        record.exc_info = None
    record.exc_text = None
    record.stack_info = None
    return True


def _is_of_a_broken_request(record: logging.LogRecord) -> bool:
    """Whether aiohttp logs that a request is malformed or was cut off.

    aiohttp has answered such a request already, and anybody could fill the log with them.
    """
    if record.name != "aiohttp.server" or not record.exc_info:
        return False
    from aiohttp import http_exceptions, web  # is there: it is what logs

    broken = (http_exceptions.HttpProcessingError, web.RequestPayloadError, ConnectionError)
    return isinstance(record.exc_info[1], broken)


def format_frames(error: BaseException) -> str:
    """An exception and its causes, as types and stack frames, without texts and values.

    Only the texts of our own errors are included.
    """
    lines = []
    chain: BaseException | None = error
    seen: set[int] = set()
    while chain is not None and id(chain) not in seen:
        seen.add(id(chain))
        places = [
            f"  {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(chain.__traceback__)
        ]
        if left_out := max(0, len(places) - MOST_FRAMES):
            places[MOST_FRAMES // 2 : -MOST_FRAMES // 2] = [f"  ({left_out} more)"]
        lines += places
        # The texts of our own errors hold nobody's words.
        text = f": {chain}" if isinstance(chain, LdnBotError) else ""
        lines.append(f"{type(chain).__module__}.{type(chain).__qualname__}{text}")
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    return "\n".join(lines)
