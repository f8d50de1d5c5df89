"""Pages: requests in, whole HTML pages out. What can be pressed is a form, so that the page works
without its script; with it, only the parts that changed are swapped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from adapters import text as plain_text
from adapters.web import painting
from adapters.web.coverage import coverage
from adapters.web.live import Live
from adapters.web.markdown import html_of
from adapters.web.reasons import reasons
from adapters.web.room import room
from adapters.web.trying import Trying, View
from adapters.web.visit import Typed, Visit
from knowledge.desk import HelpDesk
from knowledge.language import LANGUAGES
from knowledge.library import Questions
from knowledge.posts import Platform

NO_SUCH_SECTION = "There is no such section."
_PLATFORMS = {platform.value: platform for platform in Platform}


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["languages"] = {
        language: Locale.parse(language).get_display_name(language) for language in LANGUAGES
    }
    made.tests["piece"] = lambda piece, kind: isinstance(piece, getattr(painting, kind))
    made.filters["html_of"] = html_of
    return made


class Pages:
    """The handlers of every address that shows something."""

    def __init__(self, live: Live, trying: Trying) -> None:
        self._live = live
        self._trying = trying
        self._templates = _environment()

    def routes(self) -> list[web.RouteDef]:
        """Which address is whose."""
        return [
            web.get("/", self.try_it),
            web.post("/ask", self.ask),
            web.post("/act", self.act),
            web.post("/again", self.again),
            web.get("/document", self.document),
            web.get("/why", self.why),
            web.get("/cards", self.cards),
        ]

    # What members see

    async def try_it(self, request: web.Request) -> web.Response:
        """The box, and the menu that an empty command brings."""
        visit = Visit.of(request.query)
        return await self._tried(visit, await self._trying.ask(visit))

    async def ask(self, request: web.Request) -> web.Response:
        """The answer to what was typed."""
        visit = Visit.of(await _form(request))
        views = await self._trying.ask(visit)
        return await self._tried(visit, views, asked=visit.question)

    async def act(self, request: web.Request) -> web.Response:
        """What a button or a menu leads to. `press` holds the platform and the identifier."""
        fields = await _form(request)
        visit = Visit.of(fields)
        where, _, identifier = str(fields.get("press", "")).partition(" ")
        if where not in _PLATFORMS:
            raise web.HTTPBadRequest(text="This button is not of this page.")
        platform = _PLATFORMS[where]
        views = await self._trying.act(visit, platform, identifier)
        return await self._tried(visit, views, platform, asked=visit.asked)

    async def again(self, request: web.Request) -> web.Response:
        """The same as it would be now."""
        visit = Visit.of(await _form(request))
        views = await self._trying.again(visit)
        return await self._tried(visit, views, asked=visit.asked)

    async def _tried(
        self, visit: Visit, views: list[View], where: Platform | None = None, asked: str = ""
    ) -> web.Response:
        """`where` is the platform that was acted on, if it was one alone."""
        acted_on = next((view for view in views if view.dress.platform is where), views[0])
        command = self._live.desks.first.document.command
        return self._page(
            "try.html",
            visit,
            views=views,
            said=acted_on.said,
            asked=asked,
            command=command,
            plain=await self._trying.is_plain(),
        )

    # For editors

    async def document(self, request: web.Request) -> web.Response:
        """A document beside its article; with `only`, one section of it with all its questions."""
        desk, only = self._desk(request), request.query.get("only", "")
        if only and only not in desk.document.by_id:
            raise web.HTTPNotFound(text=NO_SUCH_SECTION)
        library = await self._live.library()
        document = desk.document
        asked = library.questions.get(document.command, Questions()) if library else Questions()
        answers = {each.id: desk.open(each.id) for each in document.sections}
        rooms = {
            id: [room(answer, dress) for dress in self._trying.dresses]
            for id, answer in answers.items()
            if answer
        }
        return self._page(
            "document.html",
            Visit.of(request.query),
            document=document,
            coverage=coverage(document),
            rooms=rooms,
            asked=asked.sections,
            only=only,
        )

    async def why(self, request: web.Request) -> web.Response:
        """Why a question goes where it goes."""
        desks, question = self._live.desks, request.query.get("q", "")
        typed = Typed.of(question, desks)
        desk = desks[typed.command]
        return self._page(
            "why.html",
            Visit.of(request.query),
            question=question,
            why=reasons(desk, typed.words) if question.strip() else None,
            titles=desk.titles,
        )

    # For moderators

    async def cards(self, request: web.Request) -> web.Response:
        """Every section as a card to print; with `only`, one of them."""
        desk, only = self._desk(request), request.query.get("only", "")
        answers = [
            answer
            for section in desk.document.sections
            if only in ("", section.id) and (answer := desk.open(section.id))
        ]
        if not answers:
            raise web.HTTPNotFound(text=NO_SUCH_SECTION)
        return self._page(
            "cards.html",
            Visit.of(request.query),
            document=desk.document,
            cards=[(answer, plain_text.render(answer)) for answer in answers],
            only=only,
        )

    def _desk(self, request: web.Request) -> HelpDesk:
        desks = self._live.desks
        return desks.get(request.query.get("document", "")) or desks.first

    def _page(self, name: str, visit: Visit, **values: Any) -> web.Response:
        live = self._live
        shared = _Shared(live, [desk.document.command for desk in live.desks.values()])
        html = self._templates.get_template(name).render(
            visit=visit,
            shared=shared,
            here=name.removesuffix(".html"),
            to=partial(_address, visit.theme),
            **values,
        )
        return web.Response(text=html, content_type="text/html", charset="utf-8")


async def _form(request: web.Request) -> Mapping[str, object]:
    """What a form sends."""
    try:
        return await request.post()
    except web.HTTPException:
        raise
    except Exception:  # no form, in one of the many ways in which bytes can be none
        raise web.HTTPBadRequest(text="This is no form of this page.") from None


@dataclass(frozen=True, slots=True)
class _Shared:
    """What every page shows."""

    live: Live
    commands: list[str]


def _address(theme: str, path: str, **query: str) -> str:
    """An address of ours; the choice of light or dark comes along, for it is stored nowhere."""
    fields = {name: value for name, value in {"theme": theme, **query}.items() if value}
    return f"{path}?{urlencode(fields)}" if fields else path
