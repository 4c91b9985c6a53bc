# For tests that need packages of npm, sourced by their scripts.

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

# npm_tools ROOM: sets $tools to the folder with what tests/ROOM/package-lock.json pins. Two tests of one room may ask at the same time, so one installs and
# the other waits; a registry that fails is asked three times.
npm_tools() {
	tools=$top_builddir/tests/$1-tools
	for program in node npm; do
		command -v $program >/dev/null || skip "$program is not installed"
	done
	mkdir -p "$tools"
	(
		flock 9
		cmp -s "$top_srcdir/tests/$1/package-lock.json" "$tools/installed" && exit 0
		cp "$top_srcdir/tests/$1/package.json" "$top_srcdir/tests/$1/package-lock.json" "$tools/" && cd "$tools" || exit 1
		for pause in 5 20 0; do
			npm ci --silent --no-audit --no-fund --ignore-scripts >npm.log 2>&1 && exec cp package-lock.json installed
			sleep $pause
		done
		exit 1
	) 9>"$tools/lock" || skip "npm ci failed, see tests/$1-tools/npm.log"
}
