"""The terminal's dialect: typed lines to `Inbound`, replies as plain text in place."""
