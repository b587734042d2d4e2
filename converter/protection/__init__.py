"""What keeps strangers from taking the project down: limits before any work is done."""
