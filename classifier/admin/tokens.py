"""API tokens in the admin: made with their key shown once, and revoked."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from classifier.accounts.tokens import create_token
from classifier.admin.base import ActionAdmin
from classifier.admin.theme import ActionVariant, IntegerInput, action
from classifier.models import ApiToken


class TokenForm(forms.ModelForm):
    """What a new token is for, and what it may."""

    scopes = forms.MultipleChoiceField(
        choices=ApiToken.Scope.choices,
        initial=[ApiToken.Scope.CONVERT],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=3650,
        required=False,
        help_text="Until it expires; empty: never.",
        widget=IntegerInput,
    )

    class Meta:
        model = ApiToken
        fields = ("user", "name")


@admin.register(ApiToken)
class ApiTokenAdmin(ActionAdmin):
    """Tokens are made and revoked, never changed."""

    form = TokenForm
    list_display = ("name", "user", "scopes", "created_at", "expires_at", "revoked_at", "used_at")
    list_filter = ("user",)
    actions_detail = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        """Show the form for a new one, the facts of an old one."""
        return self.list_display if obj else ("user", "name", "scopes", "days")

    def save_model(
        self, request: HttpRequest, obj: ApiToken, form: TokenForm, change: bool
    ) -> None:
        """Store it and show its key."""
        chosen = form.cleaned_data
        token, key = create_token(obj.user, obj.name, chosen["scopes"], chosen["days"])
        obj.pk = token.pk
        messages.warning(request, f"The key, shown this once: {key}")

    def log_addition(self, request: HttpRequest, obj: ApiToken, message: Any) -> None:
        """Leave that to the audit log."""

    @action(
        description="Revoke",
        permissions=["act"],
        icon="block",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Revoke this token?",
            "description": "What uses it is refused from now on. It cannot be undone.",
            "form_submit_text": "Revoke",
        },
    )
    def revoke(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        """Let a token open nothing any more."""
        ApiToken.objects.filter(pk=object_id, revoked_at=None).update(revoked_at=timezone.now())
        messages.success(request, "The token opens nothing any more.")
        return self.back_to(object_id)
