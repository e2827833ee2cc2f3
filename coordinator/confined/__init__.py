"""Strangers' files are read by a process that can do nothing else: how it is closed in, started, fed, heard and ended."""
