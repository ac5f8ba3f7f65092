//! Options for the linker of release builds: the place of rarely used code, and compact relocations.
#![expect(
    clippy::disallowed_methods,
    reason = "a build script gets its input from the environment, and nothing else runs beside it"
)]

use std::{env, path::Path, process::Command};

/// The first glibc that reads compact relocations.
const COMPACT_SINCE: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=link/rare-code.ld");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    if variable("PROFILE") != "release" || variable("CARGO_CFG_TARGET_OS") != "linux" {
        return;
    }
    let script = Path::new(&variable("CARGO_MANIFEST_DIR")).join("link/rare-code.ld");
    println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
    // a program for this machine: one for another may meet an older glibc
    let native = variable("HOST") == variable("TARGET") && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    if native && glibc_version().is_some_and(|version| version >= COMPACT_SINCE) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of glibc on this machine, 2.36.
fn glibc_version() -> Option<(u32, u32)> {
    let printed = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?.stdout;
    let text = String::from_utf8(printed).ok()?;
    let (major, minor) = text.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
