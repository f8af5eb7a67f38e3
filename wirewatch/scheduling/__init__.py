"""Airflow: the handle by which the line is run. Nothing else imports it, but for the DAG files themselves."""
