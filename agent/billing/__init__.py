"""What machines cost, and what may still be spent.

Owns: billing_accounts, usage_records, budget_periods, budget_reservations. Emits:
nothing. Uses: identity.
"""
