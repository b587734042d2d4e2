"""What the admin's pages share."""

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from classifier.admin.theme import Action, ModelAdmin, after_dialog

STATUS_COLOURS = {
    "running": "info",
    "queued": "info",
    "building": "info",
    "candidate": "info",
    "shadow": "info",
    "cancelling": "warning",
    "cancelled": "warning",
    "succeeded": "success",
    "complete": "success",
    "pruned": "warning",
    "ready": "success",
    "production": "success",
    "failed": "danger",
    "lost": "danger",
}


def page_link(name: str, pk: int, text: str) -> str:
    """Return a link to one of the dashboard's pages."""
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
        reverse(f"dashboard:{name}", args=[pk]),
        text,
    )


class ReadOnlyAdmin(ModelAdmin):
    """Rows that the program writes: people look at them, and may delete them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds one by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes one by hand."""
        return False


class ActionAdmin(ModelAdmin):
    """Rows that are changed by actions only."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_act_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Actions ask for the right to change."""
        return request.user.has_perm(f"classifier.change_{self.opts.model_name}")

    def back_to(self, object_id: str) -> HttpResponse:
        """Send the browser from a confirmed dialog to the row's page."""
        page = reverse(f"admin:classifier_{self.opts.model_name}_change", args=[object_id])
        return after_dialog(page)


def offered(actions: list[Action], names: set[str]) -> list[Action]:
    """Return the actions with these names."""
    return [a for a in actions if a.action_name.rpartition("_")[2] in names]
