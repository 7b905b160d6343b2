"""The figures: each benchmark prints a ratio against a peer or a limit, measured in one run. `make bench` runs them all."""
