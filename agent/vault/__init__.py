"""Keys that seal what we hold for others.

Owns: workspace_keys. Emits: nothing. Uses: identity.
"""
