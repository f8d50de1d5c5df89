"""Reads YAML together with the line of every key, so that an error can name it.

PyYAML by itself forgets the lines, and silently drops the first of two equal keys, which is a
`Problem` here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from knowledge.documents import read_text
from knowledge.errors import Problem

# The C parser reads ten thousand example questions in a blink; PyYAML built without it is slow.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

KeyPath = tuple[str | int, ...]

UNREADABLE = "See that it is a file, and that the user that the bot runs as may read it."
"""The mend of a file that cannot be read."""

_LINE_END = re.compile(r"[\n\x85\u2028\u2029]")
"""The line ends that YAML counts."""

_FALSE_INDENT = re.compile(r"[ \t]*(?![ \t\n])[\s\u200b\ufeff]")
"""An indentation with invisible characters other than spaces, from a web page or word processor."""

DEEPEST = 20
"""The deepest nesting of groups and lists that is accepted; our files need four levels."""


@dataclass(frozen=True, slots=True)
class YamlFile:
    """One parsed file: its data, the line of every key, and its faults as YAML."""

    name: str
    data: Any
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: KeyPath) -> int:
        """The line (from 1) of a key; if it does not exist, of what contains it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: KeyPath, what: str, mend: str) -> Problem:
        """A `Problem` at a key of this file."""
        return Problem(self.name, self.line(path), dotted(path), what, mend)


def dotted(path: KeyPath) -> str:
    """A key path as people write it: `sections[3].title`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "file"


def read_yaml(path: Path) -> YamlFile:
    """Parse one file. Never raises: faults are in the result's `problems`."""
    name = path.name
    try:
        text = read_text(path)
    except OSError as error:
        fault = Problem(name, 1, "file", f"cannot be read ({error.strerror}).", UNREADABLE)
        return YamlFile(name, None, problems=[fault])
    except UnicodeDecodeError:
        fault = Problem(name, 1, "file", "is not UTF-8 text.", "Save it again as UTF-8.")
        return YamlFile(name, None, problems=[fault])
    try:
        if problem := _expansion_problem(name, text):
            return YamlFile(name, None, problems=[problem])
        node = yaml.compose(text, Loader=_Loader)
        file = YamlFile(name, None)
        data = _construct(node, (), file) if node is not None else None
    except yaml.YAMLError as error:
        return YamlFile(name, None, problems=[_syntax_problem(name, text, error)])
    return YamlFile(name, data, file.lines, file.problems)


def _syntax_problem(name: str, text: str, error: yaml.YAMLError) -> Problem:
    """The problem of a text that is not YAML, with the line that has to be corrected."""
    if not isinstance(error, yaml.MarkedYAMLError) or not (mark := _mark(error)):
        return _unprintable_problem(name, text)
    line, lines = mark.line + 1, [*_LINE_END.split(text), ""]
    for at, each in enumerate(lines[max(line - 2, 0) : line], max(line - 1, 1)):
        if _FALSE_INDENT.match(each):
            what = "is indented with a character that only looks like a space."
            return Problem(name, at, "file", what, "Type the spaces of this line anew.")
    mend = "Check the indentation and the quotes on this line and the one above."
    opened = _opened(error, "\n".join([*lines[: mark.line], lines[mark.line][: mark.column]]))
    if opened and opened < line - 1:
        mend = f"Check the quote or bracket that opens on line {opened}: end it where it should."
    what = f"is not valid YAML: {error.problem or error.context}."
    return Problem(name, line, "file", what, mend)


def _mark(error: yaml.MarkedYAMLError) -> yaml.Mark | None:
    """The likeliest place of the fault; None if there is none."""
    if error.context == "while scanning a simple key":
        return error.context_mark  # the problem is where the key should have ended
    return error.problem_mark or error.context_mark


def _unprintable_problem(name: str, text: str) -> Problem:
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    assert found is not None  # every other error has a mark
    line = text.count("\n", 0, found.start()) + 1
    what = f"holds a character that is not text (U+{ord(found[0]):04X})."
    return Problem(name, line, "file", what, "Remove it, or type this line anew.")


def _opened(error: yaml.MarkedYAMLError, before: str) -> int | None:
    """The line of the quote or bracket that is open at the error, or was closed in its line.

    A missing closing quote is noticed only at the next quote, which may be far below.
    """
    enclosing = ("while parsing a flow", "while scanning a quoted")
    if error.context_mark and (error.context or "").startswith(enclosing):
        return int(error.context_mark.line) + 1
    tokens: list[Any] = []
    with suppress(yaml.YAMLError):
        tokens += yaml.scan(before, Loader=_Loader)
    quoted = [each for each in tokens if getattr(each, "style", None) in ("'", '"')]
    if quoted and quoted[-1].end_mark.line == before.count("\n"):
        return int(quoted[-1].start_mark.line) + 1
    return None


def _expansion_problem(name: str, text: str) -> Problem | None:
    """The problem of a text that would exhaust the stack (nesting) or memory (repeated aliases).

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    depth = 0
    many = set()
    events: Iterator[Any] = yaml.parse(text, Loader=_Loader)
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) and event.anchor in many:
            # Nested aliases could expand some hundred characters to millions of values.
            what = f"repeats a group or a list by `*{event.anchor}`."
            return Problem(name, line, "file", what, "Write it out here.")
        if isinstance(event, yaml.CollectionStartEvent):
            many.add(event.anchor)
            depth += 1
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            return Problem(name, line, "file", "is nested too deeply.", "Nest less deeply here.")
    return None


_scalars = yaml.SafeLoader("")


def _construct(node: yaml.Node, path: KeyPath, file: YamlFile) -> Any:
    line = node.start_mark.line + 1
    file.lines.setdefault(path, line)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, file)
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, (*path, at), file) for at, item in enumerate(node.value)]
    try:
        return _scalars.construct_document(node)
    # The last two: a value that does not have the form of its tag, as in `!!bool perhaps`.
    except (yaml.YAMLError, ValueError, LookupError, AttributeError):
        file.problems.append(
            file.problem(
                path, "has a value that YAML cannot read.", "Correct it, or put it in quotes."
            )
        )
        return None


def _mapping(node: yaml.MappingNode, path: KeyPath, file: YamlFile) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
        below = (*path, key)
        line = key_node.start_mark.line + 1
        if key in result:
            first = file.line(below)
            file.problems.append(
                Problem(
                    file.name,
                    line,
                    dotted(below),
                    f"is written twice; the first is on line {first}.",
                    "Keep one of the two.",
                )
            )
        file.lines[below] = line
        result[key] = _construct(value_node, below, file)
    return result


Model = TypeVar("Model", bound=BaseModel)

# By pydantic's type of error: what is wrong, in words for editors, and its mend.
_FAULTS: Mapping[str, tuple[str, str]] = {
    "string_type": ("is not a text.", "Put it in quotes."),
    "string_too_short": ("is empty.", "Write something here."),
    "string_too_long": ("is longer than {max_length} characters.", "Shorten it."),
    "too_short": ("is empty.", "Write something here."),
    "too_long": ("holds more than {max_length}.", "Remove some."),
    "tuple_type": ("is not a list.", "Write it as [one, two], or one a line behind `- `."),
    "dict_type": ("is not a group of keys.", "Write each as `key: value`, indented, on a line."),
    "model_type": ("is not a group of keys.", "Write each as `key: value`, indented, on a line."),
    "int_type": ("is not a whole number.", "Write it in digits, without quotes."),
    "bool_type": ("is neither true nor false.", "Write true or false, without quotes."),
}

_WANTS_A_FORM = ("date", "literal_error", "string_pattern_mismatch")


def validate(file: YamlFile, model: type[Model], problems: list[Problem]) -> Model | None:
    """A file's data as a model; None if it is not valid, with each fault added to `problems`.

    A misspelt key is reported, and renamed in `file` to the key that it resembles, so that its
    consequences are not reported as well.
    """
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        faults = error.errors(include_url=False)
    if corrected := list(filter(None, (_correct(file, model, fault) for fault in faults))):
        problems += corrected
        validate(file, model, problems)
        return None
    # Faults of the YAML are reported already, and a union reports one fault for each branch.
    known = {(problem.line, problem.key) for problem in file.problems}
    for fault in faults:
        problem = _problem(file, model, fault)
        if (problem.line, problem.key) not in known:
            problems.append(problem)
            known.add((problem.line, problem.key))
    return None


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """The mend for a name that does not exist."""
    close = _closest(word, known)
    return f"Did you mean `{close}`?" if close else "Remove it, or correct its name."


def _closest(word: str, known: Sequence[str]) -> str | None:
    by_lower = {each.casefold(): each for each in known}
    close = difflib.get_close_matches(word.casefold(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def _correct(file: YamlFile, model: type[BaseModel], fault: Any) -> Problem | None:
    """Rename a misspelt key to the one that it resembles; None if none does, or it exists too."""
    if fault["type"] != "extra_forbidden":
        return None
    *above, key = path = _path(fault)
    group = file.data
    for step in above:
        group = group[step]
    meant = _closest(str(key), list(_model_at(model, tuple(above)).model_fields))
    if meant is None or meant in group:
        return None
    problem = _problem(file, model, fault)
    group[meant] = group.pop(key)
    for place in [place for place in file.lines if place[: len(path)] == path]:
        file.lines[(*above, meant, *place[len(path) :])] = file.lines[place]
    return problem


def _path(fault: Any) -> KeyPath:
    return tuple(step for step in fault["loc"] if not _is_union_branch(step))


def _problem(file: YamlFile, model: type[BaseModel], fault: Any) -> Problem:
    path = _path(fault)
    key = str(path[-1]) if path else ""
    fields = _model_at(model, path[:-1]).model_fields
    field = fields.get(key)
    match fault["type"]:
        case "extra_forbidden":
            what, mend = "is not a key that is known here.", did_you_mean(key, list(fields))
        case "missing":
            what, mend = "is missing.", f"Add `{key}:` here."
        case _ if fault["input"] is None:
            what, mend = "is empty.", "Write something here."
            if field and not field.is_required():
                mend = "Write something here, or remove the key."
        case kind if kind in _FAULTS:
            what, mend = _FAULTS[kind]
            what = what.format(**fault.get("ctx", {}))
        case kind if field and kind.startswith(_WANTS_A_FORM):
            wanted = field.description or "something else."
            what, mend = "cannot be understood.", f"It must be {wanted[:1].lower()}{wanted[1:]}"
        case _:
            message = str(fault["msg"])
            what, mend = f"{message[:1].lower()}{message[1:]}.", "Correct the value."
    return file.problem(path, what, mend)


def _is_union_branch(step: str | int) -> bool:
    # Pydantic puts the branch of a union into the path: `date`, `literal['unknown']`.
    return isinstance(step, str) and (step == "date" or step.startswith(("literal[", "function-")))


def _model_at(model: type[BaseModel], path: KeyPath) -> type[BaseModel]:
    """The model that describes the mapping at a path."""
    for step in path:
        if isinstance(step, str) and step in model.model_fields:
            annotation: Any = model.model_fields[step].annotation
            inner = [annotation, *getattr(annotation, "__args__", ())]
            model = next(
                (each for each in inner if isinstance(each, type) and issubclass(each, BaseModel)),
                model,
            )
    return model
