"""What a folder's desks answer is the same at the first start and at every later one."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from knowledge import bundle, modelcache, opening
from knowledge.bundle import fingerprint
from knowledge.errors import DocumentError
from knowledge.folder import load_library
from knowledge.library import Library
from knowledge.opening import learn_in_process, load_learned, open_folder
from knowledge.safety import CrisisDetector
from tests.documents import UNASKABLE, section, write_document


async def test_a_few_example_questions_still_count_at_the_second_start(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    write_document(folder)
    price = {"title": "prices", "text": "Ask a shop.", "questions": ["is a mattock expensive"]}
    few = {
        "sections": {"tools.rake": ["how do i get rid of thatch"]},
        "not_covered": {"price": price},
        "small_talk": ["good morning", "cheerio"],
    }
    (folder / "garden.questions.yaml").write_text(yaml.safe_dump(few), encoding="utf-8")
    questions = ("rid of thatch", "expensive mattock", "cheerio", "the roses and the frost")
    [unkept] = learn_in_process(folder)
    expected = [unkept.ask(question) for question in questions]
    assert len({answer.topic for answer in expected}) == len(questions)
    for _ in range(2):
        [desk], _ = await open_folder(folder, tmp_path / "cache")
        assert [desk.ask(question) for question in questions] == expected


async def test_an_article_without_an_ending_to_its_name_is_read_again_when_it_changes(
    tmp_path: Path,
) -> None:
    folder, cache = tmp_path / "documents", tmp_path / "cache"
    document = write_document(folder)
    article = (folder / "garden.source.txt").rename(folder / "article")
    text = document.read_text(encoding="utf-8")
    document.write_text(text.replace("garden.source.txt", article.name), encoding="utf-8")
    await open_folder(folder, cache)
    words = article.read_text(encoding="utf-8")
    article.write_text(f"{words}\n\nBeware of the thorns.", encoding="utf-8")
    with pytest.raises(DocumentError, match="Beware of the thorns"):
        await open_folder(folder, cache)


async def test_the_log_says_that_what_was_learned_cannot_be_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_document(folder := tmp_path / "documents")
    (full := tmp_path / "cache").touch()  # like a full disk: nothing can be saved below it
    [desk], name = await open_folder(folder, full)
    assert desk.ask("rake")
    assert not name
    assert [record.message for record in caplog.records] == [
        "what was learned cannot be kept; every start takes longer until it can"
    ]


def test_what_an_editor_has_not_saved_yet_is_not_learned_anew(tmp_path: Path) -> None:
    write_document(tmp_path)
    before = fingerprint(tmp_path)
    (tmp_path / ".garden.yaml.swp").write_text("half a sen", encoding="utf-8")
    assert fingerprint(tmp_path) == before


def test_what_was_saved_and_undone_while_it_was_read_is_not_taken_for_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, cache = tmp_path / "documents", tmp_path / "cache"
    document = write_document(folder)
    text, load = document.read_text(encoding="utf-8"), opening._load
    name = fingerprint(folder)

    def read_in_the_middle(folder: Path) -> Library:
        document.write_text(text.replace("title: Rake", "title: Hoe"), encoding="utf-8")
        try:
            return load(folder)
        finally:
            document.write_text(text, encoding="utf-8")

    monkeypatch.setattr(opening, "_load", read_in_the_middle)
    assert opening._learn(folder, cache, name) == 0
    assert fingerprint(folder) == name
    assert not load_learned(cache, name)
    monkeypatch.undo()
    assert opening._learn(folder, cache, name) == 0
    assert load_learned(cache, name)


def test_what_is_learned_while_the_clock_is_behind_is_found_again(tmp_path: Path) -> None:
    folder, cache = tmp_path / "documents", tmp_path / "cache"
    write_document(folder)
    cache.mkdir()
    for number in range(bundle.MAX_KEPT):
        earlier = cache / f"desks-{number}.json"
        earlier.write_text("{}", encoding="utf-8")
        os.utime(earlier, (2_000_000_000, 2_000_000_000))
    left = cache / ".desks-left.tmp"
    left.write_text("half", encoding="utf-8")
    os.utime(left, (0, 0))
    assert opening._learn(folder, cache, fingerprint(folder)) == 0
    assert load_learned(cache, fingerprint(folder))
    assert len(list(cache.glob("desks-*"))) == bundle.MAX_KEPT
    assert not left.exists()


async def test_words_that_were_altered_where_they_are_kept_are_not_served(tmp_path: Path) -> None:
    folder, cache = tmp_path / "documents", tmp_path / "cache"
    write_document(folder)
    [desk], _ = await open_folder(folder, cache)
    [kept] = cache.glob("desks-*.json")
    text = kept.read_text(encoding="utf-8")
    assert "gathers" in text
    for altered in (text.replace("gathers", "scatters"), "[]", "null", "5", '"words"', "{}", ""):
        kept.write_text(altered, encoding="utf-8")
        assert not load_learned(cache, fingerprint(folder))
    [again], _ = await open_folder(folder, cache)
    assert again.ask("rake") == desk.ask("rake")
    assert kept.read_text(encoding="utf-8") == text


def test_many_documents_are_learned_once(tmp_path: Path) -> None:
    folder, cache, many = tmp_path / "documents", tmp_path / "cache", 9
    for number in range(many):
        write_document(folder, command=f"garden-{number}", title=f"Garden {number}")
        asked = {"water": [f"how is bed {at} of {number} watered" for at in range(60)]}
        questions = folder / f"garden-{number}.questions.yaml"
        questions.write_text(yaml.safe_dump({"sections": asked}), encoding="utf-8")
    name = fingerprint(folder)
    assert opening._learn(folder, cache, name) == 0
    desks = load_learned(cache, name)
    assert [bool(desk.index.key) for desk in desks] == [True] * many


def test_what_the_crisis_check_learns_meanwhile_does_not_disturb_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, cache = tmp_path / "documents", tmp_path / "cache"
    write_document(folder)
    asked = {"water": [f"how is bed {at} watered" for at in range(60)]}
    (folder / "garden.questions.yaml").write_text(yaml.safe_dump({"sections": asked}), "utf-8")
    library = load_library(folder)
    vocabulary = opening._vocabulary_of(library)

    handed_over, altered = threading.Event(), threading.Event()

    class Slow:
        """Takes as long to hand over as the machine is busy."""

        def __reduce__(self) -> tuple[type, tuple[()]]:
            handed_over.set()
            if threading.current_thread() is not threading.main_thread():
                altered.wait(10)
            return int, ()

    def learn(*_: object, **__: object) -> None:
        handed_over.wait(10)
        vocabulary.found = 1  # type: ignore[attr-defined]
        altered.set()

    vocabulary.slow = Slow()  # type: ignore[attr-defined]
    monkeypatch.setattr(CrisisDetector, "build", learn)
    opening._learn_in_parallel(library, vocabulary, cache)
    assert list(cache.glob("search-*"))


def test_what_was_learned_long_ago_does_not_pile_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, cache = tmp_path / "documents", tmp_path / "cache"
    monkeypatch.setattr(bundle, "MAX_KEPT", 2)
    monkeypatch.setattr(modelcache, "ABANDONED_AFTER", -1.0)  # as if every state were old
    names = []
    for title in ("Watering", "Sprinkling", "Soaking"):
        water = section("water", title, "Water the beds in the morning.")
        write_document(folder, [water])
        names.append(fingerprint(folder))
        assert opening._learn(folder, cache, names[-1]) == 0
    assert [bool(load_learned(cache, name)) for name in names] == [False, True, True]
    assert len(list(cache.iterdir())) == 2 * len(["bundle", "vocabulary", "crisis"])


async def test_a_folder_that_cannot_be_looked_into_is_a_fault_of_the_documents(
    tmp_path: Path,
) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        await open_folder(tmp_path / UNASKABLE, tmp_path / "cache")


@pytest.mark.parametrize("name", ["notes", "garden.yaml", "garden.source.txt", "helplines.yaml"])
def test_a_pipe_in_the_folder_keeps_nobody_waiting(name: str, tmp_path: Path) -> None:
    write_document(tmp_path)
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    # Nobody writes into the pipe, so reading it would never end.
    checked = subprocess.run(
        [sys.executable, "-m", "bot", "check", str(tmp_path)],
        env={**os.environ, "LDN_DATA": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == (0 if name == "notes" else 1)
    assert name == "notes" or f"{name}" in checked.stderr
    assert fingerprint(tmp_path)
