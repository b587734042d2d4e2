"""The converter's REST API."""
