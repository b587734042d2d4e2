"""Tests of classifier.data."""
