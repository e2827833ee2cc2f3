"""Outward shapes: iCalendar, words for times, bands and glyphs as SVG, the resolve file."""
