"""The Slack door: signed HTTP or Socket Mode in, Web API calls out."""
