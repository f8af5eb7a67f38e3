"""The live page: from what the index answers to what people look at. Only `server` and `pulse` know the world."""
