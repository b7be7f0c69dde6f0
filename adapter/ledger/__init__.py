"""What came in and what goes out, written in the same transaction as the booking."""
