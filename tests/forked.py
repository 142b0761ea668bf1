"""Imported by the server that tests fork from: what each process would load itself."""

import anthropic

import tests.bot.durable.child
import tests.bot.durable.remote.two
import tests.faults.app
import tests.torture.worker
from bot import language

__all__ = ["anthropic", "tests"]

language.load()
