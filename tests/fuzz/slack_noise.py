"""What somebody sends to Slack's endpoint: no good HTTP, what is not signed, and signed garbage."""

from __future__ import annotations

import hmac
import time
from urllib.parse import urlencode

from tests.bot.marked import WORD
from tests.fuzz.mutations import GARBAGE, Mutator
from tests.fuzz.slack_corpus import Payload
from tests.fuzz.wires import Sent, as_bytes, broken, request

SECRET = "not-a-secret"
EVENTS = "/slack/events"
FORM = "application/x-www-form-urlencoded"
KINDS = (
    *(FORM, FORM, FORM, "application/json", "application/json", "text/plain; charset=nope", ""),
    *("multipart/form-data; boundary=x", f"application/json; charset={WORD}", "a" * 5000),
)


def signed(body: bytes, age: float = 0.0) -> dict[str, str]:
    """The headers of a body that Slack signed so many seconds ago, even if it is no text."""
    at = str(int(time.time() - age))
    digest = hmac.new(SECRET.encode(), b"v0:" + at.encode() + b":" + body, "sha256").hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}


class SlackNoise:
    """Requests for Slack's path, of three sorts."""

    def __init__(self, seed: int, corpus: list[Payload]) -> None:
        self._mutator = Mutator(seed)
        self._random = self._mutator.random
        self._corpus = corpus
        self._sent: list[bytes] = []
        self._number = 0

    def broken(self) -> Sent:
        """No good HTTP."""
        return broken(self._mutator, EVENTS, "/", f"{EVENTS}/{WORD}")

    def unsigned(self) -> Sent:
        """Something that Slack would send, which it has not signed, or not now, or which is old."""
        body, kind = self._body()
        headers = signed(body)
        names = list(headers)
        match self._random.randrange(7):
            case 0:
                headers = {}
            case 1:
                del headers[self._random.choice(names)]
            case 2:
                headers[self._random.choice(names)] = self._random.choice(
                    ("", "v0=", "0", "-1", "1e9", "9" * 4000, "v0=" + "0" * 64, WORD, "v0=\u00e4")
                )
            case 3:
                headers = signed(body, age=self._random.choice((301, 9e8, -302)))
            case 4:
                body += b" "
            case 5:
                headers = signed(body[:-1] + b"\x00")
            case _ if self._sent:
                return Sent((self._random.choice(self._sent),))
            case _:
                headers = {name: value[::-1] for name, value in headers.items()}
        return Sent((request("POST", EVENTS, {**headers, "Content-Type": kind}, body),))

    def signed(self) -> Sent:
        """Garbage that Slack has signed."""
        body, kind = self._body()
        headers = {**signed(body), "Content-Type": kind}
        if self._random.random() < 0.1:
            headers["X-Slack-Retry-Num"] = self._random.choice(("1", "x", "-1", WORD))
        whole = request("POST", EVENTS, headers, body)
        self._sent = [*self._sent[-50:], whole]
        return Sent((whole,))

    def _body(self) -> tuple[bytes, str]:
        choose = self._random
        if choose.random() < 0.1:
            # Two that are the same would be taken for a repetition.
            return choose.choice(GARBAGE) + b" " * choose.randrange(500), choose.choice(KINDS)
        payload = choose.choice(self._corpus)
        # Slack gives each press and each event an id of its own; what has none of its own is known.
        self._number += 1
        for name in payload.content.keys() & {"trigger_id", "event_id"}:
            payload.content[name] = f"{WORD}{self._number}"
        match payload.kind:
            case "slash_commands":
                changed = self._mutator.changed(payload.content)
                pairs = changed.items() if isinstance(changed, dict) else [("payload", changed)]
                fields = {as_bytes(name): as_bytes(value) for name, value in pairs}
                body, kind = urlencode(fields).encode(), FORM
            case "interactive":
                said = self._mutator.json(payload.content)
                body, kind = urlencode({"payload": said}).encode(), FORM
            case _:
                body, kind = self._mutator.json(payload.content).encode(), "application/json"
        if choose.random() < 0.1:
            body = self._mutator.spoilt(body)
        return body, choose.choice(KINDS) if choose.random() < 0.05 else kind
