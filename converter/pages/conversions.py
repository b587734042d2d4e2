"""The converter's pages."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from converter.adjusting.options import AS_PRESET, Adjustments
from converter.conversion import Choice, ConversionError, Result
from converter.images import MAX_SIDE as MAX_IMAGE_SIDE
from converter.images import RefusedImageError
from converter.intake import convert_upload, draw_again, take_uploads
from converter.models import Batch, Conversion
from converter.outputs.formats import FORMATS, MAX_MM, losses
from converter.outputs.png import MAX_SIDE
from converter.pages.controls import controls
from converter.pages.forms import AdjustForm, CorrectionForm, PresetForm, UploadForm
from converter.pages.names import take_name
from converter.presets import PRESETS, drawing_alike
from converter.protection.inline import says_when_busy
from converter.protection.quota import QuotaError
from converter.routing import ClassifierUnavailableError, classifier_client
from converter.throttling import too_many

RECENT = 60


@require_http_methods(["GET", "HEAD", "POST"])
def convert(request: HttpRequest) -> HttpResponse:
    """Show the upload form; convert what is sent and go to its result."""
    if request.method != "POST":
        return _upload_page(request, UploadForm(), 200)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _upload_page(request, form, 422)
    if problem := too_many(request):
        form.add_error("image", problem)
        return _upload_page(request, form, 429)
    uploads, choice = form.cleaned_data["image"], Choice(adjustments=_asked(request))
    try:
        if len(uploads) > 1:
            return redirect("batch", take_uploads(request, uploads, choice).pk)
        found = convert_upload(request, uploads[0], choice)
    except QuotaError as error:
        form.add_error("image", str(error))
        return _upload_page(request, form, 507)
    except (RefusedImageError, ConversionError) as error:
        form.add_error("image", str(error))
        return _upload_page(request, form, 422)
    return redirect("batch" if isinstance(found, Batch) else "conversion", found.pk)


def _asked(request: HttpRequest) -> Adjustments:
    """Return the adjustments of the address; those of a broken one are left out."""
    form = AdjustForm(request.GET)
    return form.adjustments if form.is_valid() else AS_PRESET


def _upload_page(request: HttpRequest, form: UploadForm, status: int) -> HttpResponse:
    recent = Conversion.objects.of_visitor(request)[:RECENT]
    context = {
        "form": form,
        "recent": recent,
        "most": settings.CONVERTER_MAX_BATCH_IMAGES,
        "megabytes": settings.CONVERTER_MAX_UPLOAD_BYTES // 2**20,
        "most_pixels": f"{MAX_IMAGE_SIDE:,}",
        "days": settings.CONVERSION_DAYS,
        "asked": _asked(request).told(),
    }
    return render(request, "converter/convert.html", context, status=status)


@require_safe
def conversion(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a conversion: the upload beside its drawing, with controls and downloads."""
    return _result_page(request, own_conversion(request, pk))


@require_POST
@says_when_busy
def retrace(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Draw a logo again with the preset that a person chose."""
    found = own_conversion(request, pk)
    form = PresetForm(request.POST)
    if form.is_valid():
        preset = form.cleaned_data["preset"]
        if result := _drawn_again(request, found, form, "preset", Choice(preset)):
            found.corrected = True
            found.take_result(result)
            return redirect("conversion", found.pk)
    return _result_page(request, found, 422, form=form)


@require_POST
@says_when_busy
def correct(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Store the type that a person says a logo has, draw it as that, and share it if they agree."""
    found = own_conversion(request, pk)
    form = CorrectionForm(request.POST)
    if form.is_valid():
        true_type = form.cleaned_data["true_type"]
        if result := _drawn_again(request, found, form, "true_type", Choice(logo_type=true_type)):
            found.corrected, found.true_type = True, true_type
            found.take_result(result)
            if form.cleaned_data.get("consent"):
                _share(request, found)
            return redirect("conversion", found.pk)
    return _result_page(request, found, 422, correction=form)


def _drawn_again(
    request: HttpRequest, found: Conversion, form: Form, field: str, choice: Choice
) -> Result | None:
    """Draw a logo as a person chose. If that cannot be, the form's field says why."""
    if problem := too_many(request):
        form.add_error(field, problem)
        return None
    try:
        result = draw_again(found, choice)
    except ConversionError as error:
        form.add_error(field, str(error))
        return None
    if result.preset != found.preset and result.drawing.svg == found.read_svg():
        messages.info(request, f"{result.preset} draws this logo just as {found.preset} did.")
    return result


def _share(request: HttpRequest, found: Conversion) -> None:
    with found.open_file("original") as file:
        content = file.read()
    try:
        classifier_client().propose(content, found.true_type, found.logo_type)
    except ClassifierUnavailableError as error:
        messages.error(request, f"The logo was not given to the data set: {error}.")
        return
    found.shared_at = timezone.now()
    found.save(update_fields=["shared_at"])


def _result_page(
    request: HttpRequest, found: Conversion, status: int = 200, **forms: Form
) -> HttpResponse:
    lost = losses(found.read_svg())
    alike = drawing_alike(found.preset, found.lossy)
    context = {
        "conversion": found,
        "batch": _batch_of(found),
        "controls": controls(found),
        "formats": [
            {**vars(output), "loss": lost.get(name, "")} for name, output in FORMATS.items()
        ],
        "max_side": MAX_SIDE,
        "max_mm": MAX_MM,
        "presets": PRESETS.values(),
        "form": PresetForm(initial={"preset": found.preset}, alike=alike),
        "correction": CorrectionForm(
            initial={"true_type": found.true_type or found.logo_type}, alike=alike
        ),
        **forms,
    }
    return render(request, "converter/conversion.html", context, status=status)


def _batch_of(found: Conversion) -> Batch | None:
    """Return the batch of several that a conversion belongs to."""
    batch = Batch.objects.filter(items__conversion=found).first()
    return batch if batch and batch.items.count() > 1 else None


@require_safe
def original(request: HttpRequest, pk: UUID) -> FileResponse:
    """Serve the upload as the plain PNG that it was turned into."""
    return FileResponse(own_conversion(request, pk).open_file("original"), content_type="image/png")


@require_POST
def rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call a conversion, and the files that are made of it, something else."""
    take_name(request, own_conversion(request, pk))
    return redirect("conversion", pk)


@require_POST
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete a conversion with its upload and its drawing, at once."""
    found = own_conversion(request, pk)
    found.delete_with_files()
    messages.success(request, f"{found.name} is deleted, the upload and the drawing.")
    return redirect("convert")


def own_conversion(request: HttpRequest, pk: UUID) -> Conversion:
    """Return the visitor's conversion of that number, or answer 404."""
    return get_object_or_404(Conversion.objects.of_visitor(request), pk=pk)
