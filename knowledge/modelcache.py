"""What was learned, kept on disk until anything that it was learned from changes.

A file's name and content hold a key made of all inputs and of the code that learns. A file with
another key, a broken one, or one that something else wrote is not used, and learned anew. A cache
that cannot be written only costs time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pkgutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

KEPT = 8
"""Files of one kind that stay in the folder: models of several documents, and the last few."""

_CODE = ("classifier", "features", "ideas", "lexical", "modelcache", "safety", "search", "synonyms")
_KEY = "key"


def key_of(inputs: object) -> str:
    """A name for the inputs (plain values) together with the code that learns from them."""
    digest = hashlib.sha256(json.dumps(inputs, ensure_ascii=False).encode())
    digest.update(np.__version__.encode())
    for module in _CODE:
        digest.update(pkgutil.get_data(__package__, f"{module}.py") or b"")
    return digest.hexdigest()


def load(folder: Path, kind: str, key: str) -> Arrays | None:
    """What was saved under this kind and key; nothing if it is not there or not sound."""
    try:
        with np.load(_path(folder, kind, key), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None
    saved = arrays.pop(_KEY, None)
    return arrays if saved is not None and saved.tobytes() == key.encode() else None


def save(folder: Path, kind: str, key: str, arrays: Arrays) -> None:
    """Keep the arrays: wholly or not at all, so that a reader never sees half a file."""
    path = _path(folder, kind, key)
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=f".{kind}-", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                marked = {_KEY: np.frombuffer(key.encode(), dtype=np.uint8), **arrays}
                np.savez(file, allow_pickle=False, **marked)
            os.replace(name, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
        by_age = sorted(folder.glob(f"{kind}-*.npz"), key=lambda file: file.stat().st_mtime)
        for old in by_age[:-KEPT]:
            old.unlink(missing_ok=True)


def _path(folder: Path, kind: str, key: str) -> Path:
    return folder / f"{kind}-{key[:20]}.npz"
