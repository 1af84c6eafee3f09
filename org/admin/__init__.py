"""The pages for people: presentation only; every button calls a service as a person."""

from django.contrib import admin
from django.contrib.auth.models import Group

from org.admin import charters, decisions, escalations, letters, members, records, runs, stops, treasury  # noqa: F401  importing them registers their pages

admin.site.unregister(Group)  # there are three, ticked on the member's page
