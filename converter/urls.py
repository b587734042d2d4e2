"""Addresses of the project: the converter's pages, the classifier's, the API and the admin."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from converter.api import batches as batch_api
from converter.api import conversions as api
from converter.monitoring import health, metrics_page
from converter.pages import adjusting, downloads, report
from converter.pages import batches as batch_views
from converter.pages import conversions as views
from converter.pages.accounts import KeepingLogoutView
from converter.protection.signing_in import SignInForm

handler403 = "converter.pages.outages.forbidden"
handler404 = "converter.pages.outages.not_found"
handler500 = "converter.pages.outages.internal_error"

_READ = ["get", "head"]
_docs = SpectacularSwaggerSplitView.as_view(url_name="schema", http_method_names=_READ)
_sign_in = auth_views.LoginView.as_view(
    form_class=SignInForm, extra_context={"on_this_machine": not settings.PRODUCTION}
)

urlpatterns = [
    path("", views.convert, name="convert"),
    path("conversions.zip", downloads.recent_zip, name="conversions-zip"),
    path("conversions/<uuid:pk>/", views.conversion, name="conversion"),
    path("conversions/<uuid:pk>/retrace/", views.retrace, name="retrace"),
    path("conversions/<uuid:pk>/correct/", views.correct, name="correct"),
    path("conversions/<uuid:pk>/original.png", views.original, name="conversion-original"),
    path("conversions/<uuid:pk>/drawing.svg", downloads.svg, name="conversion-svg"),
    path("conversions/<uuid:pk>/adjust/", adjusting.adjust, name="conversion-adjust"),
    path("conversions/<uuid:pk>/rename/", views.rename, name="conversion-rename"),
    path("conversions/<uuid:pk>/delete/", views.delete, name="conversion-delete"),
    path("conversions/<uuid:pk>/file/", downloads.file, name="conversion-file"),
    path("batches/<uuid:pk>/", batch_views.batch, name="batch"),
    path("batches/<uuid:pk>/state/", batch_views.state, name="batch-state"),
    path("batches/<uuid:pk>/cancel/", batch_views.cancel, name="batch-cancel"),
    path("batches/<uuid:pk>/rename/", batch_views.rename, name="batch-rename"),
    path("batches/<uuid:pk>/delete/", batch_views.delete, name="batch-delete"),
    path("batches/<uuid:pk>/change/", batch_views.change, name="batch-change"),
    path("batches/<uuid:pk>/logos.zip", batch_views.download, name="batch-zip"),
    path("api/v1/batches/", batch_api.BatchesView.as_view(), name="api-batches"),
    path("api/v1/batches/<uuid:pk>/", batch_api.BatchView.as_view(), name="api-batch"),
    path(
        "api/v1/batches/<uuid:pk>/cancel/",
        batch_api.BatchCancelView.as_view(),
        name="api-batch-cancel",
    ),
    path("api/v1/batches/<uuid:pk>/zip/", batch_api.BatchZipView.as_view(), name="api-batch-zip"),
    path("api/v1/conversions/", api.ConversionsView.as_view(), name="api-conversions"),
    path("api/v1/conversions/<uuid:pk>/", api.ConversionView.as_view(), name="api-conversion"),
    path(
        "api/v1/conversions/<uuid:pk>/svg/",
        api.ConversionSvgView.as_view(),
        name="api-conversion-svg",
    ),
    path(
        "api/v1/conversions/<uuid:pk>/file/",
        api.ConversionFileView.as_view(),
        name="api-conversion-file",
    ),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics_page.MetricsView.as_view(), name="metrics"),
    path("dashboard/conversions/", report.report, name="conversions-report"),
    path(
        "dashboard/conversions/numbers/<slug:kind>.<str:file_format>",
        report.numbers,
        name="conversions-numbers",
    ),
    path("", include("classifier.urls")),
    path("api/schema/", SpectacularAPIView.as_view(http_method_names=_READ), name="schema"),
    path("api/docs/", _docs, name="api-docs"),
    path("accounts/login/", _sign_in, name="login"),
    path("accounts/logout/", KeepingLogoutView.as_view(), name="logout"),
    path("admin/logout/", KeepingLogoutView.as_view(), name="admin-logout"),
    path("admin/", admin.site.urls),
]
