"""Making an ensemble of versions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from classifier.dashboard.access import require_permission, staff_only
from classifier.models import ModelVersion
from classifier.versions.ensembles import EnsembleError, enqueue_ensemble


@require_POST
@staff_only
def ensemble_new(request: HttpRequest) -> HttpResponse:
    """Let a worker make an ensemble of the chosen versions."""
    require_permission(request, "add_trainingrun")
    chosen = [pk for pk in request.POST.getlist("version") if pk.isdecimal() and len(pk) < 19]
    members = list(ModelVersion.objects.filter(pk__in=chosen).order_by("name"))
    try:
        enqueue_ensemble(members)
        names = ", ".join(member.name for member in members)
        messages.success(request, f"A worker makes an ensemble of {names}; it appears here soon.")
    except EnsembleError as error:
        messages.error(request, str(error))
    return redirect("dashboard:versions")
