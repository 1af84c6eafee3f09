"""The people. Superusers add them, put them on the board, and deactivate them; nobody is deleted from the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from org.actors import Actor
from org.admin import passwords
from org.clock import database_clock
from org.errors import Refused
from org.models import BOARD_GROUP, Member
from org.services import members

if TYPE_CHECKING:
    ChangeForm = UserChangeForm[Member]
    CreationForm = AdminUserCreationForm[Member]
    Pages = UserAdmin[Member]
else:  # Django's classes take no type at run time
    ChangeForm, CreationForm, Pages = UserChangeForm, AdminUserCreationForm, UserAdmin


class MemberForm(ChangeForm):
    on_the_board = forms.BooleanField(required=False, help_text="Answers what the agents put before the board.")

    class Meta(UserChangeForm.Meta):
        model = Member

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.fields["on_the_board"].initial = self.instance.groups.filter(name=BOARD_GROUP).exists()
        if "is_superuser" in self.fields:
            self.fields["is_superuser"].label = "Manages members"
            self.fields["is_superuser"].help_text = "Adds people and puts them on the board. It gives no vote."


class NewMemberForm(CreationForm):
    on_the_board = forms.BooleanField(required=False, initial=True)

    class Meta(AdminUserCreationForm.Meta):
        model = Member


@admin.register(Member)
class MemberAdmin(Pages):
    form = MemberForm
    add_form = NewMemberForm
    list_display = ("username", "email", "on_the_board", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser", ("groups", admin.RelatedOnlyFieldListFilter))
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "first_name", "last_name", "email")}),
        ("What this person may do", {"fields": ("on_the_board", "is_active", "is_superuser")}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "usable_password", "password1", "password2", "on_the_board")}),)
    actions = None

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._manages(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._manages(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._manages(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._manages(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @staticmethod
    def _manages(request: HttpRequest) -> bool:
        return members.manages_members(request.user)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        own = members.KEYS if obj is not None and obj.pk == request.user.pk else ()
        return ("last_login", "date_joined", *own)

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:
        members.keep(
            member=obj,
            on_the_board=form.cleaned_data["on_the_board"],
            changed=form.changed_data if change else (),
            by=_person(request),
            clock=database_clock,
        )
        if not Member.board.on_the_board().exists():
            messages.warning(request, "The board has no active member now: what is put before it cannot be answered.")

    def changeform_view(self, request: HttpRequest, *given: Any, **named: Any) -> HttpResponse:
        """Who sits on the board is who approves, so it too wants a password typed just now."""
        if request.method == "POST" and not passwords.is_fresh(request, database_clock()):
            messages.error(request, passwords.STALE)
            return HttpResponseRedirect(request.path)
        try:
            return super().changeform_view(request, *given, **named)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(request.path)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Another person's password. One's own is changed where the old one is asked for."""
        if id == str(request.user.pk):
            return HttpResponseRedirect(reverse("admin:password_change"))
        if request.method == "POST" and not passwords.is_fresh(request, database_clock()):
            messages.error(request, passwords.STALE)
            return HttpResponseRedirect(request.path)
        with transaction.atomic():
            page = super().user_change_password(request, id, form_url)
            if request.method == "POST" and isinstance(page, HttpResponseRedirect):  # it was taken
                member = Member.objects.get(pk=id)
                members.note_password(member=member, by=_person(request), clock=database_clock)
        return page

    @admin.display(boolean=True)
    def on_the_board(self, member: Member) -> bool:
        return any(group.name == BOARD_GROUP for group in member.groups.all())


def _person(request: HttpRequest) -> Actor:
    assert isinstance(request.user, Member)
    return Actor.member(request.user)
