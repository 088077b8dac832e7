#!/bin/sh
# At the first start of a server: one database for each service, to which only its own user may connect.
set -eu
for service in gateway search identity request review approval payment issuance delivery; do
    # C.UTF-8: with C the trigrams of Thai words are empty.
    psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
        --set name="paet_$service" --set password="$(cat "${PAET_PASSWORDS:-/run/paet/passwords}/$service")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name" TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
