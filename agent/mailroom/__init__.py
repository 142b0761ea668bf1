"""Chats, what comes in, and what goes out.

Owns: chats, inbox, deliveries. Emits: nothing. Uses: identity.
"""
