"""Measuring what the converter's parts are worth: `manage.py benchmark`."""
