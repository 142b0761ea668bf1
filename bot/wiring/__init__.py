"""The composition root: settings become services, doors and running processes."""
