#!/usr/bin/env bash
# usage: get-debian.sh DEST SUITE PACKAGE…   Unpacks packages and all they need, libc too, into DEST; installs nothing into the system.
# Debian's own signatures vouch for what comes; the mirror is the one that apt is configured with.
set -euo pipefail
dest=$(realpath -m "$1") suite=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$dest" "$work/lists/partial" "$work/cache/archives/partial"
targets() { apt-get indextargets --format '$(REPO_URI) $(COMPONENT) $(ORIGIN) $(CODENAME)' 'Created-By: Packages' | awk '$2=="main" && $3=="Debian" && $4 !~ /security|updates/ {print $1; exit}'; }
mirror=$(targets)
if [ -z "$mirror" ]; then
  apt-get update -qq
  mirror=$(targets)
fi
[ -n "$mirror" ] || { echo "no Debian mirror in apt's configuration" >&2; exit 1; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$work/sources.list"
apt=(-oDir::Etc::sourcelist="$work/sources.list" -oDir::Etc::sourceparts=/dev/null -oDir::State::Lists="$work/lists"
  -oDir::State::status=/dev/null -oDir::Cache="$work/cache" -oAPT::Sandbox::User=root -oAcquire::Languages=none)
apt-get "${apt[@]}" update -qq
packages=$(apt-get "${apt[@]}" install --no-install-recommends -qq -y --print-uris "$@" | awk '{print $2}' | sed 's/_.*//' | sort -u)
cd "$work"
# shellcheck disable=SC2086
apt-get "${apt[@]}" -qq download $packages
for file in *.deb; do dpkg -x "$file" "$dest"; done
rm -rf "$dest"/usr/share/{doc,man,locale,perl5,info,i18n}
