"""The published schemas, found beside the repository and compiled once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.contracts.problem import Problem, join

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "contracts"
DISCORD = FOLDER / "discord-openapi.json"
SLACK_MANIFEST = FOLDER / "slack-manifest.schema.json"

_OPENAPI = "discord-openapi"


def contracts_available() -> bool:
    """Whether the published schemas can be checked here."""
    return DISCORD.is_file() and SLACK_MANIFEST.is_file()


def why_unavailable() -> str:
    """The reason to give where a contract test is skipped."""
    return (
        "the published schemas are not beside this repository "
        "(../shared/contracts): only limits are checked"
    )


def discord_problems(
    schema: str, body: Any, where: str = "", *, also_known: Collection[str] = ()
) -> Iterator[Problem]:
    """The breaches of ``components/schemas/<schema>`` of Discord's OpenAPI file.

    Top-level keys that the schema does not name are breaches too, but for ``also_known``. Nothing
    is found where the file is absent.
    """
    if not DISCORD.is_file():
        return
    for error in _discord_validator(schema).iter_errors(body):
        yield from _explain(error, where)
    if isinstance(body, dict):
        known = {*_discord_openapi()["components"]["schemas"][schema]["properties"], *also_known}
        for key in sorted(body.keys() - known):
            yield Problem(join(where, key), "unknown key", refused=False)


def manifest_problems(manifest: Any) -> Iterator[Problem]:
    """The breaches of Slack's app manifest schema; none where its file is absent."""
    if not SLACK_MANIFEST.is_file():
        return
    for error in _manifest_validator().iter_errors(manifest):
        yield from _explain(error, "")


@cache
def _discord_openapi() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DISCORD.read_bytes())
    return loaded


@cache
def _discord_registry() -> Registry[Any]:
    resource = Resource.from_contents(_discord_openapi(), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(_OPENAPI, resource)
    return registry


@cache
def _discord_validator(schema: str) -> Validator:
    reference = {"$ref": f"{_OPENAPI}#/components/schemas/{schema}"}
    return Draft202012Validator(reference, registry=_discord_registry())


@cache
def _manifest_validator() -> Validator:
    return Draft7Validator(json.loads(SLACK_MANIFEST.read_bytes()))


def _explain(error: ValidationError, where: str) -> Iterator[Problem]:
    """The problems behind one error; of a union, those of the branch that was meant."""
    here = join(where, *error.relative_path)
    if error.validator in ("anyOf", "oneOf") and error.context:
        for nested in _meant_branch(error.context):
            yield from _explain(nested, here)
        return
    message = error.message if len(error.message) <= 300 else f"{error.message[:300]}…"
    yield Problem(here, message)


def _meant_branch(context: Iterable[ValidationError]) -> list[ValidationError]:
    branches: dict[str | int, list[ValidationError]] = {}
    for error in context:
        branches.setdefault(error.relative_schema_path[0], []).append(error)
    return min(branches.values(), key=lambda errors: (_wrong_kind(errors), len(errors)))


def _wrong_kind(errors: list[ValidationError]) -> bool:
    """Whether a branch was not the one meant: another JSON type, or another component type."""
    return any(
        list(error.relative_path) == ["type"]
        or (not error.relative_path and error.validator == "type")
        for error in errors
    )
