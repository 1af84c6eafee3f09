from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

import org.admin  # noqa: F401  our pages, and no others: those that packages bring along would show secrets

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
]
