"""Who people are: accounts, one-time codes, sessions, and the doors they are known at.

Owns: users, user_channels, access_tokens, link_codes, workspaces, workspace_members,
throttles. Emits: nothing. Uses: nothing below but the gate's own ports.
"""
