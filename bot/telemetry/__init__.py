"""What an operator's own tools can see: traces and metrics, off unless configured."""
