"""Template tags of the classifier."""
