"""One module a step; the number before its name is its revision."""
