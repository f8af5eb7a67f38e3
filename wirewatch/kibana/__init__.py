"""Kibana: six dashboards as saved objects, built from descriptions, and how they are loaded.

views, panels, boards/*        what there is to see: descriptions, no JSON
lens, sheets, vega, dashboard  a description as Kibana 8.12 stores it; every later 8.x and 9.x takes that
saved                          a whole saved object, and the mark by which an edit is known
objects                        all of them for one line
api, loading                   the running Kibana: what is there, what is to be sent
"""
