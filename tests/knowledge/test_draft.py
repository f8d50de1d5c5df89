"""An article becomes a draft that passes the check, and that an editor has only to improve."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from knowledge.document import Document
from knowledge.documents import SHIPPED
from knowledge.draft import DraftError, draft_document
from knowledge.loader import load_document
from tests.documents import UNASKABLE


def draft(folder: Path, text: str | bytes, name: str = "garden.txt", command: str = "") -> Path:
    article = folder / name
    article.parent.mkdir(parents=True, exist_ok=True)
    article.write_bytes(text if isinstance(text, bytes) else text.encode())
    document, source = draft_document(article, folder / "out", command or None)
    assert source.read_text(encoding="utf-8")
    return document


def load(path: Path) -> Document:
    problems: list[object] = []
    document = load_document(path, (), problems)  # type: ignore[arg-type]
    assert not problems, "\n".join(map(str, problems))
    assert document is not None
    return document


def outline(document: Document) -> list[tuple[str, str | None, str]]:
    return [(section.id, section.parent, section.title) for section in document.sections]


ARTICLES = {
    "paragraphs": (
        "Garden Care\n\nWater the beds. Never at noon.\n\nCover roses.\n",
        [("water-the-beds", None, "Water the beds."), ("cover-roses", None, "Cover roses.")],
    ),
    "headings": (
        "# Garden Care\n\n## Watering\n\nWater the beds.\n\n## Winter: what now?\n\nCover them.\n",
        [("watering", None, "Watering"), ("winter-what-now", None, "Winter: what now?")],
    ),
    "list": (
        "Garden Care\n\nYou need:\n\n1. **Rake:** It rakes.\n2. **Spade:** It digs.\n\nThat is it.",
        [
            ("you-need", None, "You need:"), ("you-need.rake", "you-need", "Rake"),
            ("you-need.spade", "you-need", "Spade"), ("that-is-it", None, "That is it."),
        ],
    ),
    "list under a heading": (
        "Garden Care\n\n## Tools\n\n- rake\n- spade\n\nThat is all.",
        [
            ("tools", None, "Tools"), ("tools.rake", "tools", "rake"),
            ("tools.spade", "tools", "spade"), ("that-is-all", None, "That is all."),
        ],
    ),
    "heading under a heading": (
        "Garden Care\n\nPart One\n\nWatering\n\nWater the beds.",
        [("part-one", None, "Part One"), ("watering", None, "Watering")],
    ),
    "heading at the end": (
        "Garden Care\n\nWater the beds.\n\nThe End",
        [("water-the-beds", None, "Water the beds."), ("the-end", None, "The End")],
    ),
    "headings that the bot has taken": (
        "Garden Care\n\n## Help\n\nWater the beds.\n\n## Topics\n\nCover the roses.",
        [("help-2", None, "Help (2)"), ("topics-2", None, "Topics (2)")],
    ),
    "everything twice": (
        "Garden Care\n\n## Notes\n\nWater.\n\n## Notes\n\nWater.\n\nWater.",
        [("notes", None, "Notes"), ("notes-2", None, "Notes (2)"), ("water", None, "Water.")],
    ),
    "rules and ornaments": (
        "Garden Care\n\n* * *\n\nWater the beds.\n\n---\n\nCover roses.\n\n🌹🌹🌹\n",
        [("water-the-beds", None, "Water the beds."), ("cover-roses", None, "Cover roses.")],
    ),
    "signs of YAML": (
        "Garden: Care\n\n'Water' : {the} beds # now. @home.\n\n- [x]: y & *z*\n",
        [("water-the-beds", None, "'Water' : {the} beds now."), ("x-y-z", None, "x: y & z")],
    ),
    "another script": (
        "园艺\n\n早上给花坛浇水。中午不要浇水。\n\n盖好玫瑰。\n",
        [("section", None, "早上给花坛浇水。中午不要浇水。"), ("section-2", None, "盖好玫瑰。")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("article", "sections"), ARTICLES.values(), ids=ARTICLES)
def test_a_draft_cuts_an_article_at_its_own_joints_and_passes_the_check(
    tmp_path: Path, article: str, sections: list[tuple[str, str | None, str]]
) -> None:
    assert outline(load(draft(tmp_path, article))) == sections


def test_the_shipped_article_drafts_into_a_document_of_the_same_words(tmp_path: Path) -> None:
    shipped = (SHIPPED / "ldn.source.txt").read_text(encoding="utf-8")
    document = load(draft(tmp_path, shipped))
    held = " ".join(section.text for section in document.sections).split()
    assert [*document.title.split(), *held] == shipped.split()


def test_however_long_its_headings_are_ids_are_short_enough_for_a_button(tmp_path: Path) -> None:
    heading = "Extraordinarily comprehensive horticultural considerations"
    items = "\n".join(f"- **{heading}:** It is number {number}." for number in range(12))
    article = f"Garden Care\n\n## {heading}\n\n{items}\n\n## {heading} again\n\nThat is it."
    sections = load(draft(tmp_path, article)).sections
    assert len(sections) == 14
    assert all(len(section.id) <= 40 for section in sections)
    assert all(section.parent == sections[0].id for section in sections[1:13])


@pytest.mark.parametrize(
    "article",
    [
        b"\xef\xbb\xbfGarden Care\r\n\r\nWater the beds.\r\n",
        b"Garden Care\r\n\r\nWater\r\nthe beds.\r\n",
        b"Garden Care\n   \n\tWater the beds.\n\n\n",
    ],
)
def test_white_space_and_marks_of_other_systems_do_no_harm(tmp_path: Path, article: bytes) -> None:
    [section] = load(draft(tmp_path, article)).sections
    assert section.text.split() == ["Water", "the", "beds."]


def test_what_a_machine_cannot_know_is_marked(tmp_path: Path) -> None:
    written = draft(tmp_path, "Garden Care\n\nWater the beds.").read_text(encoding="utf-8")
    assert written.count("TODO") >= 4
    assert "reviewed:\n  last: unknown\n  next: unknown\n" in written


_LINE = st.text("abC dé.:!?*#_-[](){}&'\"🌹中\t", max_size=40).map("{}№".format)
_HEADING = st.sampled_from(["## Notes", "Watering", "Help", "Part One: the beds", "### A? B!"])
_ITEM = st.builds("{} {}".format, st.sampled_from(["1.", "2.", "-", "*", "•"]), _LINE)
_PARAGRAPH = st.lists(_LINE | _ITEM, min_size=1, max_size=4).map("\n".join) | _HEADING


def _numbered(paragraphs: list[str]) -> str:
    """An article in which each line has a number of its own: none is a part of another."""
    first, *rest = "\n\n".join(paragraphs).split("№")
    return first + "".join(f"{number}{piece}" for number, piece in enumerate(rest, start=1000))


@given(st.lists(_PARAGRAPH, min_size=1, max_size=8).map(_numbered))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("A\n\n## Help\n\n- Help\n- Help\n\nHelp\n\nHelp")
@example("A\n\n1. **B:** c. D\n\n## E\n\n2. F: g? H")
def test_whatever_the_article_its_draft_passes_the_check(
    tmp_path_factory: pytest.TempPathFactory, article: str
) -> None:
    folder = tmp_path_factory.mktemp("article")
    try:
        path = draft(folder, article)
    except DraftError as error:
        assert "holds no paragraph" in str(error)  # noqa: PT017
    else:
        load(path)


# What cannot be drafted


@pytest.mark.parametrize(
    ("article", "sentence"),
    [
        (b"", "holds no paragraph of text"),
        (b" \n\n\t\n", "holds no paragraph of text"),
        (b"***\n\n---\n", "holds no paragraph of text"),
        (b"caf\xe9", "is not UTF-8 text"),
    ],
)
def test_what_holds_no_text_is_said_to_hold_none(
    tmp_path: Path, article: bytes, sentence: str
) -> None:
    with pytest.raises(DraftError, match=sentence):
        draft(tmp_path, article)
    assert not (tmp_path / "out").exists()


TEXT = "Garden Care\n\nWater the beds."


@pytest.mark.parametrize("name", ["garden.yaml", "garden.source.txt"])
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine", encoding="utf-8")
    with pytest.raises(DraftError, match="exists already"):
        draft(tmp_path, TEXT)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [name]
    assert (tmp_path / "out" / name).read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "command"),
    [("My Garden.txt", "my-garden"), ("Über.md", "ber"), ("a.b.c", "a"), ("x" * 60, "x" * 26)],
)
def test_the_command_is_made_of_the_files_name(tmp_path: Path, name: str, command: str) -> None:
    assert load(draft(tmp_path, TEXT, name)).command == command


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("2023.txt", ""),
        ("a.txt", "Garden"),
        ("a.txt", "/a"),
        ("a.txt", "a b"),
        ("a.txt", "garden-mod"),
        ("Garden Mod.txt", ""),
    ],
)
def test_a_command_that_nobody_can_type_is_refused(tmp_path: Path, name: str, command: str) -> None:
    with pytest.raises(DraftError, match=r"cannot be a command\. Give one with --command"):
        draft(tmp_path, TEXT, name, command)


def test_a_folder_that_cannot_be_written_to_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(DraftError, match="cannot be written to"):
        draft(tmp_path, TEXT)


def test_a_disk_that_fills_up_leaves_nothing_in_the_way_of_the_next_attempt(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(TEXT), hard))  # the article fits
    try:
        with pytest.raises(DraftError, match="cannot be written to"):
            draft(tmp_path, TEXT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert draft(tmp_path, TEXT).exists()


def test_a_folder_that_cannot_be_looked_into_is_one_sentence(tmp_path: Path) -> None:
    article = tmp_path / "article.txt"
    article.write_text(TEXT, encoding="utf-8")
    with pytest.raises(DraftError, match="cannot be written to"):
        draft_document(article, tmp_path / UNASKABLE)


def test_an_article_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DraftError, match=r"none.txt cannot be read"):
        draft_document(tmp_path / "none.txt", tmp_path)
