"""The APIs a simulated server speaks: each one reads an Ask from its JSON and writes an Answer in its own shape."""
