"""The live hub: one socket per client, streams of events that miss nothing and repeat nothing (DESIGN §6)."""

from coordinator.live.assembly import Live, make_live

__all__ = ["Live", "make_live"]
