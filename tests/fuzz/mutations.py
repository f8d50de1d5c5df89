"""Hostile variants of what platforms really send: anything, anywhere in it; the same for a seed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

from tests.bot.marked import NUMBER, TYPED, WORD

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 4, 5, 0.5, -0.0, 2**31, 2**63, 2**64, 10**30, 1e308),
    *("", " ", "0", "-1", "1e9", "null", "\x00", f"\x00{WORD}", f"\ud800{WORD}"),
    *(WORD, TYPED, NUMBER, f"{NUMBER}0000001", f"{WORD}:{WORD}", f"ldn:open:{WORD}:1"),
    *("ldn:choose::1", "ldn:ask::1", "ldn:draft::1", "ldn:post:forms:1", "ldn:keep:forms:1"),
    *("ldn", "/ldn", "/ldn-mod", "ldn-mod", "ldn-answer", "pins", "pin forms", "forms"),
    *(f"<@{WORD}>", f"<!{WORD}|{WORD}>", "<" * 500, f"https://127.0.0.1:9/{WORD}"),
    *("%s%n", "{0}", "${jndi:x}", "\u202e\u2066\ufeff", "\U000e0041", "a\u0300" * 300, "字" * 900),
    *([], {}, [[]], [{}], [None], {"": None}, [WORD], {WORD: WORD}, [[WORD], {WORD: [TYPED]}]),
    *({"id": WORD}, {"id": None}, {"id": 5}, {"type": WORD}, {"text": WORD}, [WORD] * 300),
    *("message", "block_actions", "view_submission", "message_action", "event_callback", "im"),
    *("url_verification", "tokens_revoked", "app_uninstalled", "app_mention", "app_home_opened"),
)  # fmt: skip
"""Instead of anything. Those of the last lines mean something elsewhere."""

RAW = {
    "@deep lists": "[" * 30_000 + "]" * 30_000,
    "@deep objects": '{"a":' * 30_000 + "1" + "}" * 30_000,
    "@rather deep": '{"a":[' * 300 + f'"{WORD}"' + "]}" * 300,
    "@many digits": "9" * 5_000,
    "@too large": "1e999",
    "@no number": "NaN",
    "@twice": f'{{"type":"{WORD}","type":5}}',
    "@long": f'"{WORD * 10_000}"',
}
"""What Python's `json` does not write, by what is written for it."""

GARBAGE = (
    *(b"", b"{", b"}", b"[]", b"{}", b"5", b"null", b"NaN", b'"x"', b"[[", b"\xff", b"\x00" * 9),
    *(b"payload=", b"payload=%7B", b"payload=%5B%5D", b"payload=null", b"payload=5&command=x"),
    *(b"command=%ff", b"ssl_check=1&command=x", b"type", b"&&&&", b"=&=", b"%"),
    b"command=/ldn&command=x",
    *(b"<html>", b"\xef\xbb\xbf{}", b'{"a":1}{"b":2}', b"{'type':1}", b'{"type":"\xff"}'),
    *(b'{"type":"\\ud800"}', b'{"t":1,"t":2}', "{\"type\":\"x\"}".encode("utf-16")),
)  # fmt: skip


_CHARACTERS = (
    *((0x00, 0x1F), (0x20, 0x7E), (0x7F, 0xFF), (0x300, 0x36F), (0x590, 0x6FF), (0x2000, 0x206F)),
    *((0x4E00, 0x9FFF), (0xD800, 0xDFFF), (0x1F300, 0x1FAFF), (0xE0000, 0xE007F)),
)
"""The first and the last of each kind, halves of pairs among them."""


class Mutator:
    """Makes variants, always the same ones for a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def value(self) -> Any:
        """Something hostile."""
        choose = self.random
        if choose.random() < 0.06:
            return choose.choice(list(RAW))
        if choose.random() < 0.1:
            return f"{WORD}{self.text(choose.randrange(40))}"
        return copy.deepcopy(choose.choice(VALUES))

    def text(self, length: int) -> str:
        """Any characters at all."""
        choose = self.random
        return "".join(chr(choose.randint(*choose.choice(_CHARACTERS))) for _ in range(length))

    def changed(self, payload: Any) -> Any:
        """A copy with something hostile at one place, or at several."""
        payload = copy.deepcopy(payload)
        for _ in range(self.random.choice((1, 1, 1, 1, 2, 3, 8))):
            payload = self._changed_once(payload)
        return payload

    def json(self, payload: Any) -> str:
        """The text of a variant."""
        return written(self.changed(payload))

    def spoilt(self, data: bytes) -> bytes:
        """Bytes of which some are lost, doubled or others."""
        changed, choose = bytearray(data), self.random
        for _ in range(choose.choice((1, 1, 2, 5, 20))):
            at = choose.randrange(len(changed) + 1)
            upto = min(len(changed), at + choose.choice((0, 1, 1, 3, 30)))
            new = (b"", choose.randbytes(upto - at), changed[at:upto] * 2, choose.choice(GARBAGE))
            changed[at:upto] = choose.choice(new)
        return bytes(changed)

    def _changed_once(self, payload: Any) -> Any:
        places = list(_places(payload))
        if not places or self.random.random() < 0.01:
            return self.value()
        holder, key = self.random.choice(places)
        match self.random.randrange(10):
            case 0 | 1:
                del holder[key]
            case 2:
                holder[key] = [holder[key]]
            case 3:
                holder[key] = {self.random.choice((WORD, "id", "type", "")): holder[key]}
            case 4:
                other, elsewhere = self.random.choice(places)
                # By its text: it may hold the very place that it comes to.
                holder[key] = copy.deepcopy(other[elsewhere])
            case 5 if isinstance(holder, dict):
                holder[self.random.choice((WORD, "", "type", "id", "__class__", "\ud800"))] = (
                    holder.pop(key)
                )
            case _:
                holder[key] = self.value()
        return payload


def written(payload: Any) -> str:
    """JSON, with what `RAW` stands for."""
    text = json.dumps(payload)
    for name, raw in RAW.items():
        text = text.replace(f'"{name}"', raw)
    return text


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a payload where there is something."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    for key, each in inside:
        yield value, key
        yield from _places(each)
