"""Logging: human on a terminal, JSON otherwise, and never a member's words.

Libraries log what passes through them (slack_sdk logs whole events at DEBUG, discord.py the user
of a failed autocomplete), and an exception's text may quote what caused it. So of a library's
record only its place and its kind are kept; of an exception, its type and its frames. Our own
modules log fixed sentences with values that they chose.
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
"""Of one exception. Endless recursion has a thousand, and the first and the last tell it all."""


def configure(level: str, log_format: str) -> None:
    """Send everything that is logged in this process to standard error."""
    human = log_format == "human" or (log_format == "auto" and sys.stderr.isatty())
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_no_more)
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
    handler.addFilter(discreet)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Nothing of this passes `discreet`; here it is not even made.
    for library in ("discord", "slack_sdk", "aiohttp", "asyncio"):
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))
    # discord.py warns at every start of intents and voice that we do without;
    for name in ("discord.state", "discord.client"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # bolt warns at every start that it was given a client beside a token in the environment.
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
    logging.captureWarnings(True)


def discreet(record: logging.LogRecord) -> bool:
    """Take out of a record everything that may hold a member's words; whether anything is left."""
    if record.name.split(".")[0] not in OURS:
        if record.levelno < logging.WARNING or _is_of_a_broken_request(record):
            return False  # without its words it has nothing to say
        record.msg = f"{record.name}, {record.funcName}, line {record.lineno}"
        record.args = ()
    if record.exc_info:
        _, error, _ = record.exc_info
        if error is not None:
            record.msg = f"{record.getMessage()}\n{frames(error)}"
            record.args = ()
        record.exc_info = None
    record.exc_text = None
    record.stack_info = None
    return True


def _is_of_a_broken_request(record: logging.LogRecord) -> bool:
    """Whether aiohttp tells that a request is no good HTTP, or breaks off.

    It has answered that by itself, and anybody could fill the log with it.
    """
    if record.name != "aiohttp.server" or not record.exc_info:
        return False
    from aiohttp import http_exceptions, web  # is there: it is what logs

    broken = (http_exceptions.HttpProcessingError, web.RequestPayloadError, ConnectionError)
    return isinstance(record.exc_info[1], broken)


def frames(error: BaseException) -> str:
    """An exception as its type and where it came from, without its text and without any values."""
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
        # Our own errors hold fixed sentences.
        text = f": {chain}" if isinstance(chain, LdnBotError) else ""
        lines.append(f"{type(chain).__module__}.{type(chain).__qualname__}{text}")
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    return "\n".join(lines)


def _no_more(*_: Any) -> None:
    """Exceptions were made discreet already; the renderer has nothing to add."""
