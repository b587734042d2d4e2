"""What people take away: one drawing in a format, or many as one zip file."""

from collections.abc import Iterable
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from converter.delivery import SVG_POLICY, file_name, file_response, zip_response
from converter.models import Conversion
from converter.outputs.formats import OutputError
from converter.pages.conversions import RECENT, own_conversion
from converter.pages.forms import OutputForm
from converter.protection.inline import says_when_busy


@require_safe
def svg(request: HttpRequest, pk: UUID) -> FileResponse:
    """Serve the drawing to be seen; with `?download` as a file named after the upload."""
    conversion = own_conversion(request, pk)
    return FileResponse(
        conversion.open_file("svg"),
        content_type="image/svg+xml",
        as_attachment="download" in request.GET,
        filename=f"{file_name(conversion)}.svg",
        headers={
            "Cache-Control": "private, no-store",
            "Content-Security-Policy": SVG_POLICY,
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_safe
@says_when_busy
def file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Serve the drawing in the format and with the options of the address."""
    conversion = own_conversion(request, pk)
    form = OutputForm(request.GET)
    if not form.is_valid():
        return _refused(request, form)
    try:
        return file_response(conversion, form.formats[0], form.options)
    except OutputError as error:
        form.add_error(None, str(error))
        return _refused(request, form)


@require_safe
@says_when_busy
def recent_zip(request: HttpRequest) -> HttpResponse:
    """Serve the visitor's recent drawings as one zip file."""
    return zipped(request, Conversion.objects.of_visitor(request)[:RECENT])


def zipped(request: HttpRequest, conversions: Iterable[Conversion]) -> HttpResponse:
    """Serve drawings as one zip file in the formats of the address."""
    form = OutputForm(request.GET)
    if not form.is_valid():
        return _refused(request, form)
    return zip_response(conversions, form.formats, form.options)


def _refused(request: HttpRequest, form: OutputForm) -> HttpResponse:
    """Say what is wrong with the options, where no form could show it."""
    faults = [message for messages in form.errors.values() for message in messages]
    context = {"title": "This file cannot be made", "faults": faults}
    return render(request, "problem.html", context, status=400)
