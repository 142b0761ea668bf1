"""SQL scripts, cut into the single statements that the driver takes."""


def statements(script: str) -> list[str]:
    """Return the statements of ``script``; each ends in a semicolon and a line break.

    A semicolon inside ``$$ ... $$`` ends nothing.
    """
    pieces = script.split("$$")
    pieces[::2] = [piece.replace(";\n", "\0") for piece in pieces[::2]]
    cut = "$$".join(pieces).split("\0")
    return [statement.strip() for statement in cut if statement.strip()]
