"""An MLflow server in memory: as much of its REST API as the mirror speaks."""

import json
from collections import defaultdict
from urllib.parse import parse_qs

import httpx


class FakeMlflow:
    """Give `transport` to an httpx client. `away` makes it refuse connections."""

    def __init__(self):
        self.away = False
        self.refuses = ""  # a path whose calls are answered with 400
        self.experiments, self.runs, self.models = {}, {}, {}
        self.aliases, self.files, self.calls = {}, {}, []
        self.transport = httpx.MockTransport(self.answer)

    def answer(self, request):
        if self.away:
            raise httpx.ConnectError("Connection refused", request=request)
        path = request.url.path
        self.calls.append(path)
        if self.refuses and self.refuses in path:
            return httpx.Response(400, json={"error_code": "INVALID_PARAMETER_VALUE"})
        if "mlflow-artifacts" in path:
            self.files[path.split("/artifacts/", 1)[1]] = request.content
            return httpx.Response(200, json={})
        name = path.removeprefix("/api/2.0/mlflow/").replace("/", "_").replace("-", "_")
        query = {key: value[0] for key, value in parse_qs(request.url.query.decode()).items()}
        values = json.loads(request.content) if request.content else query
        if name == "registered_models_alias" and request.method == "DELETE":
            name = "delete_alias"
        try:
            return httpx.Response(200, json=getattr(self, name)(**values) or {})
        except KeyError:
            return httpx.Response(404, json={"error_code": "RESOURCE_DOES_NOT_EXIST"})

    def experiments_get_by_name(self, experiment_name):
        return {"experiment": {"experiment_id": self.experiments[experiment_name]}}

    def experiments_create(self, name):
        self.experiments[name] = str(len(self.experiments) + 1)
        return {"experiment_id": self.experiments[name]}

    def runs_create(self, experiment_id, run_name, start_time, tags):
        key = f"r{len(self.runs)}"
        self.runs[key] = {
            "name": run_name,
            "tags": {tag["key"]: tag["value"] for tag in tags},
            "params": {},
            "metrics": defaultdict(dict),
            "status": "RUNNING",
        }
        return {"run": {"info": {"run_id": key}}}

    def runs_get(self, run_id):
        self.runs[run_id]
        return {"run": {"info": {"artifact_uri": f"mlflow-artifacts:/1/{run_id}/artifacts"}}}

    def runs_update(self, run_id, status, end_time=None):
        self.runs[run_id]["status"] = status

    def runs_log_batch(self, run_id, params=(), metrics=(), tags=()):
        run = self.runs[run_id]
        run["params"] |= {param["key"]: param["value"] for param in params}
        run["tags"] |= {tag["key"]: tag["value"] for tag in tags}
        for point in metrics:
            run["metrics"][point["key"]][point["step"]] = point["value"]

    def registered_models_get(self, name):
        self.models[name]

    def registered_models_create(self, name):
        self.models[name] = []

    def model_versions_create(self, name, source, run_id, tags):
        values = {tag["key"]: tag["value"] for tag in tags}
        self.models[name].append({"source": source, "run_id": run_id, "tags": values})
        return {"model_version": {"version": str(len(self.models[name]))}}

    def model_versions_set_tag(self, name, version, key, value):
        self.models[name][int(version) - 1]["tags"][key] = value

    def registered_models_alias(self, name, alias, version):
        self.models[name]
        self.aliases[alias] = version

    def delete_alias(self, name, alias):
        del self.aliases[alias]
