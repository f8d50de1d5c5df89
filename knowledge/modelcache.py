"""What was learned, kept on disk until anything that it was learned from changes.

A folder's name and content hold a key made of all inputs and of the code that learns. One with
another key, a broken one, or one that something else wrote is not used, and learned anew. A cache
that cannot be written only costs time.
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

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

KEPT = 8
"""Models of one kind that stay in the cache: those of several documents, and the last few."""

_CODE = ("classifier", "features", "ideas", "lexical", "modelcache", "safety", "search", "synonyms")
_KEY = "key"
_SUFFIX = ".npy"


def key_of(inputs: object) -> str:
    """A name for the inputs (plain values) together with the code that learns from them."""
    digest = hashlib.sha256(json.dumps(inputs, ensure_ascii=False).encode())
    digest.update(np.__version__.encode())
    for module in _CODE:
        digest.update(pkgutil.get_data(__package__, f"{module}.py") or b"")
    return digest.hexdigest()


def load(folder: Path, kind: str, key: str) -> Arrays | None:
    """What was saved under this kind and key; nothing if it is not there or not sound.

    Arrays are mapped, not read: of the large ones only what is looked at takes memory.
    """
    path = _path(folder, kind, key)
    try:
        if (path / _KEY).read_text(encoding="ascii") != key:
            return None
        return {
            file.stem: np.load(file, mmap_mode="r", allow_pickle=False)
            for file in path.glob(f"*{_SUFFIX}")
        }
    except (OSError, ValueError, EOFError):
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
            (new / _KEY).write_text(key, encoding="ascii")
            shutil.rmtree(path, ignore_errors=True)
            new.rename(path)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        by_age = sorted(folder.glob(f"{kind}-*"), key=lambda each: each.stat().st_mtime)
        for old in by_age[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)


def _path(folder: Path, kind: str, key: str) -> Path:
    return folder / f"{kind}-{key[:20]}"
