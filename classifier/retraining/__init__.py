"""Retraining by itself: from accepted labels to a candidate that runs as shadow. Never promotes."""
