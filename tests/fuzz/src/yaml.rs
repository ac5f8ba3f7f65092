//! What operators write: roles from YAML are refused or used, whatever they are.

/// Reads the bytes as a file of roles.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match policy::Roles::parse(text) {
        Ok(roles) => assert!(roles.described().all(|(name, _)| roles.has(name))),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
