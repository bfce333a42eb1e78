#!/bin/sh
# Gives the machine a rustup toolchain named `web` that can build for wasm32, from Debian's packages alone: rustc and
# the sources of its std come from apt-get, and the std is compiled here, because Debian ships none for wasm32 that
# contains the crate `test`.
#   sh scripts/std-from-apt.sh VERSION CACHE [--clippy]
set -eu
version=$1 cache=$2 clippy=${3:-}
unset RUSTUP_TOOLCHAIN CARGO_TARGET_DIR
if [ "$(id -u)" = 0 ]; then sudo=; else sudo="sudo -n"; fi
export DEBIAN_FRONTEND=noninteractive

# The version is pinned because another channel of the distribution offers an older compiler under the same name.
pin="$version.*"
set -- "rustc-web=$pin" "rust-web-src=$pin" "libstd-rust-web-dev=$pin" rust-web-llvm lld-22
if [ -n "$clippy" ]; then set -- "$@" "rust-web-clippy=$pin"; fi
$sudo apt-get update -q
$sudo apt-get install -y -q --no-install-recommends "$@"
rustup toolchain link web /usr

probe=$cache/std
rm -rf "$probe"
mkdir -p "$probe/src"
cd "$probe"
printf '[package]\nname = "probe"\nversion = "0.1.0"\nedition = "2021"\n[profile.release]\npanic = "abort"\n' > Cargo.toml
printf '#![no_std]\n' > src/lib.rs
# `test` must be in the list, or no test can be built for wasm32. The hashes of the crates depend on this list, so one
# complete set is copied and older ones are removed.
RUSTC_BOOTSTRAP=1 cargo +web build --release --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort,test
lib=/usr/lib/rustlib/wasm32-unknown-unknown/lib
$sudo mkdir -p "$lib"
$sudo rm -f "$lib"/*.rlib
$sudo cp target/wasm32-unknown-unknown/release/deps/*.rlib "$lib/"
$sudo rm -f "$lib"/libprobe-*
rm -rf "$probe"
