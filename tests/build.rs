//! Sets `cfg(real_controller)` if `JUJU_MCP_TEST_CONTROLLER` is set, so that tests without it are reported as ignored.

fn main() {
    println!("cargo::rerun-if-env-changed=JUJU_MCP_TEST_CONTROLLER");
    println!("cargo::rustc-check-cfg=cfg(real_controller)");
    if std::env::var_os("JUJU_MCP_TEST_CONTROLLER").is_some() {
        println!("cargo::rustc-cfg=real_controller");
    }
}
