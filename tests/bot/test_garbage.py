"""What the garbage collector does once a process has settled."""

from __future__ import annotations

import gc
import weakref

import pytest

from bot import garbage

pytestmark = pytest.mark.usefixtures("collector_as_it_was")


class Knot:
    """Holds itself, so that only the collector can make it go."""

    def __init__(self) -> None:
        self.itself = self


def test_what_is_in_memory_then_is_not_looked_at_again() -> None:
    before = Knot()
    garbage.freeze()
    assert not any(each is before for each in gc.get_objects())
    after = Knot()
    assert any(each is after for each in gc.get_objects())


def test_what_was_replaced_since_goes_when_it_settles_anew() -> None:
    old = Knot()
    gone = weakref.ref(old)
    garbage.freeze()
    del old
    gc.collect()
    assert gone() is not None, "it was set aside"
    garbage.freeze()
    assert gone() is None


def test_what_was_made_since_and_is_not_used_any_more_goes_when_it_tidies() -> None:
    garbage.freeze()
    new = Knot()
    gone = weakref.ref(new)
    del new
    assert gone() is not None
    garbage.collect()
    assert gone() is None
