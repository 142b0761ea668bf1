"""Strict local servers that speak a platform's real wire, for tests and trials."""
