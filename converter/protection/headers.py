"""Headers that keep what belongs to one person from caches, and the admin's policy."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# The admin theme evaluates expressions in attributes (Alpine) and has scripts within its pages;
# it loads nothing from elsewhere, sends nothing elsewhere, and stands in nobody's frame.
_ADMIN_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)
_PRIVATE = "private, no-store"
# For everybody, or with rules of their own about what may be kept.
_SHARED = ("/static/", "/api/schema/", "/api/docs/")


class HeadersMiddleware:
    """Marks answers as private that do not say what they are."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; what is set already stays."""
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            response.headers.setdefault("Content-Security-Policy", _ADMIN_POLICY)
        if not request.path.startswith(_SHARED) and "ETag" not in response:
            response.headers.setdefault("Cache-Control", _PRIVATE)
        return response
