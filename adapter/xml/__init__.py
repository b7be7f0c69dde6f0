"""XML read with suspicion, judged by schemas, explained in words, and written without surprises."""
