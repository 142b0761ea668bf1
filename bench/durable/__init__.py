"""What durable runs cost: ours, DBOS's, the least that any must do, side by side."""
