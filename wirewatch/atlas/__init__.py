"""The world as it is drawn, on the live page and on dashboards: outlines of countries, and the projection."""
