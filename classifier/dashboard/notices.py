"""Pages of notices: who is told of what, and how telling them went."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from classifier.conf import conf
from classifier.dashboard.access import require_permission, staff_only
from classifier.models import Delivery, Subscription
from classifier.notices.subscribing import EVENTS, SubscriptionError, subscribe
from classifier.notices.telling import try_out


@staff_only
def notices(request: HttpRequest) -> HttpResponse:
    """Show subscriptions, and the deliveries of the last months."""
    require_permission(request, "view_subscription")
    rows = Delivery.objects.select_related("notice", "subscription")
    context = {
        "subscriptions": Subscription.objects.select_related("created_by"),
        "events": [(event.value, event.label) for event in EVENTS],
        "channels": Subscription.Channel.choices,
        "page": Paginator(rows, 50).get_page(request.GET.get("page")),
        "site_url": conf.SITE_URL,
    }
    return render(request, "classifier/dashboard/notices.html", context)


@require_POST
@staff_only
def notice_subscribe(request: HttpRequest) -> HttpResponse:
    """Make a subscription; a webhook's key is shown in the next page and never again."""
    require_permission(request, "add_subscription")
    sent = request.POST
    try:
        subscription, key = subscribe(
            sent.get("channel", ""),
            sent.get("address", "").strip(),
            sent.getlist("event"),
            request.user,
        )
        messages.success(request, f"{subscription} from now on.")
        if key:
            messages.warning(request, f"The key to check signatures with, shown this once: {key}")
    except SubscriptionError as error:
        messages.error(request, str(error))
    return redirect("dashboard:notices")


@require_POST
@staff_only
def notice_unsubscribe(request: HttpRequest, pk: int) -> HttpResponse:
    """End a subscription; its log of deliveries goes with it."""
    require_permission(request, "delete_subscription")
    get_object_or_404(Subscription, pk=pk).delete()
    messages.success(request, "Nothing is sent there any more.")
    return redirect("dashboard:notices")


@require_POST
@staff_only
def notice_try(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a subscriber a trial."""
    require_permission(request, "add_subscription")
    try_out(get_object_or_404(Subscription, pk=pk))
    messages.success(request, "A worker sends a trial within seconds; look at the log below.")
    return redirect("dashboard:notices")
