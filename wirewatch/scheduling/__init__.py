"""Airflow as the command line uses it. Only this package and the DAG files know Airflow."""
