"""One reader a sort: bytes -> what is in them. Run in the box only."""
