"""Imported by the server that apps are forked from: what each start would load."""

from bot import language

language.load()
