"""The Norwegian dialect: hodemelding, dialogmelding, xCal and AppRec, as Helsenorge speaks them.

``dialect.Helsenorge`` is all that the pipeline sees of it.
"""
