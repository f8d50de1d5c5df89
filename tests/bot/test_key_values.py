"""Short texts that outlive a restart; a file that is in the way costs repeated work alone."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bot.key_values import FileKeyValueStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "memory.json"


def test_a_text_is_there_after_a_restart(path: Path) -> None:
    FileKeyValueStore(path).set("commands", "abc")
    assert FileKeyValueStore(path).get("commands") == "abc"


def test_what_was_never_kept_is_not_there(path: Path) -> None:
    assert FileKeyValueStore(path).get("commands") is None


def test_texts_of_other_keys_stay(path: Path) -> None:
    memory = FileKeyValueStore(path)
    memory.set("one", "1")
    memory.set("two", "2")
    memory.set("one", "ü 🙂")
    assert (memory.get("one"), memory.get("two")) == ("ü 🙂", "2")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'"text"', b'{"one": 1}', b"\xff\xfe"])
def test_a_file_that_was_damaged_holds_nothing_and_is_written_anew(
    path: Path, content: bytes
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    memory = FileKeyValueStore(path)
    assert memory.get("one") is None
    memory.set("one", "1")
    assert FileKeyValueStore(path).get("one") == "1"


def test_nothing_else_is_left_in_the_folder(path: Path) -> None:
    for number in range(3):
        FileKeyValueStore(path).set("one", str(number))
    assert [each.name for each in path.parent.iterdir()] == ["memory.json"]


def test_a_folder_that_cannot_be_made_is_a_warning_that_names_the_setting(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.write_text("a file in the way", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        FileKeyValueStore(path).set("one", "1")
    assert FileKeyValueStore(path).get("one") is None
    [record] = caplog.records
    assert "LDN_DATA" in record.getMessage()


def test_a_place_that_is_a_folder_is_a_warning_and_leaves_nothing_behind(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.mkdir(parents=True)
    with caplog.at_level(logging.WARNING):
        FileKeyValueStore(path).set("one", "1")
    assert len(caplog.records) == 1
    assert [each.name for each in path.parent.iterdir()] == ["memory.json"]
