"""Strict local servers that speak a platform's real wire, for scenario and fault tests."""
