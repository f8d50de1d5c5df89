"""Ten thousand requests of noise at the page of `ldn-bot preview`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlencode

import aiohttp
import pytest

from tests.bot.folders import small_folder
from tests.bot.marked import TYPED, WORD
from tests.bot.running import running_bot
from tests.fuzz.mutations import GARBAGE, VALUES, Mutator
from tests.fuzz.watched import INPUTS, SEED, Watched, batches
from tests.fuzz.wires import Answers, Sent, as_bytes, broken, request
from tests.ports import free_port

pytestmark = pytest.mark.long

PATHS = ("/", "/ask", "/act", "/again", "/document", "/why", "/cards", "/static/page.js")
FIELDS = {
    "question": TYPED, "asked": TYPED, "role": "moderator", "language": "de", "plain": "on",
    "theme": "dark", "showing-slack": "ldn:open:forms:1", "showing-discord": "ldn:choose::1",
    "choice-slack": "forms", "choice-discord": "limits", "press": "slack ldn:post:forms:1",
    "document": "ldn", "only": "forms", "q": TYPED,
}  # fmt: skip
KINDS = (
    *("application/x-www-form-urlencoded",) * 6,
    *("multipart/form-data", "multipart/form-data; boundary=x", "application/json", WORD),
    "application/x-www-form-urlencoded; charset=nope",
)


def noise(mutator: Mutator, port: int) -> Sent:
    """One request: of a stranger or of the page itself; whole, or broken."""
    choose = mutator.random
    if choose.random() < 0.4:
        return broken(mutator, *PATHS, f"/{WORD}")
    fields = mutator.changed({name: FIELDS[name] for name in choose.sample(list(FIELDS), k=6)})
    pairs = fields.items() if isinstance(fields, dict) else [("question", choose.choice(VALUES))]
    filled = urlencode([(as_bytes(name), as_bytes(value)) for name, value in pairs])
    # As aiohttp keeps lines: within eight kilobytes.
    path = f"{choose.choice(PATHS)}?{filled[:6000]}"
    host = choose.choice((f"127.0.0.1:{port}",) * 5 + ("127.0.0.1", WORD))
    headers = {"Host": host}
    if choose.random() < 0.4:
        return Sent((request(choose.choice(("GET", "HEAD")), path, headers),), whole=False)
    body = choose.choice(GARBAGE) if choose.random() < 0.1 else filled.encode()
    if choose.random() < 0.2:
        body = mutator.spoilt(body)
    headers |= {
        "Origin": choose.choice((f"http://127.0.0.1:{port}",) * 5 + ("null", WORD)),
        "Content-Type": choose.choice(KINDS),
    }
    if choose.random() < 0.05:
        headers["Content-Encoding"] = choose.choice(("gzip", "deflate", "br"))
    path = choose.choice(("/ask", "/act", "/again", f"/{quote(WORD)}"))
    return Sent((request("POST", path, headers, body),), whole=False)


async def test_no_noise_brings_the_page_to_fall(tmp_path: Path) -> None:
    answers, mutator = Answers(), Mutator(SEED)
    settings = {
        "LDN_DOCUMENTS": str(small_folder(tmp_path / "documents")),
        "LDN_LOG_LEVEL": "DEBUG",
        "LDN_LOG_FORMAT": "json",
    }
    port = free_port()
    arguments = ("preview", "--port", str(port))
    data = tmp_path / "data"
    async with running_bot(data, arguments=arguments, development=False, **settings) as bot:
        address = await bot.says(f"http://127.0.0.1:{port}/")
        watched = Watched(bot)
        async with aiohttp.ClientSession(address) as http:
            for batch in batches():
                await answers.send(port, (noise(mutator, port) for _ in batch))
                async with http.get("/why", params={"q": "forms"}) as answer:
                    assert answer.status == 200
                watched.look(batch.stop)
        watched.tell(requests=answers.statuses)
        watched.has_not_grown()
        assert await bot.stop() == 0
        (tmp_path / "output").write_text(bot.output)
        watched.said_nothing_of_anyone()
    assert answers.statuses.total() == INPUTS
    assert answers.wrong == []
    assert max(answers.statuses) < 500
