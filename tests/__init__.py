"""Tests. They mirror the packages that they test."""
