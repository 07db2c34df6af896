#!/bin/sh
# Makes the passwords of this installation once, each readable only by those who need it:
#
#   server/  both passwords of PostgreSQL, for the server's group
#   admin/   the superuser's, for the one-shot `prepare`
#   login/   that of `suite`, the login of every process
#   s3/      of the S3 server: server/ has all secrets, admin/ intake/ screener/ keeper/ one profile each
#
# May run any number of times: what is there stays. Usage: make-credentials.sh FOLDER SERVER_GROUP
set -eu
umask 077
folder=$1
server_group=$2

# Written under another name first, so that an interrupted run leaves no half of a password.
keep() {
    if [ ! -s "$1" ]; then
        cat > "$1.new"
        mv "$1.new" "$1"
    fi
}

# Hexadecimal: it needs no quoting in a URL, in SQL or in a passfile.
new_secret() {
    od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n'
}

passfile() {
    printf '*:*:*:%s:%s\n' "$1" "$(cat "$2")"
}

new_secret | keep "$folder/server/admin-password"
new_secret | keep "$folder/server/login-password"
new_secret | keep "$folder/s3/server/secret"
for user in intake screener keeper; do
    new_secret | keep "$folder/s3/server/$user"
done
passfile postgres "$folder/server/admin-password" | keep "$folder/admin/passfile"
passfile suite "$folder/server/login-password" | keep "$folder/login/passfile"

profile() {
    printf '[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$1" "$2" "$(cat "$3")"
}

account() {
    printf '"%s":{"access":"%s","secret":"%s","role":"user","userID":0,"groupID":0,"projectID":0}' \
        "$1" "$1" "$(cat "$folder/s3/server/$1")"
}

profile admin root "$folder/s3/server/secret" | keep "$folder/s3/admin/credentials"
for user in intake screener keeper; do
    profile "$user" "$user" "$folder/s3/server/$user" | keep "$folder/s3/$user/credentials"
done
printf '{"accessAccounts":{%s,%s,%s}}' "$(account intake)" "$(account screener)" \
    "$(account keeper)" | keep "$folder/s3/server/users.json"

chgrp "$server_group" "$folder/server" "$folder/server/admin-password" \
    "$folder/server/login-password"
chmod 0750 "$folder/server"
chmod 0640 "$folder/server/admin-password" "$folder/server/login-password"
