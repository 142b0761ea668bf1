"""The composition: joins doors, mind and memory into running processes."""
