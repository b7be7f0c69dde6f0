"""What an operator has to look after: our parties, the counterparties, and whether it all fits together.

Nothing in here serves a message or changes anything. ``timebok parties`` words what comes out.
"""
