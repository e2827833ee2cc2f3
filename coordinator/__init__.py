"""Chorus: partner groups on several continents act at the same moment.

Imports point only downwards (`tests/test_layers.py` keeps it so):

    cli · app · routes · supervisor        composition roots
    pages · api · live · worker            delivery: parse, call one service, render
    services                               use cases: one transaction each, `now` passed in
    store · formats · i18n · blobs         SQL; words for times and calendars; catalogs; stored bytes
    ports                                  Protocols worth faking
    domain                                 rules: no I/O, no await, no clock
    settings · keys · errors               leaves
"""

__version__ = "0.1.0"
