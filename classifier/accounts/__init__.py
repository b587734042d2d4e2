"""Who may use the API: tokens."""
