"""The doors: each turns one messenger's dialect into Inbound, and replies back."""
