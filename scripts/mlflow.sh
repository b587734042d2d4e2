#!/usr/bin/env bash
# Installs an MLflow server beside the project's environment, for the service tests (0.9 GB).
set -euo pipefail

folder=.venv-mlflow
[ -e $folder/installed ] && [ ! requirements-mlflow.txt -nt $folder/installed ] && exit 0
echo "Installing an MLflow server for the service tests ..."
.venv/bin/python -m venv $folder
$folder/bin/python -m pip install --quiet --require-hashes -r requirements-mlflow.txt
touch $folder/installed
