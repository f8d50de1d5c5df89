"""The one entry point: exact names first, then the search, and what nobody should think about."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.answer import Kind
from knowledge.desk import Desks, HelpDesk
from knowledge.language import LANGUAGES
from knowledge.library import Questions
from knowledge.safety import CrisisKind
from knowledge.search import Outcome
from tests.documents import open_folder, section, write_document


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> HelpDesk:
    folder = tmp_path_factory.mktemp("garden")
    write_document(folder, aliases=["gardening"])
    return open_folder(folder).first


@pytest.mark.parametrize("text", ["", " ", "\n\t ", "\u3000", "menu", "Menu", " MENU! "])
def test_empty_text_is_the_menu(garden: HelpDesk, text: str) -> None:
    answer = garden.ask(text)
    assert (answer.kind, answer.topic) == (Kind.MENU, "menu")


@pytest.mark.parametrize("text", ["topics", "Topics", " topics? ", "TOPICS"])
def test_topics_lists_every_section(garden: HelpDesk, text: str) -> None:
    answer = garden.ask(text)
    assert answer.kind is Kind.MENU
    assert len(answer.choices) == len(garden.document.sections)


@pytest.mark.parametrize("text", ["help", "Help!", "/help", "HELP"])
def test_help_is_help(garden: HelpDesk, text: str) -> None:
    assert garden.ask(text).kind is Kind.HELP


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("tools.rake", "tools.rake"), ("Tools.Rake", "tools.rake"), ("tools rake", "tools.rake"),
        ("TOOLS-RAKE", "tools.rake"), ("toolsrake", "tools.rake"), ("rake", "tools.rake"),
        ("Rake?", "tools.rake"), ("“Watering”", "water"), ("cold-days", "winter"),
        ("Cold  Days!", "winter"), ("GARDEN CARE", "water"), ("gardening…", "water"),
        ("ｒａｋｅ", "tools.rake"),
    ],
)  # fmt: skip
def test_a_name_opens_its_section_however_it_is_written(
    garden: HelpDesk, text: str, id: str
) -> None:
    answer = garden.ask(text)
    assert (answer.kind, answer.section) == (Kind.SECTION, id)


@pytest.mark.parametrize("signs", ["?", "…", "🙂", "<@>", "\u202e", "***"])
def test_signs_alone_are_no_call_for_the_menu(garden: HelpDesk, signs: str) -> None:
    assert garden.lookup(signs) is None
    assert garden.ask(signs).kind is not Kind.SECTION


def test_only_an_exact_name_opens(garden: HelpDesk) -> None:
    assert garden.lookup("rak") is None
    assert garden.lookup("the rake") is None


def test_what_lies_beyond_a_thousand_characters_is_no_part_of_a_name(garden: HelpDesk) -> None:
    assert garden.ask("rake" + " " * 996 + "water").section == "tools.rake"


def test_what_lies_beyond_a_thousand_characters_is_not_searched_for(desks: Desks) -> None:
    question = "is it tablets or drops?"
    more = question.ljust(1000) + "can i take it with tramadol, and does it help with inflammation"
    assert desks.first.ask(more) == desks.first.ask(question)


def test_a_crisis_is_heard_beyond_a_thousand_characters(desks: Desks) -> None:
    assert desks.first.ask("is it tablets or drops?".ljust(1000) + "I want to kill myself").crisis


def test_blanks_before_a_question_do_not_hide_it(garden: HelpDesk) -> None:
    assert garden.ask(" " * 1000 + "rake").section == "tools.rake"


def test_the_same_question_has_the_same_answer(garden: HelpDesk) -> None:
    for text in ("", "rake", "when do i water?", "xyzzy"):
        assert garden.ask(text) == garden.ask(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_choice_of_every_answer_can_be_asked_for(garden: HelpDesk, language: str) -> None:
    for text in ("", "topics", "help", *(each.id for each in garden.document.sections)):
        shown = garden.ask(text, language)
        for choice in shown.choices:
            answer = garden.ask(choice.topic, language)
            assert (answer.section, answer.heading) == (choice.topic, choice.title)
        for choice in shown.related:
            found = garden.lookup(choice.topic, language)
            assert found is not None
            assert found.topic.startswith(choice.topic)


# In short, and for the appointment


@pytest.fixture(scope="module")
def wordy(tmp_path_factory: pytest.TempPathFactory) -> HelpDesk:
    """A desk with a section that is long enough to be told in short."""
    folder = tmp_path_factory.mktemp("wordy")
    text = "Soil is alive. " + "It wants rest. " * 30 + "Ask before you dig."
    write_document(
        folder,
        [
            section("soil", "Soil", text, discuss=["Ask before you dig."]),
            section("moon", "Moon", "Mind the moon."),
        ],
    )
    return open_folder(folder).first


def test_a_section_in_short_can_be_asked_for(wordy: HelpDesk) -> None:
    answer = wordy.ask("short soil")
    assert (answer.kind, answer.topic, answer.section) == (Kind.SECTION, "short soil", "soil")
    assert len(answer.body) < len(wordy.ask("soil").body)


def test_where_a_section_is_short_already_that_is_the_whole_one(wordy: HelpDesk) -> None:
    assert wordy.ask("short moon") == wordy.ask("moon")


@pytest.mark.parametrize(
    "text", ["short", "short ", "short sun", "short Soil", "shortsoil", "brief soil"]
)
def test_what_is_no_section_in_short_is_a_question_like_any_other(
    wordy: HelpDesk, text: str
) -> None:
    assert wordy.lookup(text) is None


@pytest.mark.parametrize("text", ["appointment", "Appointment!", " APPOINTMENT "])
def test_the_points_for_an_appointment_can_be_asked_for(wordy: HelpDesk, text: str) -> None:
    assert wordy.ask(text).kind is Kind.APPOINTMENT


def test_where_there_are_no_points_for_an_appointment_it_is_a_question(garden: HelpDesk) -> None:
    assert garden.lookup("appointment") is None
    assert garden.ask("appointment").kind is not Kind.APPOINTMENT


@pytest.mark.parametrize("kind", list(CrisisKind))
def test_help_lines_can_be_asked_for_by_their_own_name(garden: HelpDesk, kind: CrisisKind) -> None:
    answer = garden.ask(f"helplines {kind.value}")
    assert (answer.kind, answer.topic) == (Kind.CRISIS, f"helplines {kind.value}")


@pytest.mark.parametrize(
    ("text", "language"),
    [("Help lines", "en"), ("líneas de ayuda", "es"), ("Hilfetelefone", "de"),
     *((text, each) for text in ("helpline", "Crisis line?", "hotline") for each in LANGUAGES)],
)  # fmt: skip
def test_help_lines_open_by_the_label_of_their_button_and_by_words_for_one(
    garden: HelpDesk, text: str, language: str
) -> None:
    assert garden.ask(text, language) == garden.ask("helplines", language)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("988", CrisisKind.SUICIDE), ("samaritans", CrisisKind.SUICIDE), ("911", CrisisKind.EMERGENCY),
     ("Poison Help", CrisisKind.OVERDOSE)],
)  # fmt: skip
def test_the_number_or_the_name_of_a_help_line_opens_the_lines_it_is_among(
    garden: HelpDesk, text: str, kind: CrisisKind
) -> None:
    assert garden.ask(text).topic == f"helplines {kind.value}"


def test_a_section_that_is_called_like_help_lines_keeps_its_name(tmp_path: Path) -> None:
    write_document(tmp_path)
    path = tmp_path / "garden.yaml"
    path.write_text(path.read_text("utf-8").replace("Watering", "Hotline"), "utf-8")
    assert open_folder(tmp_path).first.ask("hotline").section == "water"


@pytest.mark.parametrize(
    ("text", "kind"),
    [("i want to die. how is ldn delivered", CrisisKind.SUICIDE),
     ("i took all my pills at once, how does it work", CrisisKind.OVERDOSE),
     ("my throat is swelling and i cant breathe, is it safe", CrisisKind.EMERGENCY)],
)  # fmt: skip
def test_a_crisis_is_answered_with_help_lines_alone_whatever_else_was_asked(
    desks: Desks, text: str, kind: CrisisKind
) -> None:
    assert desks.first.ask(text) == desks.first.lookup(f"helplines {kind.value}")


def test_despair_is_answered_below_a_line_of_help(desks: Desks) -> None:
    answer = desks.first.ask("i cant do this any more, what forms does ldn come in")
    assert (answer.section, answer.crisis) == ("forms", True)
    assert "988" in answer.notice


def test_who_says_hello_is_shown_the_menu(desks: Desks) -> None:
    assert desks.first.ask("hi there!") == desks.first.ask("menu")


@pytest.mark.parametrize("text", ["i cannot go on", "xyzzy <@1>"])
def test_where_someone_may_despair_or_finds_nothing_help_lines_are_one_press_away(
    wordy: HelpDesk, text: str
) -> None:
    answer = wordy.ask(text)
    assert [choice.topic for choice in answer.related].count("helplines") == 1


# In the reader's language


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text", ["", "topics", "help", "soil", "short soil", "appointment", "xyzzy <@1>", "hello",
             "i want to die", "i cannot go on", "i took too many pills"],
)  # fmt: skip
def test_an_answer_is_in_the_language_that_was_asked_for_and_the_same_otherwise(
    wordy: HelpDesk, text: str, language: str
) -> None:
    answer, usual = wordy.ask(text, language), wordy.ask(text)
    assert (answer.language, usual.language) == (language, "en")
    for same in ("kind", "topic", "section", "crisis", "reminder", "credit", "choices"):
        assert getattr(answer, same) == getattr(usual, same), same
    if answer.section:
        assert (answer.heading, answer.body) == (usual.heading, usual.body)
    assert bool(answer.notice) == bool(usual.notice)


def test_where_nobody_asks_for_a_language_it_is_the_documents(tmp_path: Path) -> None:
    for language in LANGUAGES:
        write_document(tmp_path / language, language=language)
        desk = open_folder(tmp_path / language).first
        assert desk.ask("rake") == desk.ask("rake", language)
        assert desk.ask("rake").language == language
        assert desk.ask("rake").reminder_intro == ""


def test_titles_of_all_that_is_counted_are_known_by_id(tmp_path: Path) -> None:
    write_document(tmp_path)
    (tmp_path / "garden.questions.yaml").write_text(
        "not_covered:\n  price: {title: prices, text: Ask., questions: [cost]}\n",
        encoding="utf-8",
    )
    titles = open_folder(tmp_path).first.titles
    assert titles["tools.rake"] == "Rake"
    assert titles["price"] == "prices"
    assert len(titles) == 6


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> HelpDesk:
    folder = tmp_path_factory.mktemp("stages")
    names = [section(f"stage-{n}", f"Stage {n}", f"This is stage {n}.") for n in range(1, 61)]
    write_document(folder, names)
    return open_folder(folder).first


def test_a_title_of_a_word_and_a_number_opens_its_section(stages: HelpDesk) -> None:
    answer = stages.lookup("stage 2")
    assert answer is not None
    assert answer.section == "stage-2"


def test_pages_of_a_list_can_be_asked_for(stages: HelpDesk) -> None:
    first, second, last = (stages.ask(text) for text in ("menu", "menu 2", "menu 3"))
    assert first.next is not None
    assert stages.ask(first.next.topic) == second
    assert last.next is None
    assert stages.ask("menu 99") == last


@pytest.mark.parametrize("text", ["stage 99", "dose 5", "menu 0", "menu x", "menu 1000"])
def test_what_is_no_page_of_a_list_is_a_question_like_any_other(
    stages: HelpDesk, text: str
) -> None:
    assert stages.lookup(text) is None


# While someone types


def test_with_nothing_typed_the_main_topics_are_offered_first(garden: HelpDesk) -> None:
    assert [choice.topic for choice in garden.suggest("", 25)] == [
        "water", "tools", "winter", "tools.rake", "tools.spade",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "first"),
    [("ra", "tools.rake"), ("Wint", "winter"), ("fro", "winter"), ("tools.s", "tools.spade"),
     ("atering", "water")],
)  # fmt: skip
def test_what_was_typed_so_far_ranks_names_that_begin_with_it(
    garden: HelpDesk, typed: str, first: str
) -> None:
    assert garden.suggest(typed, 25)[0].topic == first


@pytest.mark.parametrize("limit", [1, 3, 25])
@pytest.mark.parametrize("typed", ["", "s", "stage", "stage 1", "how do i", "🙂", "x" * 6000])
def test_suggestions_are_never_more_than_asked_for_and_never_twice_the_same(
    stages: HelpDesk, typed: str, limit: int
) -> None:
    topics = [choice.topic for choice in stages.suggest(typed, limit)]
    assert len(topics) <= limit
    assert len(set(topics)) == len(topics)


# Several documents


def test_desks_stand_under_the_commands_of_their_documents(tmp_path: Path) -> None:
    write_document(tmp_path)
    write_document(tmp_path, command="lawn")
    desks = open_folder(tmp_path)
    assert list(desks) == ["garden", "lawn"]
    assert desks.first is desks["garden"]
    assert len(desks) == 2
    assert desks["lawn"].ask("water").command == "lawn"


def test_desks_are_replaced_all_at_once(garden: HelpDesk, stages: HelpDesk) -> None:
    desks = Desks([garden])
    desks.replace([stages])
    assert desks.first is stages
    assert len(desks) == 1


def test_a_document_without_example_questions_is_searched_as_well(tmp_path: Path) -> None:
    write_document(tmp_path)
    (tmp_path / "garden.questions.yaml").unlink()
    found = open_folder(tmp_path).first.index.search("which tool gathers leaves")
    assert found.outcome in {Outcome.ANSWER, Outcome.OFFER}
    assert "tools.rake" in {candidate.id for candidate in found.candidates}


def test_a_desk_whose_parts_read_differently_is_refused(garden: HelpDesk, desks: Desks) -> None:
    with pytest.raises(ValueError, match="same vocabulary"):
        HelpDesk(garden.document, garden.index, Questions(), desks.first.safety, [])
