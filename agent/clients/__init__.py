"""Clients: the brands a workspace works for.

Owns: clients, client_versions, the stream client. Emits: nothing. Uses: identity.
"""
