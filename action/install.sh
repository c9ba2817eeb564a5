#!/usr/bin/env bash
# Installs the release of release.env, if its checksum is right, and puts it on the PATH of
# the job. The arguments are the operating system and the architecture of the runner.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=release.env
. "$here/release.env"

case "$1" in
  Linux) os=linux ;;
  macOS) os=darwin ;;
  Windows) os=windows ;;
  *) echo "tsauth: no release for $1" >&2; exit 1 ;;
esac
case "$2" in
  X64) arch=amd64 ;;
  ARM64) arch=arm64 ;;
  *) echo "tsauth: no release for $2" >&2; exit 1 ;;
esac
sum_name=TSAUTH_SHA256_${os}_${arch}
want=${!sum_name}

archive=tsauth_${TSAUTH_VERSION}_${os}_${arch}.tar.gz
[ "$os" != windows ] || archive=tsauth_${TSAUTH_VERSION}_${os}_${arch}.zip
base=${TSAUTH_BASE_URL:-https://github.com/go-thoughtspot/tsauth/releases/download}
dir=${RUNNER_TEMP:?}/tsauth-$TSAUTH_VERSION
mkdir -p "$dir"
cd "$dir"
curl --fail --silent --show-error --location --retry 3 --output "$archive" "$base/v$TSAUTH_VERSION/$archive"

sum=$( (sha256sum "$archive" 2>/dev/null || shasum -a 256 "$archive") | cut -d ' ' -f 1)
if [ "$sum" != "$want" ]; then
  echo "tsauth: $archive has the checksum $sum, want $want" >&2
  rm -f "$archive"
  exit 1
fi
if [ "$os" = windows ]; then unzip -qo "$archive"; else tar -xzf "$archive"; fi
rm -f "$archive"
echo "$dir" >> "${GITHUB_PATH:?}"
