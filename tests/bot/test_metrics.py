"""What is counted, under which names; and what no number tells."""

from __future__ import annotations

import asyncio
from unittest.mock import AsyncMock, Mock

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapters.conversation import AnswerPage, Caller
from adapters.reception import Reception
from bot.metrics import PrometheusMetrics
from knowledge.answer import Answer, Kind
from knowledge.communities import Communities, CommunitySettings
from knowledge.desk import Desks
from knowledge.metrics import Metrics
from knowledge.posts import Platform
from knowledge.tallies import TallyCounter

Labels = frozenset[tuple[str, str]]


def samples(metrics: PrometheusMetrics, name: str) -> dict[Labels, float]:
    """The samples of this name, by their labels."""
    text = metrics.text({Platform.DISCORD: True}, tasks=7).decode()
    return {
        frozenset(sample.labels.items()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def labels(**named: str) -> Labels:
    return frozenset(named.items())


def an_answer(kind: Kind, section: str | None = None, *, crisis: bool = False) -> Answer:
    return Answer(kind, "ldn", "", "Heading", "Body", "Reminder", "Credit", section, crisis=crisis)


@pytest.fixture
def metrics() -> PrometheusMetrics:
    return PrometheusMetrics()


QUESTIONS = {
    Kind.CRISIS: "i want to die",
    Kind.ADVICE: "what dose should i take",
    Kind.NOT_COVERED: "how much does it cost",
    Kind.HELP: "help",
    Kind.APPOINTMENT: "appointment",
}


@pytest.mark.parametrize("kind", QUESTIONS)
async def test_a_crisis_cannot_be_told_from_other_answers_without_a_section(
    metrics: PrometheusMetrics, desks: Desks, kind: Kind
) -> None:
    """Not in the metrics; in what moderators are shown, it does not count at all."""
    communities = Communities(AsyncMock(**{"settings.return_value": None}), CommunitySettings())
    tally_counter = TallyCounter(kept := AsyncMock())
    reception = Reception(desks, Mock(), communities, tally_counter, metrics)
    caller = Caller(Platform.SLACK, community="T1")
    shown = await reception.ask(caller, "ldn", QUESTIONS[kind])
    assert isinstance(shown, AnswerPage)
    assert shown.answer.kind is kind
    reception.count(caller, shown)
    await asyncio.sleep(0)
    other = labels(platform="slack", command="ldn", kind="other", section="")
    assert samples(metrics, "ldn_bot_answers_total") == {other: 1}
    await tally_counter.flush()
    assert kept.add.called is (kind in {Kind.ADVICE, Kind.NOT_COVERED})


def test_help_lines_above_a_section_leave_no_trace_in_its_number(
    metrics: PrometheusMetrics,
) -> None:
    for crisis in (True, False):
        metrics.answered(Platform.SLACK, an_answer(Kind.SECTION, "forms", crisis=crisis))
    counted = samples(metrics, "ldn_bot_answers_total")
    [found] = counted
    assert found == labels(platform="slack", command="ldn", kind="section", section="forms")
    assert counted[found] == 2


def test_no_number_tells_when_something_was_first_asked(metrics: PrometheusMetrics) -> None:
    metrics.answered(Platform.SLACK, an_answer(Kind.SECTION, "forms"))
    metrics.sent(Platform.SLACK, 0.02)
    assert "_created" not in metrics.text({}, tasks=7).decode()


def test_whatever_people_ask_the_names_of_numbers_come_from_the_document(
    metrics: PrometheusMetrics, desks: Desks
) -> None:
    desk = desks.first
    for question in ("xylophone marker", "i want to die xylophone", "forms", "", "help", "hello"):
        metrics.answered(Platform.DISCORD, desk.ask(question))
    known = {"", *desk.document.by_id}
    for found in samples(metrics, "ldn_bot_answers_total"):
        assert dict(found)["section"] in known
    assert "xylophone" not in metrics.text({}, tasks=7).decode()


def test_the_first_connection_of_a_shard_is_no_reconnect(metrics: PrometheusMetrics) -> None:
    name, ours = "ldn_bot_reconnects_total", labels(platform="discord")
    for shard in (0, 1):
        metrics.connected(Platform.DISCORD, shard)
    assert samples(metrics, name)[ours] == 0
    metrics.connected(Platform.DISCORD, 1)
    assert samples(metrics, name)[ours] == 1


def test_a_reload_that_is_taken_is_a_new_generation(metrics: PrometheusMetrics) -> None:
    def state() -> list[float]:
        names = ("ldn_bot_documents_generation", "ldn_bot_documents_not_taken")
        return [samples(metrics, name)[labels()] for name in names]

    loaded = "ldn_bot_documents_loaded_timestamp_seconds"
    before = samples(metrics, loaded)[labels()]
    assert state() == [1, 0]
    metrics.reloaded(taken=False)
    assert state() == [1, 1]
    assert samples(metrics, loaded)[labels()] == before
    metrics.reloaded(taken=True)
    assert state() == [2, 0]
    assert samples(metrics, loaded)[labels()] >= before


def test_posts_are_counted_by_what_came_of_them() -> None:
    metrics = PrometheusMetrics()
    metrics.refreshed(edited=5, forgotten=2, failed=1)
    metrics.refreshed(edited=0, forgotten=0, failed=1)
    assert samples(metrics, "ldn_bot_posts_refreshed_total") == {
        labels(result="edited"): 5,
        labels(result="forgotten"): 2,
        labels(result="failed"): 2,
    }


def test_what_nobody_has_signed_is_one_number(metrics: PrometheusMetrics) -> None:
    for _ in range(3):
        metrics.unsigned()
    assert samples(metrics, "ldn_bot_unsigned_total") == {labels(): 3}


def test_what_is_under_way_is_shown_as_it_is_at_the_moment(metrics: PrometheusMetrics) -> None:
    assert samples(metrics, "ldn_bot_tasks") == {labels(): 7}


def test_nobody_counts_unless_it_is_asked_for() -> None:
    nobody = Metrics()
    nobody.answered(Platform.SLACK, an_answer(Kind.MENU))
    assert vars(nobody) == {}
