"""Who calls the durable functions: the embedded engine, or a remote Inngest server."""
