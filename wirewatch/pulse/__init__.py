"""The pulse: whether the line itself is well, decided without touching it. Pure; the time is an argument."""
