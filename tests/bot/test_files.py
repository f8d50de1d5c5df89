"""Whether a file is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.files import is_there
from tests.documents import UNASKABLE


def test_a_file_and_a_folder_are_there_and_what_has_no_place_is_not(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert is_there(file)
    assert is_there(tmp_path)
    assert not is_there(tmp_path / "none")
    assert not is_there(file / "none")


def test_a_link_is_there_if_what_it_leads_to_is(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    assert not is_there(link)
    (tmp_path / "target").touch()
    assert is_there(link)


def test_where_nobody_can_tell_the_answer_is_not_no(tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    for unknown in (circle, tmp_path / UNASKABLE):
        with pytest.raises(OSError, match=r"links|name too long"):
            is_there(unknown)
