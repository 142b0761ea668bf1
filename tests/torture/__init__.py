"""The engine under torture: random work, random deaths, and books that must agree.

``make torture`` runs the long forms and prints a table; the short ones are tests. Each
part is a module with one function that returns figures, some of them with a limit.
"""
