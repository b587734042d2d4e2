"""All addresses of the plug-in, for one `include` in a host's urls."""

from django.urls import include, path

urlpatterns = [
    path("dashboard/", include("classifier.dashboard.urls")),
    path("api/v1/", include("classifier.api.urls")),
]
