"""Signalbox: one strategy decides which model answers each LiteLLM request, and says why."""

__version__ = "0.1.0"
