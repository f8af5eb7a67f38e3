#!/bin/sh
# Brings Airflow's database up to date and sets the password of its user `admin`.
# The auth manager that comes with Airflow reads plain passwords from a file: enough for a page that is
# published on 127.0.0.1 only, and the file is readable by Airflow's user only.
set -eu
umask 077
printf '{"admin": "%s"}\n' "$AIRFLOW_PASSWORD" > "$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
exec airflow db migrate
