#!/bin/sh
# Chromium and a Chinese font from the distribution, for the browser tests.
set -u
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo -n"
if command -v apt-get >/dev/null; then
    $sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends \
        chromium fonts-noto-cjk fontconfig >/dev/null && exit 0
fi
echo "Could not install chromium and fonts-noto-cjk; the browser tests will be skipped. Install them by hand." >&2
exit 0
