"""Background jobs: load what the ids name, call one use case, report. Nothing here decides."""
