"""A real browser in front of the real pages, on a database of the test's own."""

from __future__ import annotations

import os
import socket
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.people import PASSWORD
from tests.stack import Organisation, Servers, wait_until

SHOTS = Path(os.environ.get("ECHO_TEST_SHOTS", "/tmp/shots"))
CHROMIUM = "/usr/bin/chromium"
QUIETLY = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
LAPTOP, PHONE = (1280, 860), (390, 844)


@dataclass
class Visitor:
    """A person at a browser. `complaints`: what the browser's console objected to, the content policy included."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        self.open("/admin/")
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()
        self.page.wait_for_url(f"{self.url}/admin/")

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def shoot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    @property
    def is_too_wide(self) -> bool:
        """Whether the page can be scrolled sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.fixture
def organisation(committed: str, servers: Servers) -> Iterator[Organisation]:
    """Echo on a database of the test's own; the test starts what it needs of it beside the pages."""
    running = Organisation(servers, committed)
    yield running
    running.stop()


@pytest.fixture
def web(organisation: Organisation) -> str:
    """The address of the pages, served by uvicorn on the test's database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = organisation.start("web", "-m", "uvicorn", "echo_project.asgi:application", "--port", str(port))
    url = f"http://127.0.0.1:{port}"

    def is_up() -> bool:
        assert process.process.poll() is None, process.output()
        try:
            return bool(urllib.request.urlopen(f"{url}/admin/login/").status == 200)
        except OSError:
            return False

    wait_until(is_up, 30, "the web pages")
    return url


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps a loop of its own in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIETLY))
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visit(chromium: Browser, web: str) -> Iterator[Any]:
    """`visit(PHONE, "dark")`: a fresh browser window for one person."""
    contexts = []

    def begin(size: tuple[int, int] = LAPTOP, scheme: Any = "light") -> Visitor:
        phone = size == PHONE
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            has_touch=phone,
            is_mobile=phone,
            device_scale_factor=2 if phone else 1,
        )
        contexts.append(context)
        visitor = Visitor(context.new_page(), web)
        visitor.page.on(
            "console", lambda said: visitor.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        return visitor

    yield begin
    for context in contexts:
        context.close()
