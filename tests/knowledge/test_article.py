"""Where words stand in the article."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.article import (
    Article,
    Extent,
    first_sentence,
    heading_of_item,
    is_sentence,
    longest_chain,
    resembles,
    without_list_lead,
)

TEXT = """Garden Care

Water the beds in the morning. Never at noon. Water the
beds again in the evening.

1. **Rake:** It gathers leaves.
2. **Spade:** It turns the soil.
"""


@pytest.fixture
def article() -> Article:
    return Article(TEXT)


@pytest.mark.parametrize(
    ("words", "after", "found"),
    [
        ("Water the beds", 0, "Water the beds"),
        ("Water   the\nbeds", 3, "Water the\nbeds"),
        ("Never at noon.", 0, "Never at noon."),
        ("the soil.", 0, "the soil."),
        ("Garden", 0, "Garden"),
    ],
)
def test_words_are_found_however_their_lines_are_wrapped(
    article: Article, words: str, after: int, found: str
) -> None:
    extent = article.find(words, after)
    assert extent is not None
    assert article.slice(extent) == found


@pytest.mark.parametrize(
    "words",
    ["", "  ", "water the beds", "Water beds", "Never at noon", "the soil. And more", "Water theb"],
)
def test_words_that_differ_at_all_are_not_found(article: Article, words: str) -> None:
    assert article.find(words) is None


def test_words_before_the_place_given_are_not_found(article: Article) -> None:
    assert article.find("Garden Care", after=1) is None


def test_every_place_of_a_repeated_run_is_found(article: Article) -> None:
    places = list(article.find_all("Water the beds"))
    assert [article.line(place.start) for place in places] == [3, 3]
    assert [article.slice(place) for place in places] == ["Water the beds", "Water the\nbeds"]


@given(st.text(alphabet="ab .\n\t\u00a0é🙂", max_size=80))
def test_every_word_has_its_line_and_its_characters(text: str) -> None:
    article = Article(text)
    assert article.words == text.split()
    for at, word in enumerate(article.words):
        extent = Extent(at, at + 1)
        assert article.slice(extent) == word
        assert article.line(at) == text[: article.start(extent)].count("\n") + 1


def test_a_sentence_has_the_line_that_it_starts_on(article: Article) -> None:
    whole = Extent(0, len(article.words))
    assert [(each.line, each.text) for each in article.sentences(whole)] == [
        (1, "Garden Care"),
        (3, "Water the beds in the morning."),
        (3, "Never at noon."),
        (3, "Water the beds again in the evening."),
        (6, "1. **Rake:** It gathers leaves."),
        (7, "2. **Spade:** It turns the soil."),
    ]


def test_sentences_hold_every_word_once(article: Article) -> None:
    whole = Extent(0, len(article.words))
    assert " ".join(each.text for each in article.sentences(whole)) == " ".join(TEXT.split())


def test_a_text_that_leaves_a_sentence_out_is_found_on_both_sides_of_it(article: Article) -> None:
    before, behind = article.find_runs(
        "Water the beds in the morning. Water the beds again in the evening."
    )
    assert article.slice(before) == "Water the beds in the morning."
    assert article.slice(behind) == "Water the\nbeds again in the evening."


@pytest.mark.parametrize(
    "text",
    [
        "Water the beds in the evening. Never at noon.",
        "Never at noon. Water the beds in the morning.",
        "",
    ],
)
def test_a_text_that_differs_in_another_way_is_not_found_in_runs(
    article: Article, text: str
) -> None:
    assert article.find_runs(text) == ()


@pytest.mark.parametrize(
    ("text", "here", "there"),
    [
        ("Water the beds in the night. Never at noon.", "in the night. Never", "in the morning."),
        ("Pour the beds in the morning. Never at noon.", "Pour the beds", "Water the beds"),
        ("Water the beds in the morning. Never at one.", "at one.", "at noon."),
        ("It turns the soil. Use it.", "the soil. Use it.", "the soil."),
    ],
)
def test_the_words_at_which_a_text_departs_are_named(
    article: Article, text: str, here: str, there: str
) -> None:
    departure = article.departure(text)
    assert departure is not None
    assert here in departure[0]
    assert there in departure[1]


def test_a_text_like_nothing_in_the_article_departs_nowhere(article: Article) -> None:
    assert article.departure("Seven apes drink green tea on the moon.") is None


E = Extent


@pytest.mark.parametrize(
    ("options", "chain"),
    [
        pytest.param([], {}, id="no texts"),
        pytest.param([[]], {}, id="a text that is nowhere"),
        pytest.param([[E(0, 2)], [E(2, 5)], [E(5, 6)]], {0: 0, 1: 0, 2: 0}, id="in order"),
        pytest.param([[E(4, 6)], [E(0, 2)], [E(2, 4)]], {1: 0, 2: 0}, id="the first is too early"),
        pytest.param([[E(2, 4)], [E(4, 6)], [E(0, 2)]], {0: 0, 1: 0}, id="the last is too late"),
        pytest.param([[E(0, 4)], [E(2, 4)], [E(4, 6)]], {0: 0, 2: 0}, id="overlapping"),
        pytest.param([[E(0, 1)], [E(0, 1), E(3, 4)], [E(4, 5)]], {0: 0, 1: 1, 2: 0}, id="repeated"),
        pytest.param([[E(0, 2)], [], [E(2, 3)]], {0: 0, 2: 0}, id="one is nowhere"),
        pytest.param([[E(0, 1), E(1, 2)]], {0: 0}, id="a text is in one place alone"),
    ],
)
def test_the_longest_chain_leaves_out_what_is_out_of_order(
    options: list[list[Extent]], chain: dict[int, int]
) -> None:
    assert longest_chain(options) == chain


@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 12), st.integers(1, 3)).map(lambda p: E(p[0], p[0] + p[1])),
            max_size=3,
            unique=True,
        ),
        max_size=7,
    )
)
def test_no_chain_is_longer_than_the_longest(options: list[list[Extent]]) -> None:
    def longest(at: int, end: int) -> int:
        if at == len(options):
            return 0
        here = [1 + longest(at + 1, each.end) for each in options[at] if each.start >= end]
        return max([longest(at + 1, end), *here])

    chain = longest_chain(options)
    places = [options[text][place] for text, place in sorted(chain.items())]
    assert all(one.end <= other.start for one, other in pairwise(places))
    assert len(chain) == longest(0, 0)


@pytest.mark.parametrize(
    ("sentence", "text", "alike"),
    [
        ("Cover the roses before the frost.", "Cover the tulips before the frost.", True),
        ("Cover the roses before the frost.", "Never water them at noon.", False),
        ("Cover the roses.", "", False),
    ],
)
def test_a_sentence_resembles_a_text_that_shares_most_of_its_words(
    sentence: str, text: str, alike: bool
) -> None:
    assert resembles(sentence, [text]) is alike


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("1. **Rake:** It gathers leaves.", "It gathers leaves."),
        ("12. **Rake** It gathers leaves.", "It gathers leaves."),
        ("**Rake:** It gathers leaves.", "**Rake:** It gathers leaves."),
        ("1. It gathers **leaves**.", "1. It gathers **leaves**."),
        ("It gathers 1. **leaves**.", "It gathers 1. **leaves**."),
    ],
)
def test_a_body_goes_without_the_number_and_heading_of_a_list_item(text: str, body: str) -> None:
    assert without_list_lead(text) == body


@pytest.mark.parametrize(
    ("text", "heading"),
    [("1. **Rake:**", "Rake:"), ("**Rake**", "Rake"), ("3.", ""), ("It gathers.", None)],
)
def test_the_heading_of_a_list_item_is_told_from_a_sentence(text: str, heading: str | None) -> None:
    assert heading_of_item(text) == heading


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One. Two.", "One."),
        ("One two", "One two"),
        ("Ask Dr. Green. Then go.", "Ask Dr. Green."),
        ("Tools, e.g. Rakes. Then more.", "Tools, e.g. Rakes."),
        ("He said “Now.” Then left.", "He said “Now.”"),
        ("Is it so? Yes.", "Is it so?"),
        ("Three things: one. Two.", "Three things: one."),
        ("", ""),
    ],
)
def test_the_first_sentence_ends_where_a_reader_would_end_it(text: str, first: str) -> None:
    assert first_sentence(text) == first


@pytest.mark.parametrize(
    ("text", "run", "whole"),
    [
        ("One two. Three four.", "One two.", True),
        ("One two. Three four.", "Three four.", True),
        ("One two. Three four.", "One two. Three four.", False),
        ("One two, three four.", "One two,", False),
        ("One two, three four.", "three four.", False),
        ("1. **One:** Two three.", "Two three.", True),
        ("1. **One:** Two three.", "1. **One:** Two three.", True),
        ("- one two", "one two", True),
        ("Ask Dr. Green, vs. no one.", "Ask Dr. Green, vs. no one.", True),
        ("All of these:", "All of these:", True),
    ],
)
def test_a_run_is_one_whole_sentence_or_it_is_not(text: str, run: str, whole: bool) -> None:
    article = Article(text)
    extent = article.find(run)
    assert extent is not None
    assert is_sentence(article, extent) is whole
