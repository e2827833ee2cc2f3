"""The live hub: protocol, sessions, fan-out (DESIGN §6)."""
