"""Engines that draft translations: the adapters of the Translator port, and which of them a network uses."""
