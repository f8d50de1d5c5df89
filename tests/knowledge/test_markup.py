"""The article's Markdown as values, and its pages."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import DoesNotFitError
from knowledge.markup import Block, Span, length, paginate, parse, print_blocks


def plain(span: Span) -> str:
    return span.text


def words(block: Block) -> str:
    return block.mark + "".join(map(plain, block.spans))


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("plain words", [Span("plain words")]),
        ("**bold** words", [Span("bold", bold=True), Span(" words")]),
        ("*leaning* words", [Span("leaning", italic=True), Span(" words")]),
        ("[words](https://a.example)", [Span("words", url="https://a.example")]),
        ("[words](#)", [Span("words")]),
        ("[words](javascript:alert)", [Span("[words](javascript:alert)")]),
        ("[words](ftp://a.example)", [Span("words")]),
        ("[words](mailto:a@b.example)", [Span("words")]),
        ("**bold [link](https://a.example)**",
         [Span("bold ", bold=True), Span("link", bold=True, url="https://a.example")]),
        ("`code` and <b>tags</b>", [Span("`code` and "), Span("<b>tags</b>")]),
        ("2 * 3 * 4 and a_b_c", [Span("2 * 3 * 4 and a_b_c")]),
        ("AT&amp;T", [Span("AT&T")]),
    ],
)  # fmt: skip
def test_a_text_is_runs_in_one_style_each(text: str, spans: list[Span]) -> None:
    [block] = parse(text)
    merged: list[Span] = []
    for span in block.spans:
        if merged and (merged[-1].bold, merged[-1].italic, merged[-1].url) == (
            span.bold, span.italic, span.url,
        ):  # fmt: skip
            merged[-1] = Span(merged[-1].text + span.text, span.bold, span.italic, span.url)
        else:
            merged.append(span)
    expected = "".join(span.text for span in spans)
    assert "".join(span.text for span in merged) == expected
    assert [s for s in merged if s.bold or s.italic or s.url] == [
        s for s in spans if s.bold or s.italic or s.url
    ]


def test_paragraphs_and_list_items_are_blocks_with_the_articles_own_gaps() -> None:
    blocks = parse("Intro\nwrapped:\n\n1. one\n2. two\n\n5. five\n\nEnd.")
    assert [(words(block), block.tight) for block in blocks] == [
        ("Intro wrapped:", False),
        ("1. one", False),
        ("2. two", True),
        ("5. five", False),
        ("End.", False),
    ]
    assert print_blocks(blocks, plain) == "Intro wrapped:\n\n1. one\n2. two\n\n5. five\n\nEnd."


def test_numbers_of_a_list_are_the_articles_own() -> None:
    assert [words(block) for block in parse("3. c\n7. g")] == ["3. c", "7. g"]


@given(st.text(max_size=200))
def test_nothing_is_too_odd_to_be_parsed(text: str) -> None:
    print_blocks(parse(text), plain)


PARAGRAPHS = st.lists(
    st.lists(st.integers(1, 12), min_size=1, max_size=5).map(
        lambda sizes: " ".join(f"{'W' + 'o' * size}." for size in sizes)
    ),
    min_size=1,
    max_size=8,
)


@given(PARAGRAPHS, st.integers(20, 120))
def test_pages_hold_every_word_once_in_order_within_their_room(
    paragraphs: list[str], room: int
) -> None:
    body = "\n\n".join(paragraphs)
    pages = paginate(parse(body), room, plain)
    assert all(0 < len(page) <= room for page in pages)
    assert " ".join(pages).split() == body.split()


def test_pages_break_between_paragraphs_while_these_fit() -> None:
    body = "\n\n".join(f"Paragraph {n} has a sentence. And a second one." for n in range(9))
    pages = paginate(parse(body), 100, plain)
    assert len(pages) > 1
    assert all(re.match(r"Paragraph \d", page) for page in pages)


def test_a_paragraph_longer_than_a_page_breaks_between_its_sentences() -> None:
    body = " ".join(f"Sentence number {n} stands here." for n in range(20))
    pages = paginate(parse(body), 100, plain)
    assert all(page.startswith("Sentence") and page.endswith("here.") for page in pages)
    assert " ".join(pages) == body


def test_styles_survive_a_break_between_sentences() -> None:
    [block] = parse("**One one one. Two two two.** Three three.")
    pages = paginate([block], 16, plain)
    assert pages == ("One one one.", "Two two two.", "Three three.")


def test_a_page_may_be_as_long_as_there_is_room() -> None:
    assert paginate(parse("Ten chars.\n\nEight ch"), 20, plain) == ("Ten chars.\n\nEight ch",)


def test_a_sentence_does_not_end_where_a_style_does() -> None:
    [block] = parse("Some of it is *very* long. Then comes **a second** one.")
    assert paginate([block], 30, plain) == ("Some of it is very long.", "Then comes a second one.")


def test_a_sentence_longer_than_a_page_does_not_fit() -> None:
    with pytest.raises(DoesNotFitError, match=r"a sentence of 51 characters .* the 50 "):
        paginate(parse("x" * 51), 50, plain)


def test_nothing_at_all_is_one_empty_page() -> None:
    assert paginate(parse(""), 10, plain) == ("",)


@pytest.mark.parametrize(
    ("text", "units"), [("", 0), ("abc", 3), ("é", 1), ("🙂", 2), ("\ud800", 1)]
)
def test_length_counts_as_discord_does(text: str, units: int) -> None:
    assert length(text) == units
