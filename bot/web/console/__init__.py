"""The web console: pages over the catalogue's operations, for whoever is signed in.

A page reads and writes through `visit.Visit.ask`, which calls one operation through
the one gate; nothing here knows a table. `door` holds who may come in, `words` how
things are written, `plots` how they are drawn.
"""
