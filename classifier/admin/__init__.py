"""The admin: starting, watching and stopping runs, promoting versions, and reading the rest."""

from classifier.admin import datasets, runs, studies, tokens, versions  # noqa: F401 - they register themselves
