"""National ways of saying the same thing. What is below a dialect knows none of its words."""
