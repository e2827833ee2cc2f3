"""Use cases: one transaction each; `now` is passed in."""
