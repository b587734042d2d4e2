"""Addresses of the REST API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from classifier.api.classification import ClassifyView
from classifier.api.health import HealthView
from classifier.api.predictions import PredictionViewSet
from classifier.api.proposals import ProposalsView
from classifier.api.resources import DatasetViewSet, EvaluationViewSet, PromotionViewSet
from classifier.api.runs import RunViewSet
from classifier.api.studies import StudyViewSet
from classifier.api.versions import VersionViewSet
from classifier.api.watching import NoticeViewSet, RetrainingViewSet

app_name = "classifier-api"
router = SimpleRouter()
router.register("datasets", DatasetViewSet)
router.register("evaluations", EvaluationViewSet)
router.register("notices", NoticeViewSet)
router.register("predictions", PredictionViewSet)
router.register("promotions", PromotionViewSet)
router.register("retrainings", RetrainingViewSet)
router.register("runs", RunViewSet)
router.register("studies", StudyViewSet)
router.register("versions", VersionViewSet)
urlpatterns = [
    path("classify/", ClassifyView.as_view(), name="classify"),
    path("proposals/", ProposalsView.as_view(), name="proposals"),
    path("health/", HealthView.as_view(), name="health"),
    *router.urls,
]
