"""Talking to models: the port, its providers, prices and prompts. Imports no room."""
