"""The project's own tracer: from pixels to painted regions with curves around them.

Knows nothing of Django and of the rest of the converter: it runs in a process of its own.
"""
