"""The converter's pages."""
