"""The rules of Chorus: no I/O, no await, no clock. Standard library, pytz and numpy."""
