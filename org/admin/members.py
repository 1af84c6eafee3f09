"""The people. Who manages members adds them, gives them groups and deactivates them; nobody is deleted."""

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
from org.admin.access import NEEDS_FACTOR, may_act, may_read
from org.admin.texts import when
from org.clock import database_clock
from org.errors import Refused
from org.models import AUDITOR_GROUP, BOARD_GROUP, OPERATOR_GROUP, Member
from org.services import factors, members

if TYPE_CHECKING:
    ChangeForm = UserChangeForm[Member]
    CreationForm = AdminUserCreationForm[Member]
    Pages = UserAdmin[Member]
else:  # Django's classes take no type at run time
    ChangeForm, CreationForm, Pages = UserChangeForm, AdminUserCreationForm, UserAdmin


TICKS = {"on_the_board": BOARD_GROUP, "operates": OPERATOR_GROUP, "audits": AUDITOR_GROUP}


def _tick(text: str, **given: Any) -> forms.BooleanField:
    return forms.BooleanField(required=False, help_text=text, **given)


class MemberForm(ChangeForm):
    on_the_board = _tick("Board: answers what the agents put before it, publishes the charter, sets the treasury.")
    operates = _tick("Operator: reads everything and releases locked sign-ins. Answers nothing.")
    audits = _tick("Auditor: reads everything and changes nothing.")

    class Meta(UserChangeForm.Meta):
        model = Member

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        has = set(self.instance.groups.values_list("name", flat=True))
        for field, group in TICKS.items():
            if field in self.fields:
                self.fields[field].initial = group in has
        if "is_superuser" in self.fields:
            self.fields["is_superuser"].label = "Manages members"
            self.fields["is_superuser"].help_text = "Adds people and puts them on the board. It gives no vote."


class NewMemberForm(CreationForm):
    on_the_board = _tick("Board: answers what the agents put before it.", initial=True)
    operates = _tick("Operator: reads everything and releases locked sign-ins.")
    audits = _tick("Auditor: reads everything and changes nothing.")

    class Meta(AdminUserCreationForm.Meta):
        model = Member


PAGE = "member"
READ_ONLY = (
    (None, {"fields": ("username", "first_name", "last_name", "email")}),
    ("What this person may do", {"fields": ("duties", "is_active", "is_superuser")}),
    ("Signing in", {"fields": ("second_factor", "last_login", "date_joined")}),
)


@admin.register(Member)
class MemberAdmin(Pages):
    form = MemberForm
    add_form = NewMemberForm
    list_display = ("username", "email", "duties", "is_active", "is_superuser", "second_factor", "last_login")
    list_filter = ("is_active", "is_superuser", ("groups", admin.RelatedOnlyFieldListFilter))
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "first_name", "last_name", "email")}),
        ("What this person may do", {"fields": (*TICKS, "is_active", "is_superuser")}),
        ("Signing in", {"fields": ("second_factor", "last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "usable_password", "password1", "password2", *TICKS)}),)
    actions = None
    list_per_page = 50

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_read(request, PAGE)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_read(request, PAGE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_act(request, PAGE)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_act(request, PAGE)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who only reads sees no trace of a password, and groups in words."""
        return super().get_fieldsets(request, obj) if may_act(request, PAGE) else READ_ONLY

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        own = members.KEYS if obj is not None and obj.pk == request.user.pk else ()
        return ("second_factor", "duties", "last_login", "date_joined", *own)

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:
        members.keep(
            member=obj,
            groups=[group for field, group in TICKS.items() if form.cleaned_data[field]],
            changed=form.changed_data if change else (),
            by=_person(request),
            clock=database_clock,
        )
        if not Member.board.on_the_board().exists():
            messages.warning(request, "The board has no active member now: what is put before it cannot be answered.")

    def changeform_view(self, request: HttpRequest, *given: Any, **named: Any) -> HttpResponse:
        """Who sits on the board is who approves, so it too wants a proof of just now."""
        if request.method == "POST" and (why := _why_not_yet(request)):
            messages.error(request, why)
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
        if request.method == "POST" and (why := _why_not_yet(request)):
            messages.error(request, why)
            return HttpResponseRedirect(request.path)
        with transaction.atomic():
            page = super().user_change_password(request, id, form_url)
            if request.method == "POST" and isinstance(page, HttpResponseRedirect):  # it was taken
                member = Member.objects.get(pk=id)
                members.note_password(member=member, by=_person(request), clock=database_clock)
        return page

    @admin.display(description="Groups")
    def duties(self, member: Member) -> str:
        return ", ".join(sorted(group.name for group in member.groups.all())) or "none"

    @admin.display(description="Second factor")
    def second_factor(self, member: Member) -> str:
        factor = factors.of(member)
        if factor is None:
            return "none"
        used = f", last used {when(factor.last_used_at)}" if factor.last_used_at else ""
        return f"since {when(factor.since)}{used}; {factor.recovery_codes_left} recovery codes left"


def _why_not_yet(request: HttpRequest) -> str:
    """What has to happen before this person's deed on a member is done, though the groups allow it."""
    if may_act(request, PAGE) and factors.is_missing(_member(request)):
        return NEEDS_FACTOR
    return "" if passwords.is_fresh(request, database_clock()) else passwords.STALE


def _member(request: HttpRequest) -> Member:
    assert isinstance(request.user, Member)
    return request.user


def _person(request: HttpRequest) -> Actor:
    return Actor.member(_member(request))
