"""Search: which section answers, how sure one can be, and what the document does not cover."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.desk import Desks
from knowledge.search import (
    COSTS,
    FEWEST_JUDGED,
    MOST_LEARNED,
    MOST_OFFERED,
    SEARCH_VIEWS,
    Outcome,
    Ranking,
    SearchIndex,
    Topic,
    TopicIds,
    decide,
    search_biases,
    search_examples,
    texts_of,
)
from knowledge.textmodel import TextModel
from knowledge.training import TokenizedExamples
from knowledge.vocabulary import Vocabulary
from tests.knowledge.cross_validation import cross_validate_search, inject_typos

GARDEN = (
    Topic(
        "water",
        True,
        ("Watering", "Water the beds in the morning. Never at noon."),
        (
            "when do i water", "how much water do plants need", "is noon a bad time for watering",
            "how often should beds be watered", "can i water in the evening", "best hour to water",
            "does watering at midday burn leaves", "the beds are dry", "how long do i water",
            "my plants are thirsty",
        ),
    ),
    Topic(
        "rake",
        True,
        ("Rake", "A rake gathers the leaves."),
        (
            "what is a rake for", "which tool gathers leaves", "how do i get rid of fallen leaves",
            "do i need a rake", "leaves all over the lawn", "what gathers leaves fastest",
            "rake or broom", "tell me about rakes", "how do i clear the path of leaves",
            "is raking worth it",
        ),
    ),
    Topic(
        "winter",
        True,
        ("Winter", "frost", "Cover the roses before frost."),
        (
            "how do roses survive winter", "protect roses from frost", "what do i do before frost",
            "when do i cover the roses", "is snow bad for roses", "first frost tonight",
            "getting the garden ready for the cold", "do roses freeze", "winter protection",
            "what do i put over roses in january",
        ),
    ),
    Topic(
        "price",
        False,
        (),
        (
            "how much does a rake cost", "price of roses", "where can i buy a spade cheaply",
            "what do seeds cost", "is there a discount", "cheap garden shops near me",
            "are roses expensive", "how much is a watering can", "who sells rakes",
            "second hand tools",
        ),
    ),
    Topic(
        "small-talk",
        False,
        (),
        ("hi", "hello", "thanks", "thank you", "bye", "good morning", "cheers", "how are you"),
    ),
)  # fmt: skip


def build(topics: Sequence[Topic], cache: Path | None = None) -> SearchIndex:
    return SearchIndex.build(topics, Vocabulary.of(texts_of(topics)), cache=cache)


@pytest.fixture(scope="module")
def garden() -> SearchIndex:
    index = build(GARDEN)
    assert index.key, "the garden has enough questions to be learned"
    return index


@pytest.fixture(scope="module")
def shipped(desks: Desks) -> SearchIndex:
    return desks.first.index


def best(ranking: Ranking) -> str:
    return ranking.candidates[0].id


@pytest.mark.parametrize("topic", GARDEN[:3], ids=lambda topic: topic.id)
def test_a_section_is_found_by_its_examples_its_titles_and_its_sentences(
    garden: SearchIndex, topic: Topic
) -> None:
    for text in (*topic.questions, *topic.texts):
        assert best(garden.search(text)) == topic.id, text


@pytest.mark.parametrize(
    ("question", "section"),
    [
        ("enkefalins??", "mechanism.immune"),
        ("cant swallow tablets is there drops", "forms"),
        ("my doc mentioned some low dose nal-something for my RSD", "overview"),
        ("IS NARCAN THE SAME AS NALTREXONE", "overdose-drug"),
        ("> does it regrow nerves? <@U012AB3CD> 🙏", "mechanism.neuroprotection"),
        ("is it all just plaecbo", "limits.subjectivity"),
        ("will algodystrophy inflammation go down with it", "mechanism.inflammation"),
        ("who benifits most", "status"),
        ("may i print it for my support group", "about"),
    ],
)
def test_what_people_really_type_is_understood(
    shipped: SearchIndex, question: str, section: str
) -> None:
    ranking = shipped.search(question)
    assert ranking.outcome is not Outcome.NOT_COVERED
    assert section in {candidate.id for candidate in ranking.candidates}


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("what dose should i take", "dosage"),
        ("can i take it with tramadol", "opioids"),
        ("does it give you weird dreams", "sleep"),
        ("how much is it a month", "cost"),
        ("do i stop it before my operation", "surgery"),
        ("tell the anaesthetist", "surgery"),
        ("tell the anesthetist", "surgery"),
        ("is it ok while breastfeeding", "pregnancy"),
        ("hello there", "small-talk"),
    ],
)
def test_what_the_article_does_not_cover_is_named(
    shipped: SearchIndex, question: str, topic: str
) -> None:
    ranking = shipped.search(question)
    assert (ranking.outcome, ranking.not_covered) == (Outcome.NOT_COVERED, topic)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("does ldn help rsd pain", "does ldn help crps pain"),
        ("what is low dose naltrexone", "what is LDN"),
        ("nalaxone or naltrexzone", "narcan or naltrexone"),
    ],
)
def test_synonyms_and_misspelt_names_make_no_difference(
    shipped: SearchIndex, one: str, other: str
) -> None:
    assert shipped.search(one) == shipped.search(other)


@pytest.mark.parametrize(
    "talk",
    ["Hi everyone, I'm new here.", "hello all!", "Thank you so much for this group.", "Thanks!"],
)
@pytest.mark.parametrize("question", ["Is LDN an opioid?", "what forms does it come in?"])
def test_talk_around_a_question_does_not_hide_it(
    shipped: SearchIndex, talk: str, question: str
) -> None:
    alone = shipped.search(question)
    for text in (f"{talk} {question}", f"{question} {talk}", f"{talk}\n{question}"):
        ranking = shipped.search(text)
        assert (ranking.outcome, best(ranking)) == (alone.outcome, best(alone))


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("I have surgery next week. What should I do about LDN?", "surgery"),
        ("I'm pregnant. Is it safe?", "pregnancy"),
        ("I drink wine at dinner. Are there side effects?", "alcohol"),
    ],
)
def test_what_is_said_before_a_question_counts_where_it_is_no_talk(
    shipped: SearchIndex, text: str, topic: str
) -> None:
    ranking = shipped.search(text)
    assert (ranking.outcome, ranking.not_covered) == (Outcome.NOT_COVERED, topic)


@pytest.mark.parametrize(
    "story",
    [
        "My kitchen is being painted. The neighbour's dog barks all day. {} Hello from all of us.",
        "I broke my ankle two years ago. Work has been awful since then. {} I'd love to hear.",
    ],
)
@pytest.mark.parametrize(
    "question", ["What forms does LDN come in?", "Is LDN an opioid?", "is ldn an opioid."]
)
def test_the_only_question_in_a_story_is_answered(
    shipped: SearchIndex, story: str, question: str
) -> None:
    alone, within = shipped.search(question), shipped.search(story.format(question))
    assert (within.outcome, best(within)) == (Outcome.ANSWER, best(alone))


@pytest.mark.parametrize(
    "text",
    [
        "Two friends of mine got better on it. Is there evidence for that?",
        "The swelling in my foot went down on it. Is there evidence that LDN works?",
    ],
)
def test_the_sentence_before_a_question_may_tell_what_is_meant(
    shipped: SearchIndex, text: str
) -> None:
    _, question = text.split(". ")
    assert shipped.search(question).outcome is Outcome.ANSWER
    assert shipped.search(text).outcome is Outcome.OFFER


def test_nothing_but_talk_is_small_talk(shipped: SearchIndex) -> None:
    assert shipped.search("Hi everyone! Thanks for having me.").not_covered == "small-talk"


@given(st.text(max_size=400))
def test_whatever_is_typed_gets_a_sound_ranking(garden: SearchIndex, text: str) -> None:
    ranking = garden.search(text)
    chances = [candidate.probability for candidate in ranking.candidates]
    assert len(chances) <= MOST_OFFERED
    assert chances == sorted(chances, reverse=True)
    assert 0 <= sum(chances) <= ranking.coverage + 1e-9 <= 1 + 2e-9
    assert {candidate.id for candidate in ranking.candidates} <= {"water", "rake", "winter"}
    assert (ranking.not_covered is not None) == (ranking.outcome is Outcome.NOT_COVERED)


@pytest.mark.parametrize(
    "text", ["", "?!", "🙂", "asdfgh qwrtz", "зимой поливать", "xq zv " * 500, "\ud800\udfff"]
)
def test_what_holds_nothing_known_is_never_answered_with_a_section(
    garden: SearchIndex, shipped: SearchIndex, text: str
) -> None:
    for index in (garden, shipped):
        assert index.search(text).outcome is not Outcome.ANSWER


def test_typing_errors_seldom_change_the_first_section(shipped: SearchIndex) -> None:
    questions = [
        "what is naltrexone normally used for", "does it come as a liquid or a capsule",
        "how does it work in the body", "does ldn reduce inflammation in the nervous system",
        "can it protect my nerves from damage", "what do other patients report",
        "is there any proof from clinical trials", "do specialists recommend this treatment",
        "could it be a placebo effect", "why is the sample size a problem",
    ]  # fmt: skip
    chance = random.Random(7)
    tries = [(question, inject_typos(question, 2, chance)) for question in questions * 10]
    same = sum(best(shipped.search(typed)) == best(shipped.search(q)) for q, typed in tries)
    assert same >= 0.93 * len(tries)


# What to do with the probabilities


def decided(*chances: float) -> Ranking:
    """The decision on two sections and one topic that is not covered."""
    topics = [Topic(id, id != "other", (), ()) for id in ("a", "b", "other")]
    return decide(chances, TopicIds.of(topics))


def test_topics_that_are_covered_behind_others_are_refused() -> None:
    with pytest.raises(ValueError, match="come first"):
        TopicIds.of([Topic("other", False, (), ()), Topic("a", True, (), ())])


def test_a_section_that_is_almost_certainly_right_is_the_answer() -> None:
    assert decided(0.95, 0.04, 0.01).outcome is Outcome.ANSWER


def test_between_two_sections_both_are_offered_best_first() -> None:
    ranking = decided(0.40, 0.55, 0.05)
    assert ranking.outcome is Outcome.OFFER
    assert [candidate.id for candidate in ranking.candidates] == ["b", "a"]


def test_what_is_hardly_covered_is_refused() -> None:
    ranking = decided(0.03, 0.03, 0.94)
    assert (ranking.outcome, ranking.not_covered) == (Outcome.NOT_COVERED, "other")


def test_covered_or_not_in_doubt_it_is_offered() -> None:
    assert decided(0.5, 0.0, 0.5).outcome is Outcome.OFFER


@given(st.lists(st.floats(0.001, 1), min_size=3, max_size=3))
def test_no_section_is_shown_that_is_likelier_wrong_than_the_costs_allow(raw: list[float]) -> None:
    chances = np.array(raw) / sum(raw)
    ranking = decided(*chances)
    if ranking.outcome is Outcome.ANSWER:
        wrong = 1 - ranking.candidates[0].probability
        assert wrong * COSTS.wrong_answer <= COSTS.offer_wrong * wrong + COSTS.offer * (1 - wrong)


# An editor's change takes effect, and what was learned is learned once


def with_example(question: str) -> list[Topic]:
    return [
        Topic(t.id, t.covered, t.texts, (*t.questions, question)) if t.id == "rake" else t
        for t in GARDEN
    ]


def test_an_added_example_takes_effect_at_the_next_load(tmp_path: Path) -> None:
    question = "wheelbarrow full of autumn litter"
    before = build(GARDEN, cache=tmp_path).search(question)
    after = build(with_example(question), cache=tmp_path).search(question)
    assert best(after) == "rake"
    assert after.candidates[0].probability > before.coverage * 1.2


def test_an_added_section_is_found_without_examples(tmp_path: Path) -> None:
    build(GARDEN, cache=tmp_path)
    compost = Topic("compost", True, ("Compost heaps", "Compost needs air and patience."), ())
    index = build((compost, *GARDEN), cache=tmp_path)
    assert best(index.search("how long does compost need")) == "compost"


def test_the_cache_changes_nothing_but_the_time(tmp_path: Path) -> None:
    cold = build(GARDEN, cache=tmp_path)
    warm = build(GARDEN, cache=tmp_path)
    never = build(GARDEN)
    for topic in GARDEN:
        for question in topic.questions:
            assert cold.search(question) == warm.search(question) == never.search(question)


def test_a_harmed_cache_is_learned_anew(tmp_path: Path) -> None:
    expected = build(GARDEN, cache=tmp_path).search("fallen leaves")
    for file in tmp_path.rglob("*.npy"):
        file.write_bytes(file.read_bytes()[::-1])
    assert build(GARDEN, cache=tmp_path).search("fallen leaves") == expected


def test_what_was_learned_is_not_restored_for_other_topics(tmp_path: Path) -> None:
    index = build(GARDEN, cache=tmp_path)
    read = index.vocabulary
    assert SearchIndex.restore(GARDEN, read, index.key, tmp_path) is not None
    assert SearchIndex.restore(GARDEN[1:], read, index.key, tmp_path) is None
    assert SearchIndex.restore(GARDEN, Vocabulary.of(["rake"]), index.key, tmp_path) is None


# Without example questions

PLAIN = tuple(Topic(t.id, True, t.texts, ()) for t in GARDEN[:3])


@pytest.mark.parametrize("topic", PLAIN, ids=lambda topic: topic.id)
def test_without_examples_a_title_is_answered(topic: Topic) -> None:
    ranking = build(PLAIN).search(topic.texts[0])
    assert (ranking.outcome, best(ranking)) == (Outcome.ANSWER, topic.id)


@pytest.mark.parametrize("question", ["how do i cook rice", "price of a tractor", ""])
def test_without_examples_what_shares_no_word_is_not_covered(question: str) -> None:
    ranking = build(PLAIN).search(question)
    assert (ranking.outcome, ranking.candidates) == (Outcome.NOT_COVERED, ())


def test_without_examples_what_is_half_understood_is_offered_not_answered() -> None:
    ranking = build(PLAIN).search("does a rake help with moles")
    assert ranking.outcome is not Outcome.ANSWER
    assert best(ranking) == "rake"


def many_sections(count: int) -> list[Topic]:
    """Sections of thirty words out of five thousand; each title names its own subject."""
    chance = random.Random(1)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    stock = ["".join(chance.choices(syllables, k=3)) for _ in range(5_000)]
    names = ["".join(chance.choices(syllables, k=5)) for _ in range(count)]
    return [
        Topic(str(n), True, (f"About {name}", " ".join(chance.choices(stock, k=30))), ())
        for n, name in enumerate(names)
    ]


def test_among_thousands_of_sections_the_right_one_is_found() -> None:
    topics = many_sections(4 * MOST_LEARNED)
    index = build(topics)
    for topic in topics[::100]:
        title = topic.texts[0].removeprefix("About ")
        assert best(index.search(f"what is {title}, please")) == topic.id
        assert best(index.search(" ".join(topic.texts[1].split()[3:9]))) == topic.id


def test_more_topics_than_can_be_told_apart_are_searched_by_their_words_and_examples() -> None:
    topics = many_sections(MOST_LEARNED + 1)
    topics[7] = Topic("7", True, topics[7].texts, ("why does the moon pull the sea",))
    assert best(build(topics).search("moon and sea")) == "7"


# With few example questions

ASKED = [(topic.id, question) for topic in GARDEN for question in topic.questions]


def garden_with(asked: list[tuple[str, str]]) -> list[Topic]:
    """The garden with no other questions than these, each under its topic's id."""
    return [
        replace(topic, questions=tuple(text for id, text in asked if id == topic.id))
        for topic in GARDEN
    ]


@given(
    st.lists(st.sampled_from(ASKED), unique=True, max_size=45),
    st.integers(min_value=1, max_value=len(GARDEN)),
)
def test_any_number_of_questions_about_any_number_of_topics_makes_a_search(
    asked: list[tuple[str, str]], topics: int
) -> None:
    garden = garden_with(asked)[:topics]
    assert np.isfinite(build(garden).search("how do roses survive").coverage)


def learned(garden: Sequence[Topic], vocabulary: Vocabulary) -> TextModel:
    texts = TokenizedExamples.of(search_examples(garden), vocabulary)
    return TextModel.learn(texts, search_biases(garden), views=SEARCH_VIEWS)


@given(
    st.lists(st.sampled_from(ASKED), unique=True, max_size=12),
    st.integers(min_value=1, max_value=len(GARDEN)),
)
def test_however_few_examples_there_are_chances_add_up_to_one(
    asked: list[tuple[str, str]], topics: int
) -> None:
    garden = garden_with(asked)[:topics]
    vocabulary = Vocabulary.of(texts_of(garden))
    model = learned(garden, vocabulary)
    assert sum(model.probabilities(vocabulary.tokenize("how do roses survive"))) == pytest.approx(1)
    _, judged = cross_validate_search(garden, vocabulary)
    for each in judged:
        assert sum(each.probabilities) == pytest.approx(1)


@pytest.mark.parametrize("questions", range(1, FEWEST_JUDGED + 1))
def test_a_few_questions_do_not_make_the_search_surer_than_none(questions: int) -> None:
    for seed in range(5):
        asked = random.Random(seed).sample(ASKED, questions)
        index = build(garden_with(asked))
        assert not index.key, "nothing was learned"
        assert index.search("how do i cook rice").outcome is Outcome.NOT_COVERED


def test_a_question_is_found_although_there_are_few_of_them() -> None:
    index = build(garden_with([("rake", "how do i get rid of thatch")]))
    assert best(index.search("get rid of thatch")) == "rake"


def test_what_shares_no_word_with_a_topic_that_is_not_covered_is_not_taken_for_it() -> None:
    index = build(garden_with([("price", "how much does a rake cost")]))
    assert index.search("will it thunder").not_covered is None
    assert index.search("does it cost much").not_covered == "price"


def test_chances_that_are_no_numbers_show_nothing() -> None:
    assert decided(*[math.nan] * 3) == Ranking(Outcome.NOT_COVERED, (), None, 0.0)


def test_a_calibration_that_is_no_number_is_not_taken_up() -> None:
    vocabulary = Vocabulary.of(texts_of(GARDEN))
    arrays = learned(GARDEN, vocabulary).to_arrays()
    TextModel.from_arrays(arrays, len(GARDEN), SEARCH_VIEWS, vocabulary)
    rows = arrays["rows"].copy()
    rows[-1] = np.nan
    broken = {**arrays, "rows": rows}
    with pytest.raises(ValueError, match="no number"):
        TextModel.from_arrays(broken, len(GARDEN), SEARCH_VIEWS, vocabulary)


def test_some_questions_are_learned_amid_talk_and_held_out_with_themselves() -> None:
    talkative = [
        replace(topic, questions=("hi there", "thank you")) if topic.id == "small-talk" else topic
        for topic in GARDEN
    ]
    examples = search_examples(talkative)
    made = [each for each in examples if each.wholes]
    assert made
    for each in made:
        [whole] = each.wholes
        assert not each.asked
        assert each.text.replace(whole, "").strip() in ("hi there", "thank you")
        assert whole in talkative[each.kind].questions
    with_one_more = search_examples([*talkative, Topic("spade", True, ("Spade",), ("what digs",))])
    assert set(made) <= set(with_one_more)
