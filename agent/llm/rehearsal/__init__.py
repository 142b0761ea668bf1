"""The model used when no key is set: free, deterministic, labelled as a rehearsal."""

from agent.llm.rehearsal.model import LABEL, Rehearsal

__all__ = ["LABEL", "Rehearsal"]
