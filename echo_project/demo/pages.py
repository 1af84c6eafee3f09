"""A person at the web pages: reads what a browser would be sent, follows links, fills in the forms that are there."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from time import perf_counter
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx2

from echo_project.demo.errors import Deviation

KEPT = {"a": "href", "h1": "class", "p": "class", "textarea": "name"}  # elements whose text is wanted, and an attribute
SILENT = frozenset({"script", "style", "template"})
TIMEOUT_SECONDS = 20.0


@dataclass
class Form:
    """A form with the values it would send as it stands, and its named buttons as (name, value)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Page:
    """One page as a reader of its source knows it."""

    url: str
    status: int
    ms: float
    heading: str = ""
    text: str = ""
    lede: str = ""  # the sentence under the heading
    links: list[tuple[str, str]] = field(default_factory=list)  # address, text
    forms: list[Form] = field(default_factory=list)

    def link(self, words: str) -> str:
        """The address of the first link whose text contains `words`."""
        for address, text in self.links:
            if words in text:
                return urljoin(self.url, address)
        raise Deviation(f"The page {self.url} ({self.heading}) has no link {words!r}.")

    def form_with(self, *names: str) -> Form:
        """The first form that has all these fields."""
        for form in self.forms:
            if set(names) <= set(form.fields) | {name for name, _ in form.buttons}:
                return form
        raise Deviation(
            f"The page {self.url} ({self.heading}, status {self.status}) has no form with {', '.join(names)}."
        )


class _Reader(HTMLParser):
    """Collects what `Page` shows. Text of one element is joined and its white space folded."""

    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self._words: list[str] = []
        self._kept: list[tuple[str, int, str]] = []  # element, where its text begins, its address
        self._silent = 0
        self._select = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag in SILENT:
            self._silent += 1
        if tag in KEPT:
            self._kept.append((tag, len(self._words), given.get(KEPT[tag], "")))
        if tag == "form":
            self.page.forms.append(
                Form(urljoin(self.page.url, given.get("action", "")), given.get("method", "get").lower())
            )
        elif self.page.forms and (name := given.get("name")):
            self._control(tag, name, given, self.page.forms[-1])

    def _control(self, tag: str, name: str, given: dict[str, str], form: Form) -> None:
        kind = given.get("type", "submit" if tag == "button" else "text")
        if tag in ("input", "button") and kind == "submit":
            form.buttons.append((name, given.get("value", "")))
        elif tag == "input" and (kind not in ("checkbox", "radio") or "checked" in given):
            form.fields[name] = given.get("value", "")
        elif tag in ("select", "textarea"):
            form.fields[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT and self._silent:
            self._silent -= 1
        if any(kept == tag for kept, *_ in self._kept):
            while self._kept[-1][0] != tag:  # a paragraph may be left open
                self._kept.pop()
            _, start, given = self._kept.pop()
            text = " ".join(" ".join(self._words[start:]).split())
            if tag == "a":
                self.page.links.append((given, text))
            elif tag == "h1":
                self.page.heading = text  # the last one: the site's own name comes first
            elif tag == "p":
                self.page.lede = text if given == "lede" else self.page.lede
            elif self.page.forms:
                self.page.forms[-1].fields[given] = text

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._words.append(data)

    def close(self) -> None:
        super().close()
        self.page.text = " ".join(" ".join(self._words).split())


class Browser:
    """One person's session at the pages under `root`: cookies are kept, redirects followed, each load is timed."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.loads: list[float] = []  # milliseconds
        self._http = httpx2.AsyncClient(follow_redirects=True, timeout=TIMEOUT_SECONDS, trust_env=False)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def open(self, address: str) -> Page:
        return await self._load("GET", urljoin(self.root, address), None)

    async def send(self, form: Form, **typed: str) -> Page:
        """Post a form as it stood on its page, with what the person typed and the button pressed."""
        return await self._load("POST", form.action, {**form.fields, **typed})

    async def _load(self, method: str, url: str, data: dict[str, str] | None) -> Page:
        begun = perf_counter()
        try:
            answer = await self._http.request(method, url, data=data)
        except httpx2.HTTPError as error:
            raise Deviation(f"{method} {url} broke off: {error or type(error).__name__}") from error
        ms = (perf_counter() - begun) * 1000
        self.loads.append(ms)
        page = Page(str(answer.url), answer.status_code, ms)
        reader = _Reader(page)
        reader.feed(answer.text)
        reader.close()
        if answer.status_code != 200:
            raise Deviation(f"{method} {url} answered {answer.status_code}: {page.heading or page.text[:200]}")
        return page
