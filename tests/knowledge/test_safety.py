"""Words of a crisis are found however they are said; ordinary questions are left alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.crisis_examples import FIRST_KIND, CrisisPhrases, crisis_examples
from knowledge.desk import Desks
from knowledge.ideas import KNOWN_WORDS
from knowledge.library import Library
from knowledge.passages import LONGEST
from knowledge.safety import (
    CRISIS_COSTS,
    Crisis,
    CrisisDetector,
    CrisisKind,
    Tier,
    decide_crisis,
)
from knowledge.vocabulary import Vocabulary

PHRASES = CrisisPhrases(
    suicide=("i want to die", "i am going to kill myself", "end my life", "i wish i was dead"),
    overdose=("i took too many pills", "she swallowed the whole bottle", "he overdosed"),
    emergency=("i cannot breathe", "my chest hurts badly", "his throat is swelling"),
    ambiguous=("i cannot go on", "what is the point of it all", "i give up"),
    traps=("these weeds kill me", "dying to know", "a whole bottle of water", "dead leaves"),
)
GROUPS = (PHRASES.suicide, PHRASES.overdose, PHRASES.emergency, PHRASES.ambiguous, PHRASES.traps)
ORDINARY = ("how do i water", "where is the shed", "when do roses flower", "hello", "thank you")


def build(
    phrases: CrisisPhrases, ordinary: Sequence[str], cache: Path | None = None
) -> CrisisDetector:
    vocabulary = Vocabulary.of([*phrases.all, *ordinary], known_words=KNOWN_WORDS)
    return CrisisDetector.build(phrases, ordinary, vocabulary, cache=cache)


@pytest.fixture(scope="module")
def detector(desks: Desks) -> CrisisDetector:
    return desks.first.safety


@pytest.fixture(scope="module")
def small() -> CrisisDetector:
    return build(PHRASES, ORDINARY)


def explicit(kind: CrisisKind) -> Crisis:
    return Crisis(Tier.EXPLICIT, kind)


@pytest.mark.parametrize(
    "text",
    [
        "i want to die", "I WANT TO DIE", "want 2 die", "i wan to dei", "kms", "gonna kill myself",
        "im going to unalive myself", "su1cidal again", "thinking about s*icide",
        "my wife says she wants to end her life", "my son is suicidal, what do i do",
        "everyone would be better off without me", "ive been cutting myself",
        "i dont want to be alive any more", "I hope I never wake up",
        "does ldn work? if not i will kill myself",
        "i can't do this anymore, i'm going to end it tonight",
    ],
)  # fmt: skip
def test_wanting_to_die_is_found_in_every_person_and_spelling(
    detector: CrisisDetector, text: str
) -> None:
    assert detector.check(text) == explicit(CrisisKind.SUICIDE)


@pytest.mark.parametrize(
    "text",
    [
        "took all my pills at once", "i od'd", "she necked the lot", "I have overdosed on tramadol",
        "my husband overdosed on his oxy and wont wake up", "my toddler swallowed my capsules",
        "whats a leathal dose of my meds", "he drank bleach", "i took a whole bottle of tablets",
    ],
)  # fmt: skip
def test_too_much_taken_is_found_whoever_took_it(detector: CrisisDetector, text: str) -> None:
    assert detector.check(text) == explicit(CrisisKind.OVERDOSE)


@pytest.mark.parametrize(
    "text",
    [
        "cant breathe and my throat is swelling after taking ldn", "i cant breath",
        "chest pain and my left arm is numb", "my tongue is swelling up", "she collapsed",
        "i think he is having a stroke", "my daughter is having a seizure", "call an ambulance",
    ],
)  # fmt: skip
def test_an_emergency_is_found(detector: CrisisDetector, text: str) -> None:
    assert detector.check(text) == explicit(CrisisKind.EMERGENCY)


@pytest.mark.parametrize(
    "text",
    ["i can't go on like this", "what's the point of anything", "i'm a burden to everyone"],
)
def test_despair_without_words_of_death_is_ambiguous(detector: CrisisDetector, text: str) -> None:
    verdict = detector.check(text)
    assert verdict is not None
    assert verdict.tier is Tier.AMBIGUOUS


@pytest.mark.parametrize(
    "text",
    [
        "this pain is killing me", "dying to try it", "the cost is killing me", "shoot me an email",
        "is this narcan", "the overdose drug", "is naltrexone what they give for an overdose",
        "does it kill pain", "do my nerves die", "can i get it as a shot", "took my first dose",
        "my foot is swollen", "is chest pain a side effect", "cutting down my opioids", "bye",
        "how much is too much caffeine", "what is ldn", "can it repair my damaged nerves", "help",
    ],
)  # fmt: skip
def test_what_only_sounds_like_a_crisis_is_an_ordinary_question(
    detector: CrisisDetector, text: str
) -> None:
    assert detector.check(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "is 4.5 mg too much for someone who weighs 50 kilos",
        "is 3mg too much for my mother, she weighs 41 kilos",
    ],
)
def test_whether_a_dose_suits_a_persons_weight_is_an_ordinary_question(
    detector: CrisisDetector, text: str
) -> None:
    assert detector.check(text) is None


def test_too_much_taken_is_found_beside_a_weight(detector: CrisisDetector) -> None:
    verdict = detector.check("she weighs 41 kilos and took far too many of her tablets")
    assert verdict is not None
    assert verdict.tier is Tier.EXPLICIT


@pytest.mark.parametrize("cry", ["i want to die", "i took all my pills", "i cannot breathe"])
@pytest.mark.parametrize("before", [0, 20, 60])
def test_a_cry_for_help_does_not_drown_in_a_long_message(
    detector: CrisisDetector, cry: str, before: int
) -> None:
    talk = [
        "we", "went", "to", "the", "sea", "on", "sunday", "and", "the", "weather", "was", "nice",
        "and", "my", "sister", "came", "along",
    ]  # fmt: skip
    words = (talk * 10)[:before]
    after = (talk * 10)[before : before + 60]
    verdict = detector.check(" ".join((*words, cry, *after)))
    assert verdict is not None
    assert verdict.tier is Tier.EXPLICIT


def test_long_ordinary_talk_is_no_crisis(detector: CrisisDetector) -> None:
    talk = (
        "Hi all, I was diagnosed with CRPS in my left foot two years ago after a fracture. My pain "
        "specialist mentioned low dose naltrexone, and I have read a few stories here. Does it "
        "come as a capsule, and did it help any of you with burning pain? Thanks from Oregon!"
    )
    assert detector.check(talk) is None


def test_the_story_around_a_question_is_no_crisis(detector: CrisisDetector) -> None:
    story = (
        "I had a letter from the school and they want me to help with the play. My mother had a "
        "stroke in May and she will be the queen in it. I'd like to sew her a crown with my good "
        "hand. What is LDN made to do?"
    )
    assert detector.check(story) is None


def test_a_cry_of_two_words_between_long_sentences_is_found(detector: CrisisDetector) -> None:
    story = (
        "We were sitting in the garden with my sister and talking about the weather. Cant breathe. "
        "She has gone to look for the telephone and the dog is barking at the fence."
    )
    assert detector.check(story) == explicit(CrisisKind.EMERGENCY)


@pytest.mark.parametrize("question", ["what is ldn", "how is it delivered", "does it have a study"])
@pytest.mark.parametrize("cry", ["i want to die", "im going to kill myself", "I took all my pills"])
@pytest.mark.parametrize("both", ["{cry}. {question}", "{question}? {cry}", "{cry} {question}"])
def test_a_cry_for_help_does_not_drown_in_the_question_beside_it(
    detector: CrisisDetector, cry: str, question: str, both: str
) -> None:
    verdict = detector.check(both.format(cry=cry, question=question))
    assert verdict is not None
    assert verdict.tier is Tier.EXPLICIT


@pytest.mark.parametrize("both", ["{0}. {1}?", "{0}? {1}", "{1}, {0}", "{1} and {0}"])
def test_two_ordinary_questions_are_no_crisis(detector: CrisisDetector, both: str) -> None:
    assert detector.check(both.format("how does ldn work", "who has it helped with pain")) is None


@pytest.mark.parametrize(
    "opener",
    ["by the way", "quick question", "thanks in advance", "hi everyone", "anyone know",
     "asking for my mom", "sorry for the long post", "mods delete if not allowed", "just wondering",
     "english is not my first language", "my doc mentioned it", "i took my first dose last night"],
)  # fmt: skip
def test_what_people_say_before_a_question_is_no_crisis(
    detector: CrisisDetector, opener: str
) -> None:
    assert detector.check(opener) is None
    assert detector.check(f"{opener}, how does ldn work") is None


def test_despair_in_one_clause_is_found_beside_a_question(detector: CrisisDetector) -> None:
    verdict = detector.check("I can't do this any more. What forms does it come in?")
    assert verdict is not None
    assert verdict.tier is Tier.AMBIGUOUS


@pytest.mark.parametrize("questions", [(), ORDINARY[:1], ORDINARY[:3], ORDINARY * 4])
def test_most_of_few_questions_are_learned_without_a_cry(questions: tuple[str, ...]) -> None:
    examples = crisis_examples(PHRASES, questions)
    beside = [each for each in examples if each.kind >= FIRST_KIND and not each.asked]
    assert len(beside) <= len(questions) / 4


@given(st.text(max_size=600))
@settings(max_examples=60)
def test_whatever_is_typed_gets_a_verdict(small: CrisisDetector, text: str) -> None:
    verdict = small.check(text)
    assert verdict is None or verdict.kind in CrisisKind


@pytest.mark.parametrize("text", ["", "?", "🙂", "\ud800", "а что это"])
def test_what_holds_nothing_known_is_no_crisis(detector: CrisisDetector, text: str) -> None:
    assert detector.check(text) is None


def test_of_a_message_without_end_the_beginning_and_the_end_are_read(
    detector: CrisisDetector,
) -> None:
    cry = "i want to die and i am going to kill myself tonight"
    padding = "the weather was nice at the sea " * (LONGEST // 6)
    assert detector.check(f"{padding} {cry} {padding}") is None
    assert detector.check(f"{padding} {cry}") is not None
    assert detector.check(f"{cry} {padding}") is not None


# What to do with the probabilities


@pytest.mark.parametrize(
    ("ordinary", "ambiguous", "suicide", "tier"),
    [
        (0.98, 0.01, 0.01, None),
        (0.2, 0.7, 0.1, Tier.AMBIGUOUS),
        (0.02, 0.08, 0.9, Tier.EXPLICIT),
        (0.4, 0.0, 0.6, Tier.EXPLICIT),
    ],
)
def test_the_verdict_costs_least(
    ordinary: float, ambiguous: float, suicide: float, tier: Tier | None
) -> None:
    verdict = decide_crisis(np.array([ordinary, ambiguous, suicide, 0, 0]))
    assert (verdict.tier if verdict else None) == tier


def test_missing_a_crisis_costs_more_than_a_false_alarm() -> None:
    assert CRISIS_COSTS.missed_explicit > CRISIS_COSTS.false_alarm


# Data and cache


def test_added_phrases_take_effect_at_the_next_load(tmp_path: Path) -> None:
    # Two: a word that only one example has is not learned.
    phrase, another = "the ferryman is waiting", "the ferryman waits for me"
    assert build(PHRASES, ORDINARY, cache=tmp_path).check(phrase) is None
    grown = CrisisPhrases(
        (*PHRASES.suicide, phrase, another),
        *(getattr(PHRASES, name) for name in CrisisPhrases.__slots__[1:]),
    )
    verdict = build(grown, ORDINARY, cache=tmp_path).check(phrase)
    assert verdict is not None
    assert verdict.kind is CrisisKind.SUICIDE


def test_the_cache_changes_nothing_but_the_time(tmp_path: Path) -> None:
    cold = build(PHRASES, ORDINARY, cache=tmp_path)
    warm = CrisisDetector.restore(cold.vocabulary, cold.key, tmp_path)
    assert warm is not None
    for text in (*PHRASES.suicide, *PHRASES.ambiguous, *PHRASES.traps, *ORDINARY):
        assert warm.check(text) == cold.check(text)


def test_nothing_is_restored_under_another_key(tmp_path: Path) -> None:
    vocabulary = build(PHRASES, ORDINARY, cache=tmp_path).vocabulary
    assert CrisisDetector.restore(vocabulary, "another", tmp_path) is None


def test_every_shipped_phrase_is_learned(library: Library, detector: CrisisDetector) -> None:
    crisis = library.crisis
    phrases = (*crisis.suicide, *crisis.overdose, *crisis.emergency)
    verdicts = [detector.check(phrase) for phrase in phrases]
    missed = [phrase for phrase, found in zip(phrases, verdicts, strict=True) if found is None]
    assert len(missed) <= 0.01 * len(phrases), missed


@pytest.mark.parametrize("ordinary", [(), ("hello",), ORDINARY])
@pytest.mark.parametrize("phrases", range(5))
def test_however_few_phrases_there_are_something_is_learned(
    phrases: int, ordinary: tuple[str, ...], tmp_path: Path
) -> None:
    text = "i want to die, i give up"
    for left_out in range(5):
        few = [each[: phrases if at != left_out else 0] for at, each in enumerate(GROUPS)]
        detector = build(CrisisPhrases(*few), ordinary, cache=tmp_path)
        known = CrisisDetector.restore(detector.vocabulary, detector.key, tmp_path)
        assert known is not None
        assert known.check(text) == detector.check(text)


def test_without_words_of_a_crisis_ordinary_questions_are_left_alone() -> None:
    detector = build(CrisisPhrases((), (), (), (), ()), ORDINARY)
    assert [question for question in ORDINARY if detector.check(question)] == []
