//! What operators write: roles and bindings from YAML are refused or used, whatever they are.

/// Reads the bytes as a file of roles.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match policy::Roles::parse(text) {
        Ok(roles) => assert!(roles.described().all(|(name, _)| roles.has(name))),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Ok(bindings) = serde_yaml::from_str::<Vec<policy::Binding>>(text) {
        let written = serde_yaml::to_string(&bindings).expect("what was read can be written");
        let again: Vec<policy::Binding> = serde_yaml::from_str(&written).expect("and read again");
        assert_eq!(again, bindings);
    }
}
