"""MLflow's REST API 2.0, as far as the mirror speaks it.

https://mlflow.org/docs/latest/rest-api.html. Plain HTTP needs nothing installed: MLflow's own
client would bring some thirty packages into every worker.
"""

from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx

_SECONDS = 20.0
_METRICS_AT_ONCE = 1000
_PARAMS_AT_ONCE = 100
_LONGEST_VALUE = 5000
_PROXIED = "mlflow-artifacts"  # the scheme of files that the server stores for its clients


class MlflowError(Exception):
    """The server cannot be reached, or refuses something. The message says what."""


class UnreachableError(MlflowError):
    """Nothing answers, or it cannot work now: later it may."""


class UnknownRowError(MlflowError):
    """The server knows no such run, model or version."""


class MlflowServer:
    """One server. Every method raises MlflowError, or one of its subclasses."""

    def __init__(
        self, address: str, token: str = "", transport: httpx.BaseTransport | None = None
    ) -> None:
        self.address = address.rstrip("/")
        parts = urlsplit(self.address)
        auth = (parts.username, parts.password or "") if parts.username else None
        self._http = httpx.Client(
            base_url=self.address,
            timeout=_SECONDS,
            auth=auth,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self._http.close()

    def experiment(self, name: str) -> str:
        """Return the id of the experiment of that name; it is made if there is none."""
        try:
            found = self._call("GET", "experiments/get-by-name", {"experiment_name": name})
            return found["experiment"]["experiment_id"]
        except UnknownRowError:
            return self._call("POST", "experiments/create", {"name": name})["experiment_id"]

    def create_run(self, experiment: str, name: str, started_ms: int, tags: dict[str, str]) -> str:
        """Return the id of a new run."""
        values = {
            "experiment_id": experiment,
            "run_name": name,
            "start_time": started_ms,
            "tags": _pairs(tags),
        }
        return self._call("POST", "runs/create", values)["run"]["info"]["run_id"]

    def update_run(self, run: str, status: str, ended_ms: int | None) -> None:
        """Say how a run stands: RUNNING, FINISHED, FAILED or KILLED."""
        values = {"run_id": run, "status": status}
        self._call("POST", "runs/update", values | ({"end_time": ended_ms} if ended_ms else {}))

    def log(
        self,
        run: str,
        params: dict[str, Any] | None = None,
        metrics: list[dict[str, Any]] | None = None,
        tags: dict[str, str] | None = None,
    ) -> None:
        """Store settings, measures (key, value, timestamp, step) and tags with a run."""
        pairs, points = _pairs(params or {}), metrics or []
        self._call("POST", "runs/log-batch", {"run_id": run, "tags": _pairs(tags or {})})
        for start in range(0, len(pairs), _PARAMS_AT_ONCE):
            part = pairs[start : start + _PARAMS_AT_ONCE]
            self._call("POST", "runs/log-batch", {"run_id": run, "params": part})
        for start in range(0, len(points), _METRICS_AT_ONCE):
            part = points[start : start + _METRICS_AT_ONCE]
            self._call("POST", "runs/log-batch", {"run_id": run, "metrics": part})

    def artifacts_of(self, run: str) -> str:
        """Return the address of a run's folder of files."""
        return self._call("GET", "runs/get", {"run_id": run})["run"]["info"]["artifact_uri"]

    def upload(self, folder: str, name: str, content: bytes) -> None:
        """Store a file in a folder of files, if the server stores them for its clients.

        Raises:
            MlflowError: if it does not (run it with `--serve-artifacts`), as otherwise.
        """
        parts = urlsplit(folder)
        if parts.scheme != _PROXIED:
            raise MlflowError(
                f"The server keeps its files at {parts.scheme or 'a path'}, which only it can "
                "write. Start it with --serve-artifacts."
            )
        path = quote(f"{parts.path.strip('/')}/{name}")
        self._request("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{path}", content=content)

    def register(self, model: str) -> None:
        """Make the registered model, unless it is there."""
        try:
            self._call("GET", "registered-models/get", {"name": model})
        except UnknownRowError:
            self._call("POST", "registered-models/create", {"name": model})

    def create_version(self, model: str, source: str, run: str, tags: dict[str, str]) -> str:
        """Return the number of a new version of a registered model."""
        values = {"name": model, "source": source, "run_id": run, "tags": _pairs(tags)}
        return self._call("POST", "model-versions/create", values)["model_version"]["version"]

    def tag_version(self, model: str, version: str, key: str, value: str) -> None:
        """Set a tag of a registered model's version."""
        values = {"name": model, "version": version, "key": key, "value": value}
        self._call("POST", "model-versions/set-tag", values)

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Let an alias name a version."""
        values = {"name": model, "alias": alias, "version": version}
        self._call("POST", "registered-models/alias", values)

    def delete_alias(self, model: str, alias: str) -> None:
        """Let an alias name nothing."""
        self._call("DELETE", "registered-models/alias", {"name": model, "alias": alias})

    def _call(self, method: str, path: str, values: dict[str, Any]) -> dict[str, Any]:
        address = f"/api/2.0/mlflow/{path}"
        if method == "GET":
            return self._request(method, address, params=values).json()
        return self._request(method, address, json=values).json()

    def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise UnreachableError(f"{self.address} does not answer: {error}") from error
        if answer.is_success:
            return answer
        said = f"{path}: {answer.status_code} {answer.text[:300]}"
        if answer.status_code >= 500 or answer.status_code == 429:
            raise UnreachableError(said)
        if answer.status_code == 404:
            raise UnknownRowError(said)
        raise MlflowError(said)


def _pairs(values: dict[str, Any]) -> list[dict[str, str]]:
    return [{"key": key, "value": str(value)[:_LONGEST_VALUE]} for key, value in values.items()]
