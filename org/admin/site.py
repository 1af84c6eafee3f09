"""Echo's pages as one site: Django's admin with sign-in in two steps, and pages for one's factor and for locks."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from org.admin import doors, own_factor, references, releases


class EchoSite(AdminSite):
    site_header = site_title = index_title = "Echo"
    site_url = None
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own: list[URLPattern | URLResolver] = [
            path("login/code/", self.login_code, name="login_code"),
            path("second-factor/", self.admin_view(self.second_factor), name="second_factor"),
            path("sign-ins/", self.admin_view(self.sign_ins), name="sign_ins"),
            path("ref/<str:ref>/", self.admin_view(references.page), name="ref"),
        ]
        return own + list(super().get_urls())

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        given = {"title": "Log in", "app_path": request.get_full_path(), "username": request.user.get_username()}
        return doors.SignIn.as_view(extra_context=self._context(request, **given))(request)

    @method_decorator(never_cache)
    @login_not_required
    def login_code(self, request: HttpRequest) -> HttpResponseBase:
        """The second step: nobody is signed in before it."""
        return doors.CodeStep.as_view(extra_context=self._context(request, title="Your second factor"))(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "POST":
            doors.note_leaving(request)
        return super().logout(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return doors.OwnPassword.as_view(extra_context=self._context(request))(request)

    def second_factor(self, request: HttpRequest) -> HttpResponse:
        return own_factor.page(request, self.each_context(request))

    def sign_ins(self, request: HttpRequest) -> HttpResponse:
        return releases.page(request, self.each_context(request))

    def _context(self, request: HttpRequest, **more: Any) -> dict[str, Any]:
        return {**self.each_context(request), "subtitle": None, **more}
