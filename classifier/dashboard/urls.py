"""Addresses of the dashboard."""

from django.urls import path

from classifier.dashboard import (
    audit,
    comparing,
    datasets,
    overview,
    runs,
    shadow,
    studies,
    traffic,
    versions,
)

app_name = "dashboard"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("versions.<str:file_format>", overview.overview_numbers, name="overview_numbers"),
    path("traffic/<slug:table>.<str:file_format>", traffic.traffic_numbers, name="traffic_numbers"),
    path("shadow/", shadow.shadow_page, name="shadow"),
    path("shadow/<int:pk>.<str:file_format>", shadow.shadow_numbers, name="shadow_numbers"),
    path("shadow/start/", shadow.shadow_start, name="shadow_start"),
    path("shadow/<int:pk>/end/", shadow.shadow_end, name="shadow_end"),
    path("workers/", runs.workers, name="workers"),
    path("runs/", runs.run_list, name="runs"),
    path("runs/<int:pk>/", runs.run_page, name="run"),
    path("runs/<int:pk>/state/", runs.run_state, name="run_state"),
    path("runs/<int:pk>/cancel/", runs.run_cancel, name="run_cancel"),
    path("runs/<int:pk>/resume/", runs.run_resume, name="run_resume"),
    path("runs/<int:pk>/epochs.<str:file_format>", runs.run_numbers, name="run_numbers"),
    path("studies/", studies.study_list, name="studies"),
    path("studies/new/", studies.study_new, name="study_new"),
    path("studies/estimate/", studies.study_estimate, name="study_estimate"),
    path("studies/<int:pk>/", studies.study_page, name="study"),
    path("studies/<int:pk>/state/", studies.study_state, name="study_state"),
    path("studies/<int:pk>/cancel/", studies.study_cancel, name="study_cancel"),
    path("studies/<int:pk>/resume/", studies.study_resume, name="study_resume"),
    path("studies/<int:pk>/train/", studies.study_train, name="study_train"),
    path(
        "studies/<int:pk>/<slug:table>.<str:file_format>",
        studies.study_numbers,
        name="study_numbers",
    ),
    path("versions/", versions.version_list, name="versions"),
    path("versions/<int:pk>/", versions.version_page, name="version"),
    path("versions/compare/", comparing.compare_versions, name="compare_versions"),
    path("runs/compare/", comparing.compare_runs, name="compare_runs"),
    path("versions/<int:pk>/evaluate/", versions.version_evaluate, name="version_evaluate"),
    path("versions/<int:pk>/promote/", versions.version_promote, name="version_promote"),
    path(
        "versions/<int:pk>/<slug:table>.<str:file_format>",
        versions.version_numbers,
        name="version_numbers",
    ),
    path("evaluations/<int:pk>/", versions.predictions, name="predictions"),
    path("datasets/", datasets.dataset_list, name="datasets"),
    path("datasets/<int:pk>/", datasets.dataset_page, name="dataset"),
    path(
        "datasets/<int:pk>/counts.<str:file_format>",
        datasets.dataset_numbers,
        name="dataset_numbers",
    ),
    path("samples/<int:pk>/image/", datasets.sample_image, name="sample_image"),
    path("samples/<int:pk>/correct/", audit.correct, name="correct"),
    path("audit/", audit.audit, name="audit"),
]
