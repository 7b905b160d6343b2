"""The rules: pure functions over frozen values. They read no clock, no file, no network and no store.

meetings (with guests, text, refusal) · availability · policy · blocks · choosing (with naming) · retry · delivery · reconcile.
What each decides is written in the design's "Rules of the business"; the actions ask, decide by a rule, and save.
"""
