"""What `manage.py benchmark` can measure of the classifier."""
