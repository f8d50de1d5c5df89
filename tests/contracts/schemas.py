"""The published schemas, found beside the repository and compiled once."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
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
_LONGEST_MESSAGE = 160


def contracts_available() -> bool:
    """Whether the published schemas can be checked here."""
    return DISCORD.is_file() and SLACK_MANIFEST.is_file()


def why_unavailable() -> str:
    """The reason to give where a contract test is skipped."""
    return (
        "the published schemas are not beside this repository "
        "(../shared/contracts): only limits are checked"
    )


def discord_problems(schema: str, body: Any, where: str = "") -> Iterator[Problem]:
    """The breaches of ``components/schemas/<schema>`` of Discord's OpenAPI file.

    Nothing is found where the file is absent.
    """
    if DISCORD.is_file():
        for error in _discord_validator(schema).iter_errors(body):
            yield from _explain(error, where)


def unknown_discord_keys(
    schema: str, body: Mapping[str, Any], where: str = "", *, also_known: Collection[str] = ()
) -> Iterator[Problem]:
    """The top-level keys that the schema does not name, which Discord ignores.

    Nothing is found where the file is absent.
    """
    if DISCORD.is_file():
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
    for leaf in _leaves(error):
        if _is_union(leaf):
            kind = leaf.instance.get("type") if isinstance(leaf.instance, dict) else None
            what = f"type {kind!r} is not allowed here"
        elif len(leaf.message) > _LONGEST_MESSAGE:
            what = f"{leaf.message[:_LONGEST_MESSAGE]}… ({leaf.validator})"
        else:
            what = leaf.message
        yield Problem(join(where, *leaf.absolute_path), what)


def _is_union(error: ValidationError) -> bool:
    return error.validator in ("anyOf", "oneOf") and bool(error.context)


def _leaves(error: ValidationError) -> list[ValidationError]:
    """The errors to tell: the error itself, or those in the branch that comes nearest."""
    if not _is_union(error):
        return [error]
    branches: dict[str | int, list[ValidationError]] = {}
    for nested in error.context or ():
        branches.setdefault(nested.relative_schema_path[0], []).extend(_leaves(nested))
    depth = len(error.absolute_path)

    def distance(leaves: list[ValidationError]) -> tuple[bool, int, int]:
        wrong_types = sum(1 for leaf in leaves if leaf.validator == "type")
        return any(_is_other_kind(leaf, depth) for leaf in leaves), wrong_types, len(leaves)

    nearest = min(branches.values(), key=distance)
    if isinstance(error.instance, dict) and any(_is_other_kind(leaf, depth) for leaf in nearest):
        return [error]
    return nearest


def _is_other_kind(leaf: ValidationError, depth: int) -> bool:
    """Whether a branch is for another kind of thing: another JSON type, or another ``type``."""
    below = list(leaf.absolute_path)[depth:]
    return below == ["type"] or (not below and leaf.validator == "type")
