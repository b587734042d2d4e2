"""Answers to requests that no view is asked about: a sentence, and for the API a document."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse


def refusal(
    request: HttpRequest, status: HTTPStatus, sentence: str, headers: dict[str, str] | None = None
) -> HttpResponse:
    """Return an answer to a request that no view is asked about."""
    if is_api(request):
        return problem(status, sentence, headers)
    return HttpResponse(sentence, status=status, content_type="text/plain", headers=headers)


def is_api(request: HttpRequest) -> bool:
    """Return whether a program asks, not a browser."""
    return request.path.startswith("/api/")


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JsonResponse:
    """Answer in the form that the API has for everything that goes wrong (RFC 9457)."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": {},
    }
    media_type = "application/problem+json"
    return JsonResponse(document, status=status, headers=headers, content_type=media_type)
