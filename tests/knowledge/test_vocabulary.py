"""Reading a text: one form for every way to write it, typing errors mended, cost bounded."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.vocabulary import LETTER_LIMIT, WORD_LIMIT, Vocabulary, distance, words

COUNTS = Counter(
    {"naltrexone": 90, "inflammation": 40, "opioid": 60, "swelling": 9, "how": 200, "case": 8,
     "acne": 8, "dose": 50, "does": 300, "taken": 12}
)  # fmt: skip


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.learn(COUNTS)


@pytest.mark.parametrize(
    "text",
    [
        "can't swallow it", "CAN'T SWALLOW IT!!", "can’t swallow it", "cant  swallow\nit?",
        "<@U0123ABC> can't swallow it", "> can't *swallow* it 😢", "can't swàllow it",
        "ｃａｎ'ｔ swallow it", "can't swallow it https://example.org/a?b=c",
        "<https://example.org|can't> can't swallow it", "&gt; can't swallow it", "cant sw4llow it",
        "someone@example.org can't swallow it",
    ],
)  # fmt: skip
def test_however_it_is_written_it_is_the_same_words(text: str) -> None:
    assert words(text) == ("cant", "swallow", "it")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("naltrexnoe", "naltrexone"), ("naltraxone", "naltrexone"), ("inflamation", "inflammation"),
        ("opiod", "opioid"), ("sweling", "swelling"), ("swellling", "swelling"),
        ("hwo", "how"), ("acse", "case"), ("tkaen", "taken"), ("inflammtiion", "inflammation"),
    ],
)  # fmt: skip
def test_a_typing_error_is_mended(vocabulary: Vocabulary, typed: str, meant: str) -> None:
    assert vocabulary.normalize((typed,)) == vocabulary.normalize((meant,))


def test_of_two_words_that_are_as_likely_the_same_one_is_meant_in_every_process() -> None:
    program = (
        "from knowledge.vocabulary import Vocabulary;"
        "words = ['bird', *map(str, range(7)), 'bold', *map(str, range(7, 14)), 'bard'];"
        "print(Vocabulary.learn(dict.fromkeys(words, 9)).correct('bord'))"
    )
    meant = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in range(4)
    }
    assert len(meant) == 1


@pytest.mark.parametrize("word", ["dose", "does", "case", "zebra", "42", "ok"])
def test_known_words_and_strange_ones_are_left_alone(vocabulary: Vocabulary, word: str) -> None:
    assert vocabulary.normalize((word,)) == (word,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("does ldn help rsd", "does ldn help crps"),
        ("does LDN help algodystrophy", "does ldn help crps"),
        ("complex regional pain syndrome", "crps"),
        ("low-dose naltrexone", "ldn"),
        ("is narcan the same", "is naloxone the same"),
        ("naltrexzone", "naltrexone"),
    ],
)
def test_synonyms_are_one_word(vocabulary: Vocabulary, one: str, other: str) -> None:
    assert vocabulary.normalize(words(one)) == vocabulary.normalize(words(other))


def test_naloxone_and_naltrexone_stay_two_medicines(vocabulary: Vocabulary) -> None:
    assert vocabulary.normalize(("naloxone",)) != vocabulary.normalize(("naltrexone",))


@pytest.mark.parametrize(
    ("one", "other", "errors"),
    [("pain", "pain", 0), ("pian", "pain", 1), ("pai", "pain", 1), ("paiin", "pain", 1),
     ("paon", "pain", 1), ("pnia", "pain", 2), ("cat", "houses", 3)],
)  # fmt: skip
def test_distance_counts_typing_errors_up_to_the_limit(one: str, other: str, errors: int) -> None:
    assert min(distance(one, other, 2), 3) == min(errors, 3)


@given(st.text("abc", max_size=9), st.text("abc", max_size=9))
def test_distance_is_the_same_both_ways(one: str, other: str) -> None:
    assert min(distance(one, other, 2), 3) == min(distance(other, one, 2), 3)


@given(st.text(st.characters(), max_size=300).flatmap(lambda text: st.just(text * 20)))
def test_the_work_for_a_text_is_bounded_whatever_it_holds(text: str) -> None:
    read = words(text)
    assert len(read) <= WORD_LIMIT
    assert all(0 < len(word) <= LETTER_LIMIT for word in read)


def test_of_a_long_text_the_beginning_and_the_end_are_read() -> None:
    read = words("first " + "and so on " * 200 + "last")
    assert (read[0], read[-1], len(read)) == ("first", "last", WORD_LIMIT)


def test_a_vocabulary_comes_back_from_its_arrays(vocabulary: Vocabulary) -> None:
    again = Vocabulary.from_arrays(vocabulary.to_arrays())
    for word in ("naltrexnoe", "hwo", "rsd", "zebra"):
        assert again.normalize((word,)) == vocabulary.normalize((word,))


def test_what_was_kept_reads_as_before_and_nothing_else_is_taken_for_it(tmp_path: Path) -> None:
    vocabulary = Vocabulary.of(["water the roses, all of them"], known_words=["hammock"])
    vocabulary.save(tmp_path)
    again = Vocabulary.restore(vocabulary.key, tmp_path)
    assert again is not None
    assert again.key == vocabulary.key
    assert again.tokenize("Watr the hamock!") == ("water", "the", "hammock")
    assert Vocabulary.restore("another", tmp_path) is None
