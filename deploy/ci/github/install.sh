#!/usr/bin/env bash
# Puts unigate on the PATH of the job's later steps: a release, a build of this source, or what is there.
# environment: GATE_VERSION (a release, "source" or "path"), GATE_FROM, GATE_SOURCE (this repository)
set -euo pipefail
case $GATE_VERSION in
  path) command -v unigate >/dev/null || { echo "::error::unigate is not on the PATH"; exit 2; } ;;
  source)
    command -v go >/dev/null || { echo "::error::Go is not on the PATH: add actions/setup-go before, or name a version"; exit 2; }
    folder=${RUNNER_TEMP:?}/unigate-bin
    mkdir -p "$folder"
    (cd "$GATE_SOURCE" && go build -trimpath -o "$folder/" ./cmd/unigate)
    echo "$folder" >> "${GITHUB_PATH:?}" ;;
  *)
    folder=${RUNNER_TEMP:?}/unigate-bin
    sh "$GATE_SOURCE/deploy/install.sh" "$GATE_VERSION" "$GATE_FROM" "$folder"
    echo "$folder" >> "${GITHUB_PATH:?}" ;;
esac
