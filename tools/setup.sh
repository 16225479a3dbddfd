#!/bin/sh
# Installs what Ingle's build needs and this machine lacks.
#
#   tools/setup.sh [build] [counts] [checks] [fuzz] [wasm] [aarch64]
#
# Each word is a group below; without one it is `build`. What is there already is found by looking
# for the thing itself (a command, a header), so that it may come from anywhere, and nothing is
# asked of the network while nothing is missing. What is missing comes from Debian's packages: as
# root, or through sudo; where neither will do, the packages are named and the exit status is 1.
set -eu

# One line a requirement: group, what to look for (a command, or a path that may hold wildcards),
# the Debian package that brings it.
requirements='
build    g++                                                 g++
build    cmake                                               cmake
build    ninja                                               ninja-build
build    ccache                                              ccache
build    python3                                             python3
build    pip3                                                python3-pip
build    /etc/ssl/certs/ca-certificates.crt                  ca-certificates
build    /usr/include/tl/expected.hpp                        libexpected-dev
build    /usr/include/nlohmann/json.hpp                      nlohmann-json3-dev
build    /usr/include/CLI/CLI.hpp                            libcli11-dev
build    /usr/include/toml++/toml.h                          libtomlplusplus-dev
build    /usr/include/histedit.h                              libedit-dev
build    /usr/include/zip.h                                  libzip-dev
build    /usr/include/*/curl/curl.h                          libcurl4-openssl-dev
build    /usr/include/openssl/evp.h                          libssl-dev
build    /usr/include/gtest/gtest.h                          libgtest-dev
build    /usr/include/simde/x86/avx512.h                     libsimde-dev
counts   valgrind                                            valgrind
checks   clang++-16                                          clang-16
checks   /usr/lib/llvm-16/lib/clang/16/lib/linux/*asan*.a    libclang-rt-16-dev
checks   clang-format-16                                     clang-format-16
checks   pip3                                                python3-pip
checks   git                                                 git
fuzz     clang++-16                                          clang-16
fuzz     /usr/lib/llvm-16/lib/clang/16/lib/linux/*fuzzer*.a  libclang-rt-16-dev
wasm     em++                                                emscripten
wasm     node                                                nodejs
wasm     /usr/src/googletest/CMakeLists.txt                  googletest
aarch64  aarch64-linux-gnu-g++                               g++-aarch64-linux-gnu
aarch64  qemu-aarch64                                        qemu-user
aarch64  /usr/src/googletest/CMakeLists.txt                  googletest
'

present() {
  case $1 in
    /*) for path in $1; do [ -e "$path" ] && return 0; done; return 1 ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

# Prints the packages of the groups named that are not there.
missing_packages() {
  set -f  # the wildcards are for present()
  printf '%s' "$requirements" | while read -r group thing package; do
    case " $groups " in *" $group "*) ;; *) continue ;; esac
    set +f
    present "$thing" || printf '%s ' "$package"
    set -f
  done
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

# Root, or a sudo that either needs no password or has a person to ask for it.
can_install() {
  [ "$(id -u)" = 0 ] && return 0
  command -v sudo >/dev/null 2>&1 || return 1
  sudo -n true 2>/dev/null || [ -t 0 ]
}

apt_install() {
  as_root apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "$@"
}

groups=${*:-build}
packages=$(missing_packages)
[ -z "$packages" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "setup: no apt-get here. Install what these Debian packages hold, then try again:" >&2
  echo "  $packages" >&2
  exit 1
fi
if ! can_install; then
  echo "setup: these packages are missing, and installing them needs root:" >&2
  echo "  apt-get install --no-install-recommends $packages" >&2
  exit 1
fi

echo "setup: installing $packages"
# A list of packages that is absent or old makes the first attempt fail; then it is fetched anew.
# shellcheck disable=SC2086 # one word a package
if [ -z "$(find /var/lib/apt/lists -name '*Packages*' 2>/dev/null | head -n 1)" ] ||
    ! apt_install $packages; then
  as_root apt-get -o DPkg::Lock::Timeout=300 update -q
  apt_install $packages
fi

packages=$(missing_packages)
if [ -n "$packages" ]; then
  echo "setup: installed, and yet not found: $packages" >&2
  exit 1
fi
