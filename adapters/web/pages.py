"""Pages: handles requests and returns whole HTML pages.

Every control is part of a form, so the page works without its script; the script swaps only the
parts that changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from adapters import text as plain_text
from adapters.web import elements
from adapters.web.coverage import coverage
from adapters.web.explanation import explain
from adapters.web.live_documents import LiveDocuments
from adapters.web.markdown import html_of
from adapters.web.page_state import PageState, TypedCommand
from adapters.web.playground import PlatformView, Playground
from adapters.web.usage import limit_usage
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
    made.tests["kind"] = lambda value, kind: isinstance(value, getattr(elements, kind))
    made.filters["html_of"] = html_of
    return made


class Pages:
    """The handlers of every address that returns HTML."""

    def __init__(self, documents: LiveDocuments, playground: Playground) -> None:
        self._documents = documents
        self._playground = playground
        self._templates = _environment()

    def routes(self) -> list[web.RouteDef]:
        """The address of each handler."""
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
        """Show the input box and the answer to an empty command, which is the menu."""
        state = PageState.of(request.query)
        return await self._tried(state, await self._playground.ask(state))

    async def ask(self, request: web.Request) -> web.Response:
        """Answer what was typed."""
        state = PageState.of(await _form(request))
        views = await self._playground.ask(state)
        return await self._tried(state, views, asked=state.question)

    async def act(self, request: web.Request) -> web.Response:
        """Do what a button or a menu says; `press` holds the platform and the identifier.

        Raises:
            web.HTTPBadRequest: `press` names no platform.
        """
        fields = await _form(request)
        state = PageState.of(fields)
        where, _, identifier = str(fields.get("press", "")).partition(" ")
        if where not in _PLATFORMS:
            raise web.HTTPBadRequest(text="This button is not of this page.")
        platform = _PLATFORMS[where]
        views = await self._playground.act(state, platform, identifier)
        return await self._tried(state, views, platform, asked=state.asked)

    async def again(self, request: web.Request) -> web.Response:
        """Show the same again, with the present documents."""
        state = PageState.of(await _form(request))
        views = await self._playground.again(state)
        return await self._tried(state, views, asked=state.asked)

    async def _tried(
        self,
        state: PageState,
        views: list[PlatformView],
        where: Platform | None = None,
        asked: str = "",
    ) -> web.Response:
        """`where` is the platform on which something was pressed, if it was one alone."""
        acted_on = next((view for view in views if view.renderer.platform is where), views[0])
        command = self._documents.desks.first.document.command
        return self._page(
            "try.html",
            state,
            views=views,
            said=acted_on.said,
            asked=asked,
            command=command,
            plain=await self._playground.is_plain(),
        )

    # For editors

    async def document(self, request: web.Request) -> web.Response:
        """Show a document beside its article; with `only`, one section with all its questions.

        Raises:
            web.HTTPNotFound: there is no such section.
        """
        desk, only = self._desk(request), request.query.get("only", "")
        if only and only not in desk.document.by_id:
            raise web.HTTPNotFound(text=NO_SUCH_SECTION)
        library = await self._documents.library()
        document = desk.document
        asked = library.questions.get(document.command, Questions()) if library else Questions()
        answers = {each.id: desk.lookup(each.id) for each in document.sections}
        usages = {
            id: [limit_usage(answer, renderer) for renderer in self._playground.renderers]
            for id, answer in answers.items()
            if answer
        }
        return self._page(
            "document.html",
            PageState.of(request.query),
            document=document,
            coverage=coverage(document),
            usages=usages,
            asked=asked.sections,
            only=only,
        )

    async def why(self, request: web.Request) -> web.Response:
        """Explain why a question gets the answer that it gets."""
        desks, question = self._documents.desks, request.query.get("q", "")
        typed = TypedCommand.of(question, desks)
        desk = desks[typed.command]
        return self._page(
            "why.html",
            PageState.of(request.query),
            question=question,
            why=explain(desk, typed.words) if question.strip() else None,
            titles=desk.titles,
        )

    # For moderators

    async def cards(self, request: web.Request) -> web.Response:
        """Show every section as a card to print; with `only`, one of them.

        Raises:
            web.HTTPNotFound: there is no such section.
        """
        desk, only = self._desk(request), request.query.get("only", "")
        answers = [
            answer
            for section in desk.document.sections
            if only in ("", section.id) and (answer := desk.lookup(section.id))
        ]
        if not answers:
            raise web.HTTPNotFound(text=NO_SUCH_SECTION)
        return self._page(
            "cards.html",
            PageState.of(request.query),
            document=desk.document,
            cards=[(answer, plain_text.render(answer)) for answer in answers],
            only=only,
        )

    def _desk(self, request: web.Request) -> HelpDesk:
        desks = self._documents.desks
        return desks.get(request.query.get("document", "")) or desks.first

    def _page(self, name: str, state: PageState, **values: Any) -> web.Response:
        html = self._templates.get_template(name).render(
            state=state,
            live=self._documents,
            here=name.removesuffix(".html"),
            to=partial(_address, state.theme),
            **values,
        )
        return web.Response(text=html, content_type="text/html", charset="utf-8")


async def _form(request: web.Request) -> Mapping[str, object]:
    """The fields of a posted form.

    Raises:
        web.HTTPBadRequest: the body is not a form.
    """
    try:
        return await request.post()
    except web.HTTPException:
        raise
    except Exception:  # no form, in one of the many ways in which bytes can be none
        raise web.HTTPBadRequest(text="This is no form of this page.") from None


def _address(theme: str, path: str, **query: str) -> str:
    """An address of this page. The theme is part of it, because nothing is stored."""
    fields = {name: value for name, value in {"theme": theme, **query}.items() if value}
    return f"{path}?{urlencode(fields)}" if fields else path
