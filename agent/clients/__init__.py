"""Clients: the brands a workspace works for.

Owns: clients, client_versions. Emits: nothing. Uses: identity.
"""
