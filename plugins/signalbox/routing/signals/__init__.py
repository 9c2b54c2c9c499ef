"""Signals: facts made into opinions. They never decide."""
