"""What was learned is used again only when nothing that it was learned from has changed."""

from __future__ import annotations

import ast
import os
import pickle
import pkgutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import knowledge
from knowledge.modelcache import CODE, discard_except, key_of, load, save

KEY = key_of(["an example"])
ARRAYS = {"weights": np.arange(12, dtype=np.int16).reshape(3, 4), "scale": np.array([0.5])}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path, "search", KEY, ARRAYS)
    return tmp_path


def file(folder: Path, name: str) -> Path:
    [found] = folder.glob(f"search-*/{name}")
    return found


def test_what_was_saved_is_loaded(folder: Path) -> None:
    loaded = load(folder, "search", KEY)
    assert loaded is not None
    assert {name: array.tolist() for name, array in loaded.items()} == {
        name: array.tolist() for name, array in ARRAYS.items()
    }


def test_another_input_has_another_key() -> None:
    assert len({key_of(["a"]), key_of(["b"]), key_of(["a", "b"]), key_of([["a"], "b"])}) == 4


def test_other_code_has_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    read = pkgutil.get_data

    def changed(package: str, name: str) -> bytes | None:
        return b"# changed" if name == "classifier.py" else read(package, name)

    monkeypatch.setattr(pkgutil, "get_data", changed)
    assert key_of(["an example"]) != KEY


def test_every_module_that_decides_what_is_learned_is_part_of_the_key() -> None:
    package = Path(knowledge.__file__).parent
    seen: set[str] = set()
    ahead = {"search", "safety"}
    while ahead:
        module = ahead.pop()
        seen.add(module)
        for node in ast.walk(ast.parse((package / f"{module}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "knowledge":
                ahead |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("knowledge."):
                ahead.add(str(node.module).removeprefix("knowledge."))
        ahead -= seen
    assert seen == set(CODE)


def test_nothing_is_loaded_under_another_key_or_kind(folder: Path) -> None:
    assert load(folder, "search", key_of(["another example"])) is None
    assert load(folder, "crisis", KEY) is None
    assert load(folder / "absent", "search", KEY) is None


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


def put_a_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"not": "an array"}))


@pytest.mark.parametrize("harm", [truncate, flip_a_bit, put_a_pickle, Path.unlink])
@pytest.mark.parametrize("name", ["weights.npy", "scale.npy"])
def test_a_harmed_file_is_not_trusted(
    folder: Path, harm: Callable[[Path], None], name: str
) -> None:
    harm(file(folder, name))
    assert load(folder, "search", KEY) is None


@pytest.mark.parametrize(
    "seal", ["", "{", "[]", "null", "{}", '{"key": 1, "files": {}}', '{"files": 3}', "\ud7ff"]
)
def test_a_harmed_seal_is_not_trusted(folder: Path, seal: str) -> None:
    file(folder, "seal.json").write_text(seal, encoding="utf-8")
    assert load(folder, "search", KEY) is None


def test_a_renamed_cache_is_not_taken_for_another(folder: Path) -> None:
    other = key_of(["another example"])
    [path] = folder.glob("search-*")
    path.rename(folder / f"search-{other[:20]}")
    assert load(folder, "search", other) is None


def test_a_harmed_cache_is_mended_by_saving_again(folder: Path) -> None:
    truncate(file(folder, "weights.npy"))
    save(folder, "search", KEY, ARRAYS)
    assert load(folder, "search", KEY) is not None


def test_nothing_half_written_stays_behind(folder: Path) -> None:
    assert [path.name for path in folder.iterdir()] == [f"search-{KEY[:20]}"]


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    save(blocked, "search", KEY, ARRAYS)
    assert load(blocked, "search", KEY) is None


def test_only_what_is_named_or_new_is_kept(tmp_path: Path) -> None:
    keys = [key_of([number]) for number in range(3)]
    for key in keys:
        save(tmp_path, "search", key, ARRAYS)
    (tmp_path / ".search-half").mkdir()
    (tmp_path / "desks-1.json").touch()
    for old in tmp_path.iterdir():
        os.utime(old, (0, 0))
    save(tmp_path, "search", keys[2], ARRAYS)
    (tmp_path / ".search-being-written").mkdir()
    discard_except(tmp_path, [keys[1], ""])
    assert [bool(load(tmp_path, "search", key)) for key in keys] == [False, True, True]
    left = {path.name for path in tmp_path.iterdir()}
    assert left >= {"desks-1.json", ".search-being-written"}
    assert ".search-half" not in left
