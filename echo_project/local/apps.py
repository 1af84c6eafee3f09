from django.apps import AppConfig


class LocalConfig(AppConfig):
    """Makes `manage.py up` and `manage.py stack` known; holds no models."""

    name = "echo_project.local"
    label = "local"
    verbose_name = "Embedded stack"
