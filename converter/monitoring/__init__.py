"""What operators look at: health, metrics, and logs of requests and of changes."""
