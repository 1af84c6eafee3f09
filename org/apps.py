from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig


class OrgConfig(AppConfig):
    name = "org"
    default = True
    verbose_name = "Organisation"


class PagesConfig(SimpleAdminConfig):
    """Django's admin, as the site of `org.admin.site`."""

    default_site = "org.admin.site.EchoSite"
