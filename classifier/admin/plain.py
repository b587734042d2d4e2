"""Django's own admin with what the plug-in uses of unfold: buttons above lists and rows.

A button above a list is a link; one above a row first asks for confirmation on a page of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial, wraps
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path


class ActionVariant(Enum):
    """How a button looks; Django's admin makes no difference."""

    PRIMARY = "primary"
    SUCCESS = "success"
    DANGER = "danger"


@dataclass(frozen=True)
class Action:
    """A button: its method's name, what it says, who may press it, and what it asks first."""

    action_name: str
    description: str
    permissions: tuple[str, ...]
    dialog: dict[str, str] | None


def action(
    description: str,
    permissions: list[str],
    dialog: dict[str, str] | None = None,
    **look: object,
) -> Callable:
    """Make a method of a ModelAdmin a button: a decorator."""

    def decorate(method: Callable) -> Callable:
        method.button = Action(method.__name__, description, tuple(permissions), dialog)
        return method

    return decorate


def display(
    function: Callable | None = None,
    *,
    description: str = "",
    ordering: str | None = None,
    label: object = None,
) -> Callable:
    """Make a method a column, as Django's decorator; a labelled one gives a key and its text."""

    def decorate(method: Callable) -> Callable:
        @wraps(method)
        def shown(self: Any, row: Any) -> Any:
            value = method(self, row)
            return value[1] if label is not None else value

        return admin.display(description=description, ordering=ordering)(shown)

    return decorate(function) if function else decorate


class ModelAdmin(admin.ModelAdmin):
    """An admin with buttons above its list (`actions_list`) and its rows (`actions_detail`)."""

    actions_list: ClassVar[tuple[str, ...]] = ()
    actions_detail: ClassVar[tuple[str, ...]] = ()
    change_form_template = "classifier/admin/plain_change_form.html"
    change_list_template = "classifier/admin/plain_change_list.html"

    def get_urls(self) -> list[URLPattern]:
        """Add an address for each button."""
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        own = [
            path(f"{name}/", wrap(partial(self._press_list, name)), name=f"{prefix}_{name}")
            for name in self.actions_list
        ]
        own += [
            path(
                f"<path:object_id>/{name}/",
                wrap(partial(self._press_detail, name)),
                name=f"{prefix}_{name}",
            )
            for name in self.actions_detail
        ]
        return own + super().get_urls()

    def get_actions_list(self, request: HttpRequest) -> list[Action]:
        """Return the buttons above the list."""
        return self._allowed(request, self.actions_list)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Action]:
        """Return the buttons above a row."""
        return self._allowed(request, self.actions_detail)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict | None = None
    ) -> HttpResponse:
        """Show the list with its buttons."""
        buttons = self.get_actions_list(request)
        return super().changelist_view(request, {"buttons": buttons, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict | None = None,
    ) -> HttpResponse:
        """Show a row with its buttons."""
        buttons = self.get_actions_detail(request, object_id)
        context = {"buttons": buttons, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def _allowed(self, request: HttpRequest, names: tuple[str, ...]) -> list[Action]:
        buttons = [getattr(self, name).button for name in names]
        return [button for button in buttons if self._may(request, button)]

    def _may(self, request: HttpRequest, button: Action) -> bool:
        return all(
            getattr(self, f"has_{permission}_permission")(request)
            for permission in button.permissions
        )

    def _press_list(self, name: str, request: HttpRequest) -> HttpResponse:
        if name not in {button.action_name for button in self.get_actions_list(request)}:
            raise PermissionDenied
        return getattr(self, name)(request)

    def _press_detail(self, name: str, request: HttpRequest, object_id: str) -> HttpResponse:
        button = getattr(self, name).button
        if not self._may(request, button):
            raise PermissionDenied
        if request.method == "POST":
            return getattr(self, name)(request, None, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": self.get_object(request, object_id),
            "button": button,
            "title": button.dialog["title"],
        }
        return TemplateResponse(request, "classifier/admin/plain_confirm.html", context)
