"""A drawing as adjusted by the controls beside it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.views.decorators.http import require_POST

from converter.adjusting.drawing import recoloured
from converter.adjusting.options import Adjustments, starting_values
from converter.adjusting.palette import colours_in
from converter.conversion import Choice, ConversionError, Result
from converter.intake import draw_again
from converter.models import Conversion
from converter.outputs.formats import losses
from converter.pages.controls import swatches
from converter.pages.conversions import own_conversion
from converter.pages.forms import AdjustForm
from converter.protection.inline import says_when_busy
from converter.svg import Drawing
from converter.templatetags.figures import milliseconds
from converter.throttling import Adjusting, too_many


@require_POST
@says_when_busy
def adjust(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Draw a logo as adjusted. A script gets the drawing as JSON, a plain form its page."""
    found = own_conversion(request, pk)
    form = AdjustForm(request.POST)
    if not form.is_valid():
        return _refused(request, found, 422, [m for ms in form.errors.values() for m in ms])
    if problem := too_many(request, 1, Adjusting):
        return _refused(request, found, 429, [problem])
    adjustments = form.adjustments.beyond(starting_values(found.preset, found.lossy))
    try:
        found.take_result(_result(found, adjustments))
    except ConversionError as error:
        return _refused(request, found, 422, [str(error)])
    if not request.accepts("text/html"):
        return JsonResponse(_answer(found))
    return redirect("conversion", found.pk)


def _result(found: Conversion, adjustments: Adjustments) -> Result:
    """Return the drawing as adjusted, traced again only if it has to be.

    Raises:
        ConversionError: if it cannot be traced so.
    """
    svg = recoloured(found.read_svg(), Adjustments.of(found.adjustments), adjustments)
    if svg is None:
        result = draw_again(found, Choice(found.preset, adjustments=adjustments))
        return replace(result, reason=found.reason, notice=found.notice, policy=found.policy)
    return Result(
        drawing=Drawing(svg, found.paths, len(colours_in(svg))),
        preset=found.preset,
        reason=found.reason,
        fidelity=found.fidelity,
        classification=None,
        notice=found.notice,
        policy=found.policy,
        milliseconds=found.milliseconds,
        adjustments=adjustments.stored(),
    )


def _answer(found: Conversion) -> dict[str, Any]:
    svg = found.read_svg()
    return {
        "svg": svg,
        "figures": {
            "colours": str(found.colours),
            "size": filesizeformat(found.svg_bytes),
            "fidelity": found.fidelity_percent,
            "time": milliseconds(found.milliseconds.get("trace")),
        },
        "swatches": swatches(found),
        "losses": losses(svg),
        "adjustments": found.adjustments,
    }


def _refused(
    request: HttpRequest, found: Conversion, status: int, faults: list[str]
) -> HttpResponse:
    if not request.accepts("text/html"):
        return JsonResponse({"faults": faults}, status=status)
    for fault in faults:
        messages.error(request, fault)
    return redirect("conversion", found.pk)
