#!/bin/sh
# Installs a release of unigate, after its checksum was compared with the release's list.
# usage: install.sh VERSION [FROM] [TO]
#   VERSION  such as 1.2.0
#   FROM     address or folder of the release's files
#            (default: https://github.com/unigate/unigate/releases/download/vVERSION)
#   TO       folder for the program (default: $HOME/.local/bin)
# exit status: 0 installed; 2 something is wrong, and nothing was installed
set -eu

fail() { echo "install.sh: $1" >&2; [ -z "${2:-}" ] || echo "hint: $2" >&2; exit 2; }

if [ $# -lt 1 ] || [ $# -gt 3 ] || [ -z "$1" ]; then fail "usage: install.sh VERSION [FROM] [TO]"; fi
version=${1#v}
# An empty FROM stands for the default too.
from=${2:-https://github.com/unigate/unigate/releases/download/v$version}
to=${3:-${HOME:+$HOME/.local/bin}}
[ -n "$to" ] || fail "there is no HOME to install into" "name a folder: install.sh $version \"\" /opt/bin"
case $version in *[!0-9A-Za-z.+-]* | [!0-9]* | "") fail "\"$1\" is no version" "such as 1.2.0; usage: install.sh VERSION [FROM] [TO]";; esac

case $(uname -s) in
  Linux) os=linux kind=tar.gz ;;
  Darwin) os=darwin kind=tar.gz ;;
  FreeBSD) os=freebsd kind=tar.gz ;;
  MINGW* | MSYS* | CYGWIN*) os=windows kind=zip ;;
  *) fail "there is no release for $(uname -s)" "build it: go install github.com/unigate/unigate/cmd/unigate@v$version" ;;
esac
case $(uname -m) in
  x86_64 | amd64) arch=amd64 ;;
  arm64 | aarch64) arch=arm64 ;;
  *) fail "there is no release for $(uname -m)" "build it: go install github.com/unigate/unigate/cmd/unigate@v$version" ;;
esac
file=unigate_${version}_${os}_${arch}.$kind
program=unigate
[ "$os" != windows ] || program=unigate.exe

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM HUP

# get NAME: brings a file of the release into the scratch folder.
get() {
  case $from in
    http://* | https://*)
      if command -v curl >/dev/null 2>&1; then
        curl -fsSL --retry 3 --max-time 300 -o "$scratch/$1" "$from/$1"
      elif command -v wget >/dev/null 2>&1; then
        wget -q -t 3 -T 300 -O "$scratch/$1" "$from/$1"
      else
        fail "neither curl nor wget is installed"
      fi ;;
    *) cp "$from/$1" "$scratch/$1" ;;
  esac || fail "cannot get $1 from $from" "is the version right, and is the address reachable?"
}
get checksums.txt
get "$file"

want=$(awk -v f="$file" '$2 == f || $2 == "*" f { print $1; exit }' "$scratch/checksums.txt")
[ -n "$want" ] || fail "checksums.txt has no line for $file"
if command -v sha256sum >/dev/null 2>&1; then
  have=$(sha256sum "$scratch/$file")
elif command -v shasum >/dev/null 2>&1; then
  have=$(shasum -a 256 "$scratch/$file")
else
  fail "neither sha256sum nor shasum is installed, so the file cannot be checked"
fi
have=${have%% *}
[ "$want" = "$have" ] || fail "$file is not what was released: its SHA-256 is $have, and $want was expected" "get it again; if it stays so, tell the maintainers"

case $kind in
  zip) unzip -qo "$scratch/$file" "$program" -d "$scratch" ;;
  *) tar -xzf "$scratch/$file" -C "$scratch" "$program" ;;
esac || fail "$file holds no $program"
mkdir -p "$to"
# Beside its place first, then renamed: a program that runs is never half written.
cp "$scratch/$program" "$to/.$program.$$"
chmod 755 "$to/.$program.$$"
mv "$to/.$program.$$" "$to/$program"
"$to/$program" version
case ":$PATH:" in *":$to:"*) ;; *) echo "$to is not on the PATH: add it, or call $to/$program" ;; esac
