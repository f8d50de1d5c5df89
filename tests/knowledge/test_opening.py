"""What a folder's desks answer is the same at the first start and at every later one."""

from __future__ import annotations

from pathlib import Path

import yaml

from knowledge.opening import open_folder
from tests.documents import write_document


def test_a_few_example_questions_still_count_at_the_second_start(tmp_path: Path) -> None:
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
    [unkept] = open_folder(folder, None)
    expected = [unkept.ask(question) for question in questions]
    assert len({answer.topic for answer in expected}) == len(questions)
    for _ in range(2):
        [desk] = open_folder(folder, tmp_path / "cache")
        assert [desk.ask(question) for question in questions] == expected
