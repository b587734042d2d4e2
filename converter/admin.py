"""The converter in the admin: the routing policy, and the audit log."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.views.generic import RedirectView
from unfold.admin import ModelAdmin

from converter.models import AuditEntry, RoutingPolicy

_sign_in = RedirectView.as_view(pattern_name="login", query_string=True)
# One place to sign in: what is asked for there cannot be gone round.
admin.site.login = lambda request, extra_context=None: _sign_in(request)


class LastingAdmin(ModelAdmin):
    """Rows that stay as they are."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Let nobody change one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Let nobody delete one."""
        return False


@admin.register(RoutingPolicy)
class RoutingPolicyAdmin(LastingAdmin):
    """Policies are added, never changed: conversions name the one that chose for them."""

    list_display = (
        "__str__", "simple", "text", "gradient", "complex", "fallback", "note", "created_by",
        "created_at",
    )  # fmt: skip
    readonly_fields = ("created_by", "created_at")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, float | str]:
        """Start from the policy in force."""
        policy = RoutingPolicy.in_force()
        return {**policy.thresholds, "fallback": policy.fallback}

    def save_model(
        self, request: HttpRequest, obj: RoutingPolicy, form: object, change: bool
    ) -> None:
        """Store it with who made it."""
        obj.created_by = request.user.get_username()
        obj.save()


@admin.register(AuditEntry)
class AuditEntryAdmin(LastingAdmin):
    """Who changed what, to be read only."""

    list_display = ("at", "user", "action", "address", "values")
    list_filter = ("action", "user", "at")
    search_fields = ("user", "action", "address", "request_id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let nobody add one."""
        return False
