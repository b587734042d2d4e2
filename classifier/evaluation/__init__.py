"""Measures of a model. Arrays in, plain results out."""
