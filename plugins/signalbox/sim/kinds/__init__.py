"""What tells the kinds of servers apart: model lists, health, metrics, and which paths need a key."""
