#!/bin/sh
# Installs Paydactyl, or a newer version over an older one. uninstall.sh takes it away again.
#
# usage: ./install.sh            as root, from the unpacked archive
#
# It puts the program in /usr/local/bin, completions in /usr/local/share, the unit in /etc/systemd/system, and, only where there is none yet, a sample configuration in
# /etc/paydactyl with secrets made at random. It starts nothing that did not run; a running service is restarted with the new version.
# DESTDIR puts everything below another folder and leaves systemd alone.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=${DESTDIR:-}
program=$root/usr/local/bin/paydactyl
unit=$root/etc/systemd/system/paydactyl.service
configuration=$root/etc/paydactyl
secrets=$configuration/secrets

fail() {
    echo "install: $1" >&2
    exit 1
}

[ -n "$root" ] || [ "$(id -u)" -eq 0 ] || fail "this must run as root: sudo ./install.sh"
"$here/paydactyl" --version >/dev/null || fail "the program of this archive does not run on this machine."

# A file of the owner's, unless there is one.
own_file() {
    [ ! -e "$configuration/$2" ] || return 0
    install -m 0644 "$here/$1" "$configuration/$2"
    echo "made $configuration/$2"
}

# A secret of its own, unless there is one.
secret() {
    [ ! -e "$secrets/$1" ] || return 0
    (umask 077 && printf '%s\n' "$2" >"$secrets/$1")
    echo "made $secrets/$1"
}

random() {
    head -c 32 /dev/urandom | base64
}

mkdir -p "$(dirname "$program")" "$(dirname "$unit")" "$configuration"
[ -d "$secrets" ] || mkdir -m 0700 "$secrets"

# Renamed into place, so that a running program is not written over.
install -m 0755 "$here/paydactyl" "$program.new"
mv -f "$program.new" "$program"
install -m 0644 "$here/paydactyl.service" "$unit"
install -D -m 0644 "$here/completions/paydactyl.bash" "$root/usr/local/share/bash-completion/completions/paydactyl"
install -D -m 0644 "$here/completions/_paydactyl" "$root/usr/local/share/zsh/site-functions/_paydactyl"
install -D -m 0644 "$here/completions/paydactyl.fish" "$root/usr/local/share/fish/vendor_completions.d/paydactyl.fish"
install -m 0644 "$here/paydactyl.example.yaml" "$configuration/paydactyl.example.yaml"
own_file paydactyl.example.yaml paydactyl.yaml
own_file environment environment
secret admin_tokens "$(random | tr -d '=+/\n')"
secret paymenter_secrets "whsec_$(random)"
secret application_key "ptla_change-me"
secret client_key "ptlc_change-me"

if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl try-restart paydactyl.service
fi

cat <<END
Installed $("$program" --version) as $program.

Next, where this is new:
  1. $secrets/application_key and client_key: the panel's two keys, made by one administrator for Paydactyl
  2. $configuration/paydactyl.yaml: your panel's address, products, tiers and servers
  3. $secrets/paymenter_secrets goes into Paymenter as the webhook secret
  4. the check in README.md, then: systemctl enable --now paydactyl
END
