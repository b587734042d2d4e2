"""Read back with MLflow's own client what the mirror sent: python mlflow_reader.py ADDRESS."""

import json
import sys
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.models import Model

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
experiment = client.get_experiment_by_name("logo-classifier")
runs = client.search_runs([experiment.experiment_id])
trained = next(run for run in runs if "classifier.run" in run.data.tags)
version = client.get_model_version_by_alias("logo-classifier", "production")
with tempfile.TemporaryDirectory() as folder:
    files = mlflow.artifacts.download_artifacts(version.source, dst_path=folder)
    model = Model.load(files)
    manifest = json.loads(Path(files, "manifest.json").read_text())
print(
    json.dumps(
        {
            "status": trained.info.status,
            "backbone": trained.data.params["backbone"],
            "losses": [
                point.value for point in client.get_metric_history(trained.info.run_id, "val_loss")
            ],
            "note": trained.data.tags["mlflow.note.content"],
            "version": version.tags["classifier.version"],
            "flavours": sorted(model.flavors),
            "manifest": manifest["name"],
            "measures": sorted(client.get_run(version.run_id).data.metrics),
        }
    )
)
