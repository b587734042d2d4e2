"""The converter's pages."""

from pathlib import PurePath
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from converter.conversion import ConversionError, convert_logo, read_upload
from converter.forms import PresetForm, UploadForm
from converter.images import RefusedImageError
from converter.models import Conversion, store_conversion, visitor_of

# A drawing opened as a page of its own can run nothing and reach nothing.
SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
RECENT = 12


@require_http_methods(["GET", "POST"])
def convert(request: HttpRequest) -> HttpResponse:
    """Show the upload form; convert what is sent and go to its result."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["image"]
        try:
            content = upload.read()
            logo = read_upload(content)
            result = convert_logo(content, logo)
        except (RefusedImageError, ConversionError) as error:
            form.add_error("image", str(error))
        else:
            conversion = store_conversion(
                visitor_of(request), PurePath(upload.name).name, logo, result, corrected=False
            )
            return redirect("conversion", conversion.pk)
    recent = Conversion.objects.of_visitor(request)[:RECENT]
    status = 422 if form.errors else 200
    return render(
        request, "converter/convert.html", {"form": form, "recent": recent}, status=status
    )


@require_GET
def conversion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a result."""
    found = _own(request, pk)
    form = PresetForm(initial={"preset": found.preset})
    return render(request, "converter/conversion.html", {"conversion": found, "form": form})


@require_POST
def retrace(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Draw a logo again with the preset that a person chose."""
    found = _own(request, pk)
    form = PresetForm(request.POST)
    if form.is_valid():
        preset = form.cleaned_data["preset"]
        try:
            result = convert_logo(b"", found.read_original(), preset=preset)
        except ConversionError as error:
            form.add_error("preset", str(error))
        else:
            found.corrected = True
            found.take_result(result)
            return redirect("conversion", found.pk)
    context = {"conversion": found, "form": form}
    return render(request, "converter/conversion.html", context, status=422)


@require_GET
def original(request: HttpRequest, pk: UUID) -> FileResponse:
    """Serve the upload as the plain PNG that it was turned into."""
    return FileResponse(_own(request, pk).original.open(), content_type="image/png")


@require_GET
def svg(request: HttpRequest, pk: UUID) -> FileResponse:
    """Serve the drawing; with `?download` as a file named after the upload."""
    return svg_response(_own(request, pk), "download" in request.GET)


def svg_response(conversion: Conversion, download: bool) -> FileResponse:
    """Return a drawing under a policy that lets it do nothing but be seen."""
    name = slugify(PurePath(conversion.name).stem) or "logo"
    return FileResponse(
        conversion.svg.open(),
        content_type="image/svg+xml",
        as_attachment=download,
        filename=f"{name}.svg",
        headers={"Content-Security-Policy": SVG_POLICY, "X-Content-Type-Options": "nosniff"},
    )


def _own(request: HttpRequest, pk: UUID) -> Conversion:
    return get_object_or_404(Conversion.objects.of_visitor(request), pk=pk)
