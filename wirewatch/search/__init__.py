"""Elasticsearch: what is stored there, how it is written and how it is asked. Nothing else imports its client."""
