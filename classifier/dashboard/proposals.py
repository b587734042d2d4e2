"""Pages of proposals: logos that uploaders gave to the data set, to be accepted or rejected."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from classifier.dashboard.access import require_permission, staff_only
from classifier.datasets.proposals import accept, reject
from classifier.logo_types import CLASS_NAMES
from classifier.models import Proposal

_REJECT = "reject"


@staff_only
def proposal_list(request: HttpRequest) -> HttpResponse:
    """Show the proposals of a state; by default those that wait."""
    status = request.GET.get("status", "")
    if status not in Proposal.Status.values:
        status = Proposal.Status.PROPOSED
    found = Proposal.objects.filter(status=status)
    context = {
        "status": status,
        "statuses": Proposal.Status.choices,
        "page": Paginator(found, 48).get_page(request.GET.get("page")),
        "labels": CLASS_NAMES,
    }
    return render(request, "classifier/dashboard/proposals.html", context)


@staff_only
def proposal_image(request: HttpRequest, pk: int) -> FileResponse:
    """Serve the image that a proposed label belongs to."""
    proposal = get_object_or_404(Proposal, pk=pk)
    if not proposal.file.is_file():
        raise Http404("The image is gone.")
    return FileResponse(proposal.file.open("rb"), content_type="image/png")


@require_POST
@staff_only
def proposal_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept a proposal under a label, or reject it. What was decided stays."""
    require_permission(request, "add_labelcorrection")
    proposal = get_object_or_404(Proposal, pk=pk)
    decision = request.POST.get("decision", "")
    if proposal.status != Proposal.Status.PROPOSED:
        messages.error(request, f"{proposal.decided_by} decided on this one already.")
    elif decision == _REJECT:
        reject(proposal, request.user)
    elif decision in CLASS_NAMES:
        accept(proposal, decision, request.user)
    else:
        messages.error(request, f"Choose {', '.join(CLASS_NAMES)} or {_REJECT}.")
    return redirect("dashboard:proposals")
