"""What happens while versions serve: answers, traffic, the shadow version, drift."""
