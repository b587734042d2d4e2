"""Signing out: what a visitor has converted stays theirs."""

from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse


class KeepingLogoutView(LogoutView):
    """Signs out. The session ends, but the new one is that of the same visitor."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        visitor = request.session.get("visitor")
        response = super().post(request, *args, **kwargs)
        if visitor:
            request.session["visitor"] = visitor
        return response
