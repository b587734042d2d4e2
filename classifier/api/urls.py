"""Addresses of the REST API."""

from django.urls import path

from classifier.api.classification import ClassifyView

app_name = "classifier-api"
urlpatterns = [
    path("classify/", ClassifyView.as_view(), name="classify"),
]
