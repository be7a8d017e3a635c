# Shared by ./cairn, ./test and examples/prepare. Sourced, never run: it expects $home, the root of the source tree.

say() { printf 'cairn: %s\n' "$*" >&2; }

fail() {
  say "$@"
  exit 1
}

# need PROGRAM[|PROGRAM]=PACKAGE ...  Makes sure that one program of each line is there. As root the missing packages are
# installed; otherwise the line to run is printed and the script stops.
need() {
  local pair program found missing=()
  for pair in "$@"; do
    found=
    for program in $(tr '|' ' ' <<< "${pair%%=*}"); do
      if command -v "$program" > /dev/null || [ -x "/usr/sbin/$program" ]; then
        found=1
        break
      fi
    done
    [ -n "$found" ] || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
    say "these Debian packages are missing; install them and run this again:"
    printf '  %sapt-get install -y --no-install-recommends %s\n' "$([ "$(id -u)" -eq 0 ] || echo 'sudo ')" "${missing[*]}" >&2
    exit 1
  fi
  say "installing the missing Debian packages: ${missing[*]}"
  local log
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  if ! { apt-get install -y -q --no-install-recommends "${missing[@]}" \
    || { apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; }; } > "$log" 2>&1 < /dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "installing them failed; try: apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  fi
  rm -f "$log"
}

need_dotnet() {
  command -v dotnet > /dev/null || fail "the .NET SDK 10 is needed to build Cairn, and 'dotnet' is not on PATH: see https://dotnet.microsoft.com/download"
}

# restore PROJECT ARGUMENTS...  Restores what the lock files say. A registry's version lists may be stale in the client's
# cache, so a failure is tried once more without it.
restore() {
  local log
  log=$(mktemp)
  if ! dotnet restore "$@" --locked-mode > "$log" 2>&1; then
    say "restoring the packages failed; trying again without the package client's cache"
    if ! dotnet restore "$@" --locked-mode --no-http-cache > "$log" 2>&1; then
      tail -n 40 "$log" >&2
      rm -f "$log"
      fail "the NuGet packages could not be restored"
    fi
  fi
  rm -f "$log"
}

# Whether something that the program is built from is newer than the program. Directories count, so that a removed file does.
stale() {
  [ -f "$home/artifacts/program/stamp" ] || return 0
  [ -n "$(cd "$home" && find llb snapshotter cache solver frontend Directory.Build.props Directory.Packages.props .editorconfig \
    -newer artifacts/program/stamp -not -name '*.md' -print -quit)" ]
}

# Builds the program for this machine, Release and ReadyToRun, into artifacts/program. One at a time; the old program stays
# whole until the new one is, and a program that is running keeps its files.
build_program() {
  need_dotnet
  mkdir -p "$home/artifacts"
  local log
  (
    flock 9
    if ! stale; then exit 0; fi   # another one built it while this one waited
    say "building the program (once; about a minute)"
    rm -rf "$home/artifacts/program.new"
    mkdir "$home/artifacts/program.new"
    touch "$home/artifacts/program.new/stamp"   # before the build: what changes during it is built again
    log=$home/artifacts/program.log
    restore "$home/frontend/cli/Cairn.Cli.csproj" -r linux-x64 -p:PublishReadyToRun=true
    if ! dotnet publish "$home/frontend/cli/Cairn.Cli.csproj" -c Release -r linux-x64 --self-contained false --no-restore \
      -p:PublishReadyToRun=true -o "$home/artifacts/program.new" -nologo -v quiet > "$log" 2>&1 9>&-; then
      tail -n 60 "$log" >&2
      fail "the build failed; the whole log is in $log"
    fi
    rm -rf "$home/artifacts/program.old"
    [ ! -d "$home/artifacts/program" ] || mv "$home/artifacts/program" "$home/artifacts/program.old"
    mv "$home/artifacts/program.new" "$home/artifacts/program"
  ) 9> "$home/artifacts/program.lock"
}
