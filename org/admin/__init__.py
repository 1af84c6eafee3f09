"""The pages for people: presentation only; every button calls a service as a person."""

from django.contrib import admin
from django.contrib.auth.models import Group

from org.admin import charters, escalations, members, records, stops, treasury  # noqa: F401  importing them registers their pages
from org.admin.passwords import SignInForm

admin.site.site_header = admin.site.site_title = "Echo"
admin.site.index_title = "Echo"
admin.site.site_url = None
admin.site.enable_nav_sidebar = False
admin.site.login_form = SignInForm
admin.site.unregister(Group)  # the one group there is, Board, is a tick on the member's page
