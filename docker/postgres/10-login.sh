#!/bin/sh
# Makes the login of every process, when the image initialises an empty database folder.
#
# It owns nothing and inherits nothing. `suite migrate` makes the roles it may become; migrations
# make a login without a password where there is none, so this one has to be there before.
set -e
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet \
    --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<SQL
\set password \`cat "$LOGIN_PASSWORD_FILE"\`
SET log_statement = 'none';
CREATE ROLE suite LOGIN NOINHERIT PASSWORD :'password';
SQL
