"""What syncd remembers, in SQLite or PostgreSQL: the room knows no rule and no server, and imports neither.

`model` has the nouns, `schema` the tables, `database` the way in (a `Store` gives transactions), `due` the work that is
due and the fence around it, `migrations` how the tables came to be. The other modules hold the queries, one noun a
file: each function takes a transaction and gives frozen values of `model` back.
"""
