"""No member's words in a log, at any level, in either format."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator

import pytest
from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage, InvalidURLError

from bot.logs import MOST_FRAMES, configure, format_frames, redact
from knowledge.errors import PlatformError, SettingsError

MARKER = "zebra-lighthouse-4711"
LIBRARIES = [
    "discord.client", "discord.http", "slack_bolt.app", "slack_sdk.web", "slack_sdk.socket_mode",
    "aiohttp.access", "asyncio", "tenacity", "sqlalchemy.engine", "psycopg", "py.warnings",
    "urllib3", "botany", "",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], {name: log.level for name, log in every_logger()}
    yield
    logging.captureWarnings(False)
    root.handlers[:], levels = before
    set_levels(lambda name: levels.get(name, logging.NOTSET))


def every_logger() -> list[tuple[str, logging.Logger]]:
    named = [(name, logging.getLogger(name)) for name in logging.root.manager.loggerDict]
    return [("", logging.getLogger()), *named]


def set_levels(level_of: Callable[[str], int]) -> None:
    for name, log in every_logger():
        if log.level != (level := level_of(name)):  # each change takes what was cached from all
            log.setLevel(level)


@pytest.fixture(params=["human", "json"])
def log_format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


Written = Callable[[], str]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Written:
    """What was written to standard error, since this was asked last."""
    return lambda: capsys.readouterr().err


def let_everything_through() -> None:
    """As if an operator had switched every library on."""
    set_levels(lambda _: logging.DEBUG)


class Member:
    """Something that shows a member's words however it is turned into text."""

    def __repr__(self) -> str:
        return MARKER

    __str__ = __repr__


def nested() -> None:
    """An exception behind an exception behind an exception, with a member's words in each."""
    question = Member()
    try:
        try:
            raise ValueError(f"cannot parse {question}")
        except ValueError as error:
            raise RuntimeError(question, {"text": MARKER}) from error
    except RuntimeError:
        raise KeyError(MARKER)  # noqa: B904 - its context is what is looked at


def grouped() -> None:
    raise ExceptionGroup(MARKER, [ValueError(MARKER), ExceptionGroup(MARKER, [OSError(MARKER)])])


def noted() -> None:
    error = ValueError(MARKER)
    error.add_note(MARKER)
    raise error


def handed_on(log: logging.Logger, **written_down: str) -> None:
    """A record of which another handler has written something down before ours."""
    record = log.makeRecord(log.name, logging.ERROR, "f.py", 1, "failed", (), None)
    vars(record).update(written_down)
    log.handle(record)


RECORDS: dict[str, Callable[[logging.Logger], None]] = {
    "words": lambda log: log.debug(MARKER),
    "arguments": lambda log: log.info("received %s from %r", Member(), {"user": MARKER}),
    "a mapping": lambda log: log.warning("received %(text)s", {"text": MARKER}),
    "no format": lambda log: log.error(Member()),
    "a wrong format": lambda log: log.error("%d of %s", MARKER, 1),
    "extra": lambda log: log.error("failed", extra={"question": MARKER}),
    "a stack": lambda log: handed_on(log, stack_info=MARKER),
    "an exception": lambda log: handed_on(log, exc_text=MARKER),
}
FAILURES: dict[str, Callable[[], None]] = {"nested": nested, "grouped": grouped, "noted": noted}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
@pytest.mark.parametrize("library", LIBRARIES)
def test_of_a_librarys_record_no_word_is_kept(
    library: str, record: Callable[[logging.Logger], None], log_format: str, written: Written
) -> None:
    configure("DEBUG", log_format)
    let_everything_through()
    record(logging.getLogger(library))
    logging.getLogger(library).warning(MARKER)
    output = written()
    assert library in output
    assert MARKER not in output


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("name", ["adapters.slack.app", "bot.serve", "slack_bolt", "asyncio"])
def test_of_an_exception_its_kind_and_place_are_kept_and_not_its_words(
    name: str, failure: Callable[[], None], log_format: str, written: Written
) -> None:
    configure("DEBUG", log_format)
    let_everything_through()
    try:
        failure()
    except Exception:
        logging.getLogger(name).exception("an interaction failed")
    output = written()
    assert MARKER not in output
    assert "test_logs.py" in output
    assert f"in {failure.__name__}" in output
    assert "Error" in output or "ExceptionGroup" in output


def test_every_exception_behind_an_exception_is_named() -> None:
    with pytest.raises(KeyError) as caught:
        nested()
    told = format_frames(caught.value)
    assert MARKER not in told
    for kind in ("builtins.KeyError", "builtins.RuntimeError", "builtins.ValueError"):
        assert kind in told


def test_an_endless_recursion_is_told_in_a_few_lines() -> None:
    def deeper() -> None:
        deeper()

    with pytest.raises(RecursionError) as caught:
        deeper()
    told = format_frames(caught.value).splitlines()
    assert len(told) == MOST_FRAMES + 2
    assert "in test_an_endless_recursion" in told[0]
    assert " more)" in told[MOST_FRAMES // 2]
    assert told[-2].endswith("in deeper")
    assert told[-1] == "builtins.RecursionError"


def test_exceptions_that_are_each_others_cause_are_named_once() -> None:
    one, other = ValueError(), KeyError()
    one.__cause__, other.__cause__ = other, one
    assert format_frames(one).splitlines() == ["builtins.ValueError", "builtins.KeyError"]


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (BadHttpMessage("no HTTP"), False),
        (InvalidURLError("no address"), False),
        (web.RequestPayloadError("not packed"), False),
        (ConnectionResetError("gone"), False),
        (ValueError("our own fault"), True),
        (TimeoutError(), True),
    ],
)
def test_of_what_a_web_server_cannot_do_only_our_own_faults_are_written(
    error: Exception, kept: bool, log_format: str, written: Written
) -> None:
    """Whoever reaches the port could fill the log with broken requests."""
    configure("DEBUG", log_format)
    logging.getLogger("aiohttp.server").error("Error handling request", exc_info=error)
    assert bool(written()) is kept
    for name in ("adapters.slack.http", "slack_bolt"):
        logging.getLogger(name).error("a request failed", exc_info=error)
        assert written()


def test_what_a_web_server_says_without_an_exception_is_written(
    log_format: str, written: Written
) -> None:
    configure("DEBUG", log_format)
    logging.getLogger("aiohttp.server").error("Error handling request")
    assert written()


@pytest.mark.parametrize("terminal", [False, True])
def test_unless_a_format_is_asked_for_a_terminal_is_for_a_person_and_all_else_for_machines(
    terminal: bool, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    configure("INFO", "auto")
    logging.getLogger("bot.serve").info("the bot has started")
    assert written().startswith("{") is not terminal


@pytest.mark.parametrize("error", [PlatformError, SettingsError])
def test_our_own_errors_say_what_they_say(
    error: type[Exception], log_format: str, written: Written
) -> None:
    configure("INFO", log_format)
    try:
        raise error("Slack does not accept the token in SLACK_BOT_TOKEN.")
    except error:
        logging.getLogger("bot.serve").exception("refused")
    assert "Slack does not accept the token in SLACK_BOT_TOKEN." in written()


def test_our_own_sentences_are_kept(log_format: str, written: Written) -> None:
    configure("INFO", log_format)
    logging.getLogger("adapters.discord.client").info("connected to %s", "Discord")
    assert "connected to Discord" in written()


def test_a_warning_of_python_is_kept_without_its_words(log_format: str, written: Written) -> None:
    configure("DEBUG", log_format)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(MARKER, stacklevel=1)
    output = written()
    assert output
    assert MARKER not in output


def test_for_machines_each_record_is_a_json_object_with_time_level_and_logger(
    written: Written,
) -> None:
    configure("INFO", "json")
    logging.getLogger("bot.serve").info("stopping, says “ü”")
    logging.getLogger("slack_sdk.web").error(MARKER)
    try:
        nested()
    except KeyError:
        logging.getLogger("bot.serve").exception("a button failed")
    ours, library, failure = map(json.loads, written().splitlines())
    assert (ours["event"], ours["level"], ours["logger"]) == (
        "stopping, says “ü”", "info", "bot.serve",
    )  # fmt: skip
    assert ours["timestamp"].endswith("Z")
    assert library["logger"] == "slack_sdk.web"
    assert failure["event"].startswith("a button failed\n")


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_what_is_below_the_level_is_not_written(level: str, written: Written) -> None:
    configure(level, "json")
    log = logging.getLogger("bot.serve")
    for name in ("debug", "info", "warning", "error"):
        getattr(log, name)("said")
    levels = [json.loads(line)["level"].upper() for line in written().splitlines()]
    everything = ["DEBUG", "INFO", "WARNING", "ERROR"]
    assert levels == everything[everything.index(level) :]


def test_configuring_twice_writes_once(written: Written) -> None:
    configure("INFO", "json")
    configure("INFO", "json")
    logging.getLogger("bot.serve").info("once")
    assert len(written().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "level", "kept"),
    [
        ("slack_sdk.web", logging.DEBUG, False),
        ("slack_sdk.web", logging.INFO, False),
        ("slack_sdk.web", logging.WARNING, True),
        ("discord.client", logging.ERROR, True),
        ("bot.serve", logging.DEBUG, True),
        ("adapters.slack.app", logging.INFO, True),
    ],
)
def test_of_a_library_only_trouble_is_written(name: str, level: int, kept: bool) -> None:
    record = logging.LogRecord(name, level, "f.py", 1, "said", (), None)
    assert redact(record) is kept
