"""JSON: parse a body, call one service, answer with JSON or a problem (RFC 9457)."""
