"""Telling people and programs what happened: by mail and by signed webhooks."""
