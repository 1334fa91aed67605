#!/bin/sh
# Starts the build for this machine. Hosts may drop execute bits when they unpack a bundle.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
case "$(uname -m)" in
x86_64 | amd64) binary="$here/x64/wiro-mcp" ;;
aarch64 | arm64) binary="$here/arm64/wiro-mcp" ;;
*)
	echo "wiro-mcp: there is no build for $(uname -m)" >&2
	exit 1
	;;
esac
[ -x "$binary" ] || chmod +x "$binary"
exec "$binary" "$@"
