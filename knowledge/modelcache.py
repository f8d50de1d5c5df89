"""A cache on disk for what was learned, valid until an input or the learning code changes.

Each entry is a folder of arrays. Its name and its file `seal.json` hold a key, a hash of all inputs
and of the code that learns; the seal also holds a checksum of every file. An entry with another key
or checksum is not used. If the cache cannot be written, learning is only repeated. An entry is kept
as long as a bundle names it (`knowledge.bundle`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import pkgutil
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

ABANDONED_AFTER = 120.0
"""Seconds after which what no bundle names counts as left behind. Learning takes less, even on a
slow machine; if not, it is only repeated."""

CODE = (
    "classifier", "crisis_examples", "features", "hashindex", "ideas", "lexical", "modelcache",
    "passages", "safety", "screening", "search", "synonyms", "textmodel", "training", "vocabulary",
    "weights",
)  # fmt: skip
"""The modules whose code decides what is learned."""

_SEAL = "seal.json"
_SUFFIX = ".npy"
_SHOWN = 20
"""Characters of a key that are in a folder's name."""


def key_of(inputs: object) -> str:
    """The key for some inputs (values for JSON) and the present code: a hash, in hexadecimal."""
    digest = hashlib.sha256(json.dumps(inputs, ensure_ascii=False).encode())
    digest.update(np.__version__.encode())
    for module in CODE:
        digest.update(pkgutil.get_data(__package__, f"{module}.py") or b"")
    return digest.hexdigest()


def load(folder: Path, kind: str, key: str) -> Arrays | None:
    """The arrays that were saved under this kind and key; None if there are none, or not intact.

    They are mapped into memory, so only the parts that are used are read.
    """
    path = _path(folder, kind, key)
    try:
        seal = json.loads((path / _SEAL).read_bytes())
        if seal["key"] != key or any(
            _checksum(path / file) != checksum for file, checksum in seal["files"].items()
        ):
            return None
        return {
            # Still mapped, but without the slow slicing of the class memmap.
            file.removesuffix(_SUFFIX): np.asarray(
                np.load(path / file, mmap_mode="r", allow_pickle=False)
            )
            for file in seal["files"]
        }
    except (OSError, ValueError, EOFError, LookupError, TypeError, AttributeError):
        return None


def save(folder: Path, kind: str, key: str, arrays: Arrays) -> None:
    """Save arrays, completely or not at all. Never raises: a full disk only costs time."""
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


def discard_except(folder: Path, keys: Iterable[str]) -> None:
    """Delete old entries but those under these keys, and what killed processes left half-saved.

    Raises:
        OSError: the folder cannot be read.
    """
    kept = tuple(f"-{key[:_SHOWN]}" for key in keys)
    for path in abandoned(folder, "*"):
        if path.is_dir() and not path.name.endswith(kept):
            shutil.rmtree(path, ignore_errors=True)


def abandoned(folder: Path, pattern: str) -> list[Path]:
    """The files and folders that match a pattern and are not new: nobody is about to name them."""
    now = time.time()
    return [each for each in folder.glob(pattern) if now - each.stat().st_mtime > ABANDONED_AFTER]


def _checksum(file: Path) -> int:
    return crc32(file.read_bytes())


def _path(folder: Path, kind: str, key: str) -> Path:
    return folder / f"{kind}-{key[:_SHOWN]}"
