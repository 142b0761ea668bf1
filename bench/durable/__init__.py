"""What durable runs cost: ours, DBOS's, and the least that any must do, side by side."""
