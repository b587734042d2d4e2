"""What serves: arrays in, results out. Imports no torch, no scikit-learn and no Django models."""
