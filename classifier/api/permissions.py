"""Who may see and change what the classifier stores."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class StaffPermission(BasePermission):
    """Staff may read; to change something takes the right that the admin asks for, too."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the request may pass."""
        user = request.user
        if not (user and user.is_staff):
            return False
        if request.method in SAFE_METHODS:
            return True
        meta = view.queryset.model._meta
        right = "add" if view.action == "create" else "change"
        return user.has_perm(f"{meta.app_label}.{right}_{meta.model_name}")
