"""The web chat's dialect: requests we trust, bodies to `Inbound`, markdown to HTML."""
