"""Sorts logos into four types: a plug-in that trains, evaluates, versions and serves models."""

import os

# ONNX Runtime would store a device id and report each loaded model to its maker. It reads this when
# it is imported; here nothing of the package, and no process of it, comes before.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
