"""Runs, versions and evaluations as an MLflow server shows them, sent by a worker."""
