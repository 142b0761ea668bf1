"""What was said, and the questions that are open.

Owns: conversations, messages, dialogs. Emits: nothing. Uses: clients, mailroom,
identity.
"""
