"""Feeds: which there are, how they are fetched and read, and how often they are asked.

listed      feeds.toml: the feeds people own, and which outlets belong together
"""
