"""What people do with studies: searches for good settings, trial by trial."""
