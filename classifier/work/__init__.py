"""Long work for worker processes: claimed, watched, cancelled, ended, and found lost."""
