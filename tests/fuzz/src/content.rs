//! Text from an estate: cleaning is idempotent, detection is deterministic, and no text makes them panic.

use content::Detector;

thread_local! {
    static DETECTOR: Detector = Detector::default();
}

/// Cleans and scans the bytes as a text, and as a JSON value if they are one.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (once, removed) = content::clean(&text);
    let (twice, none) = content::clean(&once);
    assert_eq!((twice.as_ref(), none), (once.as_ref(), 0), "cleaned twice, {removed} removed at first");
    assert!(once.chars().all(|letter| !letter.is_control() || letter == '\n' || letter == '\t'), "{once:?}");
    DETECTOR.with(|detector| {
        assert_eq!(detector.detect(&text), detector.detect(&text));
        if let Ok(mut value) = serde_json::from_str(&text) {
            let findings = detector.scan_value(&value);
            assert!(findings.places.iter().all(|place| value.pointer(place).is_some()), "{findings:?}");
            content::clean_value(&mut value);
            assert_eq!(content::clean_value(&mut value), 0, "{value}");
        }
    });
}
