"""YAML that remembers its lines, and faults in an editor's words."""

from __future__ import annotations

import gc
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from knowledge.errors import Problem
from knowledge.schema import Review, Title
from knowledge.yamlfile import YamlFile, did_you_mean, dotted, read_yaml, validate


def parse(folder: Path, text: str | bytes) -> YamlFile:
    path = folder / "some.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path)


def test_every_key_knows_its_line(tmp_path: Path) -> None:
    file = parse(tmp_path, "# some\ntitle: One\n\nsections:\n  - id: a\n    text: |-\n      b\n")
    assert file.line(("title",)) == 2
    assert file.line(("sections",)) == 4
    assert file.line(("sections", 0)) == 5
    assert file.line(("sections", 0, "text")) == 6


def test_a_key_that_does_not_exist_has_the_line_of_what_it_would_stand_in(tmp_path: Path) -> None:
    file = parse(tmp_path, "\ntitle: One\nsource:\n  name: x\n")
    assert file.line(("source", "year")) == 3
    assert file.line(("reviewed", "last")) == 2


@pytest.mark.parametrize(
    ("path", "words"),
    [((), "file"), (("title",), "title"), (("sections", 3, "title"), "sections[3].title")],
)
def test_a_key_is_named_as_people_write_it(path: tuple[str | int, ...], words: str) -> None:
    assert dotted(path) == words


def test_a_key_that_is_written_twice_is_a_fault_at_the_second(tmp_path: Path) -> None:
    file = parse(tmp_path, "a: 1\nb:\n  c: 2\n  d: 3\n  c: 4\n")
    assert file.problems == [
        Problem("some.yaml", 5, "b.c", "is written twice; the first is on line 3.",
                "Keep one of the two."),
    ]  # fmt: skip
    assert file.data == {"a": 1, "b": {"c": 4, "d": 3}}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\n\tb: 2\n", 2, "is not valid YAML: found a tab"),
        ("a: 1\n   b: 2\n", 2, "is not valid YAML"),
        ("a: one: two\n", 1, "is not valid YAML: mapping values are not allowed"),
        ("a: [1, 2\nb: 3\n", 2, "is not valid YAML"),
        ('a: "never closed\n', 2, "is not valid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "is not valid YAML"),
        ("a: &x [*x]\n", 1, "repeats a group or a list by `*x`."),
        ("a: &x [b]\nc: 1\nd:\n- *x\n", 4, "repeats a group or a list by `*x`."),
        ("a: **bold** words\n", 1, "is not valid YAML"),
        ("a: *x\n", 1, "is not valid YAML: found undefined alias"),
        (b"a: caf\xe9\n", 1, "is not UTF-8 text"),
        ("a: b\n".encode("utf-16"), 1, "is not UTF-8 text"),
        ("a: 1\nb:2\nc: 3\n", 2, "is not valid YAML"),
        ("a: |-\nwords that\nare not indented\nb: 3\n", 2, "is not valid YAML"),
        ("a: b\nc: d\0e\n", 2, "holds a character that is not text (U+0000)."),
        ("a: b\nc: \ufffe\n", 2, "holds a character that is not text (U+FFFE)."),
        ("a: b\n \u00a0c: d\ne: f\n", 2, "is indented with a character that only looks like"),
        ("a:\n  b: c\n \u200b d: e\n", 3, "is indented with a character that only looks like"),
        ("a: \u2028\u2028\n\tb: c", 4, "is not valid YAML"),
        ("[" * 100_000 + "]" * 100_000, 1, "is nested too deeply."),
        ("a:\n" + "- " * 100_000, 2, "is nested too deeply."),
        ("a: 2026-02-31\n", 1, "has a value that YAML cannot read"),
        ("a: !!python/object:os.system x\n", 1, "has a value that YAML cannot read"),
        ("a: !!bool perhaps\n", 1, "has a value that YAML cannot read"),
        ("a: !!timestamp soon\n", 1, "has a value that YAML cannot read"),
        ("a: !!int ''\n", 1, "has a value that YAML cannot read"),
    ],
)
def test_what_is_no_yaml_is_one_fault_on_its_line(
    tmp_path: Path, text: str | bytes, line: int, what: str
) -> None:
    [problem] = parse(tmp_path, text).problems
    assert (problem.file, problem.line) == ("some.yaml", line)
    assert problem.what.startswith(what)
    assert problem.mend


@pytest.mark.parametrize(
    ("text", "line", "opened"),
    [
        ('a: b\nc: "never closed\nd: e\nf: "g"\n', 4, 2),
        ("a:\n- 'never closed\n- b\n- c\n- it's d\n", 5, 2),
        ('a: b\nc: "never closed\nd: e\nf: "g: h"\n', 4, 2),
        ('a: "never closed\nb: c\nd: e\n', 4, 1),
        ("a: b\nc: [never, closed\n\nd: e\n", 4, 2),
        ("a: {b: never closed\n\n\nc: d\n", 4, 1),
    ],
)
def test_a_quote_or_bracket_that_ends_too_late_is_named_by_the_line_where_it_opens(
    tmp_path: Path, text: str, line: int, opened: int
) -> None:
    [problem] = parse(tmp_path, text).problems
    assert problem.line == line
    assert f"opens on line {opened}:" in problem.mend


def test_a_quote_that_ends_well_is_not_to_blame_for_what_comes_after_it(tmp_path: Path) -> None:
    [problem] = parse(tmp_path, 'a: "one\n  two\n  three"\nb: c\n\td: e\n').problems
    assert "opens" not in problem.mend


def test_one_value_may_be_repeated_as_programs_write_it(tmp_path: Path) -> None:
    file = parse(tmp_path, "a: &id001 2026-05-31\nb: *id001\n")
    assert not file.problems
    assert file.data == {"a": date(2026, 5, 31), "b": date(2026, 5, 31)}


@pytest.mark.parametrize("text", [b"\xef\xbb\xbfa: b\r\nc: d\r\n", b"a: b\nc: d\n"])
def test_a_file_may_come_from_windows(tmp_path: Path, text: bytes) -> None:
    file = parse(tmp_path, text)
    assert not file.problems
    assert file.data == {"a": "b", "c": "d"}
    assert file.line(("c",)) == 2


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    [problem] = read_yaml(tmp_path / "none.yaml").problems
    assert "cannot be read" in problem.what


def test_nothing_of_a_file_is_kept_once_it_was_read(tmp_path: Path) -> None:
    parse(tmp_path, "\n".join(f"key{n}: value" for n in range(100)))
    gc.collect()
    kept = sum(isinstance(each, yaml.ScalarNode) for each in gc.get_objects())
    assert kept == 0, f"{kept} nodes of a file that nobody uses any more"


class _Inner(BaseModel):
    """What stands in a list of `_Model`."""

    model_config = ConfigDict(extra="forbid")
    title: Title
    aliases: tuple[str, ...] = ()
    count: int = 0
    flag: bool = False


class _Model(BaseModel):
    """A document with a part of each kind."""

    model_config = ConfigDict(extra="forbid")
    things: tuple[_Inner, ...] = ()
    groups: dict[str, _Inner] = {}
    reviewed: Review | None = None


def faults(folder: Path, text: str) -> list[Problem]:
    problems: list[Problem] = []
    file = parse(folder, text)
    assert validate(file, _Model, problems) is None
    return [*file.problems, *problems]


@pytest.mark.parametrize(
    ("text", "line", "key", "what", "mend"),
    [
        pytest.param(
            "things:\n- title: x\n  colour: red\n",
            3, "things[0].colour", "is not a key that is known here.", "Remove it",
            id="unknown key",
        ),
        pytest.param(
            "things:\n- titel: x\n",
            2, "things[0].titel", "is not a key that is known here.", "Did you mean `title`?",
            id="misspelt key",
        ),
        pytest.param(
            "things:\n- Title: x\n",
            2, "things[0].Title", "is not a key that is known here.", "Did you mean `title`?",
            id="key in capitals",
        ),
        pytest.param(
            "groups:\n  a:\n    title: x\n    alias: [y]\n",
            4, "groups.a.alias", "is not a key that is known here.", "Did you mean `aliases`?",
            id="misspelt key in a group",
        ),
        pytest.param(
            "thing:\n- title: x\n",
            1, "thing", "is not a key that is known here.", "Did you mean `things`?",
            id="misspelt key at the top",
        ),
        pytest.param(
            "things:\n- title: x\n  titel: y\n",
            3, "things[0].titel", "is not a key that is known here.", "Did you mean `title`?",
            id="misspelt key beside the right one",
        ),
        pytest.param(
            "things:\n- count: 1\n", 2, "things[0].title", "is missing.", "Add `title:` here.",
            id="missing key",
        ),
        pytest.param(
            "things:\n- title: 5\n", 2, "things[0].title", "is not a text.", "quotes",
            id="number for a text",
        ),
        pytest.param(
            "things:\n- title: no\n", 2, "things[0].title", "is not a text.", "quotes",
            id="no for a text",
        ),
        pytest.param(
            "things:\n- title:\n", 2, "things[0].title", "is empty.", "Write something here.",
            id="nothing for a text",
        ),
        pytest.param(
            "things:\n- title: ''\n", 2, "things[0].title", "is empty.", "Write something here.",
            id="empty text",
        ),
        pytest.param(
            f"things:\n- title: {'x' * 76}\n",
            2, "things[0].title", "is longer than 75 characters.", "Shorten it.",
            id="text too long",
        ),
        pytest.param(
            "things:\n- title: x\n  aliases: one, two\n",
            3, "things[0].aliases", "is not a list.", "[one, two]",
            id="text for a list",
        ),
        pytest.param(
            "things:\n- title: x\n  aliases:\n",
            3, "things[0].aliases", "is empty.", "or remove the key",
            id="nothing for a list",
        ),
        pytest.param(
            "things:\n- title: x\n  count: '5'\n  flag: true\n  aliases: [y, 3]\n",
            5, "things[0].aliases[1]", "is not a text.", "quotes",
            id="number in a list of texts",
        ),
        pytest.param(
            "things: {title: x}\n", 1, "things", "is not a list.", "[one, two]",
            id="group for a list",
        ),
        pytest.param(
            "things: [one]\n", 1, "things[0]", "is not a group of keys.", "key: value",
            id="text for a group",
        ),
        pytest.param(
            "reviewed:\n  last: yesterday\n  next: unknown\n",
            2, "reviewed.last", "cannot be understood.", "It must be a date such as",
            id="word for a date",
        ),
        pytest.param(
            "reviewed:\n  last: 31.05.2026\n  next: unknown\n",
            2, "reviewed.last", "cannot be understood.", "It must be a date such as",
            id="date in another form",
        ),
        pytest.param(
            "reviewed:\n  last: 2026-13-45\n  next: unknown\n",
            2, "reviewed.last", "has a value that YAML cannot read.", "Correct it",
            id="date that does not exist",
        ),
        pytest.param(
            "reviewed:\n  last:\n  next: unknown\n",
            2, "reviewed.last", "is empty.", "Write something here.",
            id="nothing for a date",
        ),
    ],
)  # fmt: skip
def test_one_slip_is_one_fault_with_its_line_key_and_mend(
    tmp_path: Path, text: str, line: int, key: str, what: str, mend: str
) -> None:
    [problem] = faults(tmp_path, text)
    assert (problem.line, problem.key, problem.what) == (line, key, what)
    assert mend in problem.mend


def test_all_slips_of_a_file_are_found_together(tmp_path: Path) -> None:
    text = "things:\n- titel: x\n  cuont: 1\n- title: 7\n- aliases: [a]\ngruops: {}\n"
    assert sorted((each.line, each.key) for each in faults(tmp_path, text)) == [
        (2, "things[0].titel"),
        (3, "things[0].cuont"),
        (4, "things[1].title"),
        (5, "things[2].title"),
        (6, "gruops"),
    ]


@pytest.mark.parametrize(
    ("word", "known", "mend"),
    [
        ("limit", ["limits", "forms"], "Did you mean `limits`?"),
        ("LIMITS", ["limits", "forms"], "Did you mean `limits`?"),
        ("zebra", ["limits", "forms"], "Remove it, or correct its name."),
        ("zebra", [], "Remove it, or correct its name."),
    ],
)
def test_a_name_that_does_not_exist_brings_the_nearest_that_does(
    word: str, known: list[str], mend: str
) -> None:
    assert did_you_mean(word, known) == mend


def test_data_that_fits_is_a_model(tmp_path: Path) -> None:
    problems: list[Problem] = []
    text = "things:\n- title: x\nreviewed:\n  last: 2026-05-31\n  next: unknown\n"
    model: Any = validate(parse(tmp_path, text), _Model, problems)
    assert not problems
    assert model.reviewed.last.isoformat() == "2026-05-31"
    assert model.reviewed.next == "unknown"
