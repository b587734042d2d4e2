"""Making an ensemble of versions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from classifier.dashboard.access import require_permission, staff_only
from classifier.dashboard.work import ShownWork, shown
from classifier.models import EnsembleBuild, ModelVersion
from classifier.versions.ensembles import EnsembleError, start_ensemble


@require_POST
@staff_only
def ensemble_new(request: HttpRequest) -> HttpResponse:
    """Let a worker make an ensemble of the chosen versions."""
    require_permission(request, "add_trainingrun")
    chosen = [pk for pk in request.POST.getlist("version") if pk.isdecimal() and len(pk) < 19]
    members = list(ModelVersion.objects.filter(pk__in=chosen).order_by("name"))
    try:
        start_ensemble(members, request.user)
        names = ", ".join(member.name for member in members)
        messages.success(request, f"A worker makes an ensemble of {names}; its progress is below.")
    except EnsembleError as error:
        messages.error(request, str(error))
    return redirect("dashboard:versions")


def shown_builds(request: HttpRequest) -> list[ShownWork]:
    """Return the ensembles that wait or are being made, and the newest if it did not succeed."""
    builds = EnsembleBuild.objects.all()
    newest = builds.first()
    bad = newest and not newest.is_active and newest.status != newest.Status.SUCCEEDED
    return [shown(request, build) for build in [*builds.active(), *([newest] if bad else [])]]
