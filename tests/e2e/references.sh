# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Tests that use the npm packages of tests/references source this file after lib.sh. Without the packages, they end here, skipped.
# The programs of tests/references are copied to $T/references, where they find the packages.

packages=${P11BEARER%/*}/references
if ! command -v node >/dev/null || [ ! -e "$packages/installed" ]; then
	skip 'npm packages' "they are missing: softhsm/packages npm && tests/references/install $packages"
	done_testing
	exit 0
fi
mkdir "$T/references"
cp "$SOURCE"/tests/references/*.mjs "$T/references"
ln -s "$packages/node_modules" "$T/references"
