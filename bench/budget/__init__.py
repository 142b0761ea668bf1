"""Runs that race for a budget: ``python -m bench.budget``."""
