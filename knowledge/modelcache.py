"""What was learned, kept on disk until anything that it was learned from changes.

A folder's name and its seal hold a key made of all inputs and of the code that learns, and the
seal holds a checksum of every file. One with another key, a broken one, or one that something else
wrote is not used, and learned anew. A cache that cannot be written only costs time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import pkgutil
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

KEPT = 8
"""Models of one kind that stay in the cache: those of several documents, and the last few."""

CODE = (
    "classifier", "features", "ideas", "lessons", "lexical", "modelcache", "passages", "safety",
    "search", "synonyms", "textmodel", "vocabulary", "weights",
)  # fmt: skip
"""The modules that decide what is learned."""

_SEAL = "seal.json"
_SUFFIX = ".npy"


def key_of(inputs: object) -> str:
    """A name for the inputs (plain values) together with the code that learns from them."""
    digest = hashlib.sha256(json.dumps(inputs, ensure_ascii=False).encode())
    digest.update(np.__version__.encode())
    for module in CODE:
        digest.update(pkgutil.get_data(__package__, f"{module}.py") or b"")
    return digest.hexdigest()


def load(folder: Path, kind: str, key: str) -> Arrays | None:
    """What was saved under this kind and key; nothing if it is not there or not sound.

    Arrays are mapped, not read: of the large ones only what is looked at takes memory.
    """
    path = _path(folder, kind, key)
    try:
        seal = json.loads((path / _SEAL).read_bytes())
        if seal["key"] != key or any(
            _checksum(path / file) != checksum for file, checksum in seal["files"].items()
        ):
            return None
        return {
            # Mapped all the same; but whatever is cut from a memmap takes a detour through Python.
            file.removesuffix(_SUFFIX): np.asarray(
                np.load(path / file, mmap_mode="r", allow_pickle=False)
            )
            for file in seal["files"]
        }
    except (OSError, ValueError, EOFError, LookupError, TypeError, AttributeError):
        return None


def save(folder: Path, kind: str, key: str, arrays: Arrays) -> None:
    """Keep the arrays: wholly or not at all, so that a reader never sees half of them."""
    path = _path(folder, kind, key)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=folder, prefix=f".{kind}-"))
        try:
            for name, array in arrays.items():
                np.save(new / f"{name}{_SUFFIX}", array, allow_pickle=False)
            files = {file.name: _checksum(file) for file in new.iterdir()}
            (new / _SEAL).write_text(json.dumps({"key": key, "files": files}), encoding="ascii")
            shutil.rmtree(path, ignore_errors=True)
            new.rename(path)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        by_age = sorted(folder.glob(f"{kind}-*"), key=lambda each: each.stat().st_mtime)
        for old in by_age[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)


def _checksum(file: Path) -> int:
    return crc32(file.read_bytes())


def _path(folder: Path, kind: str, key: str) -> Path:
    return folder / f"{kind}-{key[:20]}"
