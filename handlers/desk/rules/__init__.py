"""The desk's rules, as pure functions of what is known at the moment of the write.

A rule says why something may not be (``Declined``, with the figure that belongs to it), or that it may
(``None``). It looks nothing up and changes nothing. The handlers ask the same rules when they show a time
and again in front of every write; staff are bound by none that is about the patient.
"""
