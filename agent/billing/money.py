"""US dollars in words: never a float, never rounded to nothing."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
_SMALL = Decimal(1)
_PLACES = 6


def dollars(amount: Decimal) -> str:
    """Return an amount as people read it: two digits that say something, or cents.

    ``$12.50``, ``$0.031``, ``$0.0031``, ``$0.00``.
    """
    if not amount or abs(amount) >= _SMALL:
        return f"${amount.quantize(CENT, ROUND_HALF_UP)}"
    places = min(max(1 - amount.adjusted(), 2), _PLACES)
    shown = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    whole, _, rest = f"{shown:f}".partition(".")
    return f"${whole}.{rest.rstrip('0').ljust(2, '0')}"
