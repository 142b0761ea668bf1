"""Runs, what they made, and what people thought of it.

Owns: agents, tasks, runs, run_steps, outputs, feedback, approvals, routing_labels.
Emits: ``run.requested``, ``run.cancelled``, ``run.answered``, ``run.decided``. Uses:
catalog, memory, clients, billing, mailroom.
"""
