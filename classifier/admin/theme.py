"""What the admin's pages are made of: unfold's parts where it is installed, Django's elsewhere."""

from django.apps import apps
from django.http import HttpResponse, HttpResponseRedirect

THEMED = apps.is_installed("unfold")

if THEMED:
    from unfold.admin import ModelAdmin
    from unfold.dataclasses import UnfoldAction as Action
    from unfold.decorators import action, display
    from unfold.enums import ActionVariant
    from unfold.widgets import (
        UnfoldAdminDecimalFieldWidget as DecimalInput,
    )
    from unfold.widgets import (
        UnfoldAdminFileFieldWidget as FileInput,
    )
    from unfold.widgets import (
        UnfoldAdminIntegerFieldWidget as IntegerInput,
    )
    from unfold.widgets import (
        UnfoldAdminSelectWidget as Select,
    )
    from unfold.widgets import (
        UnfoldAdminTextInputWidget as TextInput,
    )
    from unfold.widgets import (
        UnfoldBooleanSwitchWidget as SwitchInput,
    )
else:
    from django.contrib.admin.widgets import (
        AdminFileWidget as FileInput,
    )
    from django.contrib.admin.widgets import (
        AdminIntegerFieldWidget as IntegerInput,
    )
    from django.contrib.admin.widgets import (
        AdminTextInputWidget as TextInput,
    )
    from django.forms import CheckboxInput as SwitchInput
    from django.forms import NumberInput as DecimalInput
    from django.forms import Select

    from classifier.admin.plain import Action, ActionVariant, ModelAdmin, action, display

__all__ = [
    "THEMED",
    "Action",
    "ActionVariant",
    "DecimalInput",
    "FileInput",
    "IntegerInput",
    "ModelAdmin",
    "Select",
    "SwitchInput",
    "TextInput",
    "action",
    "after_dialog",
    "display",
    "themed",
]


def themed(template: str) -> str | None:
    """Return a template that is made for the theme; without it None, which means Django's own."""
    return template if THEMED else None


def after_dialog(address: str) -> HttpResponse:
    """Send the browser on once an action was confirmed; the theme's dialog asks by htmx."""
    if THEMED:
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
