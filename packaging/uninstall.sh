#!/bin/sh
# Undoes install.sh: stops the service, takes away the program and the unit.
#
# usage: ./uninstall.sh [--purge [--yes]]
#
# The configuration, the secrets and the database stay, so that installing again goes on where it was. --purge deletes them too, for ever,
# after asking; --yes does not ask. DESTDIR as in install.sh.
set -eu

root=${DESTDIR:-}
program=$root/usr/local/bin/paydactyl
unit=$root/etc/systemd/system/paydactyl.service
configuration=$root/etc/paydactyl
# With DynamicUser the first is a link to the second.
state="$root/var/lib/paydactyl $root/var/lib/private/paydactyl"

fail() {
    echo "uninstall: $1" >&2
    exit "${2:-1}"
}

purge=no
sure=no
for argument in "$@"; do
    case $argument in
    --purge) purge=yes ;;
    --yes) sure=yes ;;
    *) fail "unknown: $argument; usage: ./uninstall.sh [--purge [--yes]]" 2 ;;
    esac
done
[ -n "$root" ] || [ "$(id -u)" -eq 0 ] || fail "this must run as root: sudo ./uninstall.sh"

if [ "$purge" = yes ] && [ "$sure" = no ]; then
    echo "This deletes $configuration and Paydactyl's database for ever: who has paid, what was granted, what was there before us."
    printf 'Type "delete" to go on: '
    read -r answer || answer=
    [ "$answer" = delete ] || fail "nothing was changed."
fi

if [ -z "$root" ] && [ -d /run/systemd/system ] && [ -e "$unit" ]; then
    systemctl disable --now paydactyl.service
fi
shared=$root/usr/local/share
rm -f "$unit" "$program" "$shared/bash-completion/completions/paydactyl" "$shared/zsh/site-functions/_paydactyl" \
    "$shared/fish/vendor_completions.d/paydactyl.fish"
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi

if [ "$purge" = yes ]; then
    # shellcheck disable=SC2086
    rm -rf "$configuration" $state
    echo "Paydactyl, its configuration and its database are gone."
else
    echo "Paydactyl is gone; $configuration and $root/var/lib/paydactyl stay. ./uninstall.sh --purge deletes them too."
fi
