"""What to label next: logos whose labels would teach most, and taking in people's answers."""
