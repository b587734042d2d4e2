"""Addresses of the dashboard."""

app_name = "dashboard"
urlpatterns: list = []
