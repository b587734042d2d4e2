"""Sorts logos into four types: a plug-in that trains, evaluates, versions and serves models."""
