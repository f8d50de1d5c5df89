"""What is plainly harmless is ruled out at once, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.classifier import Training
from knowledge.desk import Desks
from knowledge.library import Library
from knowledge.screening import PLACES, Screen
from knowledge.training import Example, TokenizedExamples
from knowledge.vocabulary import Vocabulary

HARMLESS = ("where is the shed", "when do roses flower", "how do i water roses", "thank you")
CRIES = ("i want to die", "i took all of them", "i cannot breathe")
EXAMPLES = [
    *(Example(text, 0) for text in HARMLESS * 50),
    *(Example(text, 2) for text in CRIES * 50),
]
VOCABULARY = Vocabulary.of([*HARMLESS, *CRIES])


@pytest.fixture(scope="module")
def screen() -> Screen:
    return learned(EXAMPLES)


def learned(examples: list[Example]) -> Screen:
    return Screen.learn(TokenizedExamples.of(examples, VOCABULARY), Training())


def rules_out(screen: Screen, text: str, vocabulary: Vocabulary = VOCABULARY) -> bool:
    return screen.rules_out(vocabulary.tokenize(text))


def test_what_was_learned_as_harmless_is_ruled_out(screen: Screen) -> None:
    assert all(rules_out(screen, text) for text in HARMLESS)
    assert not any(rules_out(screen, text) for text in CRIES)


def test_an_unknown_word_is_never_ruled_out(screen: Screen) -> None:
    assert rules_out(screen, "when do roses flower")
    assert not rules_out(screen, "when do roses flower zzyzx")


def test_without_examples_nothing_is_ruled_out() -> None:
    assert not rules_out(learned([]), HARMLESS[0])


def test_a_screen_comes_back_from_its_arrays(screen: Screen) -> None:
    again = Screen.from_arrays(screen.to_arrays(), VOCABULARY)
    assert [rules_out(again, text) for text in (*HARMLESS, *CRIES)] == [True] * 4 + [False] * 3


@pytest.mark.parametrize(
    "broken",
    [
        np.zeros(PLACES, dtype=np.float32),
        np.zeros(PLACES + 1, dtype=np.int32),
        np.full(PLACES + 1, -np.inf, dtype=np.float32),
        np.array(0, dtype=np.float32),
    ],
)
def test_an_array_of_something_else_is_not_taken(broken: np.ndarray) -> None:
    with pytest.raises(ValueError, match="not that of a screen"):
        Screen.from_arrays({"screen": broken}, VOCABULARY)


def test_no_shipped_phrase_of_a_crisis_is_ruled_out(library: Library, desks: Desks) -> None:
    detector = desks.first.safety
    phrases = library.crisis
    cries = (*phrases.suicide, *phrases.overdose, *phrases.emergency, *phrases.ambiguous)
    assert not [text for text in cries if detector.screen.rules_out(detector.tokenize(text))]


@pytest.mark.parametrize(
    "text",
    [
        "is ldn legal in ireland i want to die can my gp prescribe it",
        "which filler is best for ldn let me die can i split a 3 mg capsule",
        "which filler is best for ldn took the whole box what sources does the article use",
        "should i carry a medical alert card throat closing which filler is best for ldn",
        "i overdosed on my pain meds are these two drugs related naloxone and naltrexone",
        "what sort of evidence do healthcare professionals rely on i don't want to exist anymore",
    ],
)
def test_no_question_is_so_harmless_that_it_outweighs_a_cry_beside_it(
    desks: Desks, text: str
) -> None:
    assert desks.first.safety.check(text)


def test_most_shipped_questions_are_ruled_out(library: Library, desks: Desks) -> None:
    detector, questions = desks.first.safety, library.ordinary
    ruled_out = sum(detector.screen.rules_out(detector.tokenize(text)) for text in questions)
    assert ruled_out >= 0.7 * len(questions)
