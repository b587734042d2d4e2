"""The converter in the admin: the routing policy, and the audit log."""

import base64

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.text import Truncator
from django.views.generic import RedirectView
from unfold.admin import ModelAdmin

from converter.models import AuditEntry, Conversion, Failure, GoneError, RoutingPolicy
from converter.outputs.png import write_png
from converter.templatetags.figures import milliseconds

_sign_in = RedirectView.as_view(pattern_name="login", query_string=True)
# One place to sign in: what is asked for there cannot be gone round.
admin.site.login = lambda request, extra_context=None: _sign_in(request)


class LastingAdmin(ModelAdmin):
    """Rows that stay as they are."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
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
        return False


class WatchedAdmin(LastingAdmin):
    """Rows that all staff may look at, and nobody adds."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show it to all staff."""
        return request.user.is_staff

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Show it to all staff."""
        return request.user.is_staff

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(Conversion)
class ConversionAdmin(WatchedAdmin):
    """What was converted, without what tells whose it is: no name, no visitor, no upload."""

    list_display = (
        "thumbnail", "logo_type", "preset", "how_good", "time", "problem", "corrected",
        "true_type", "created_at",
    )  # fmt: skip
    list_display_links = ("created_at",)
    list_filter = ("logo_type", "preset", "corrected", "true_type", "created_at")
    list_per_page = 25  # each has its picture drawn
    date_hierarchy = "created_at"
    fields = (
        "picture", "logo_type", "confidence", "method", "model_version", "policy", "preset",
        "reason", "how_good", "paths", "colours", "svg_bytes", "width", "height", "time", "notice",
        "corrected", "true_type", "shared_at", "created_at",
    )  # fmt: skip
    readonly_fields = ("picture", "how_good", "time")

    @admin.display(description="Drawing")
    def thumbnail(self, conversion: Conversion) -> str:
        return _picture(conversion, 64)

    @admin.display(description="Drawing")
    def picture(self, conversion: Conversion) -> str:
        return _picture(conversion, 256)

    @admin.display(description="Fidelity", ordering="fidelity")
    def how_good(self, conversion: Conversion) -> str:
        """The fidelity as people read it."""
        return conversion.fidelity_percent

    @admin.display(description="Traced in")
    def time(self, conversion: Conversion) -> str:
        """The time that tracing took."""
        return milliseconds(conversion.milliseconds.get("trace"))

    @admin.display(description="Notice")
    def problem(self, conversion: Conversion) -> str:
        """What the visitor was told, shortened."""
        return Truncator(conversion.notice).chars(60)


@admin.register(Failure)
class FailureAdmin(WatchedAdmin):
    """Images that became no drawing."""

    list_display = ("created_at", "kind", "message")
    list_filter = ("kind", "created_at")
    search_fields = ("message",)


def _picture(conversion: Conversion, side: int) -> str:
    """Return an image of a drawing, as pixels: an SVG could be large."""
    try:
        content = base64.b64encode(write_png(conversion.read_svg(), side)).decode()
    except (GoneError, OSError, ValueError):
        return "no file"
    return format_html(
        '<img src="data:image/png;base64,{}" alt="" '
        'style="max-width:{}px;max-height:{}px;background:#8b95a2">', content, side, side
    )  # fmt: skip
