//! Detection rates on each part of the corpus: attacks found, benign texts labelled.

use std::{collections::BTreeMap, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{Detector, substitution};

struct Text {
    family: String,
    text: String,
}

fn corpus(half: &str, side: &str) -> Vec<Text> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus").join(half).join(format!("{side}.txt"));
    let lines = std::fs::read_to_string(&path).expect("the corpus");
    let mut family = String::new();
    let mut texts = Vec::new();
    for line in lines.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("== ") {
            Some(name) => name.clone_into(&mut family),
            None => texts.push(Text { family: family.clone(), text: decode_line(&line.replace("\\n", "\n")) }),
        }
    }
    texts
}

/// Applies the disguise that a line names in front: `@base64 TEXT`.
fn decode_line(line: &str) -> String {
    let Some((disguise, text)) = line.strip_prefix('@').and_then(|line| line.split_once(' ')) else {
        return line.to_owned();
    };
    let each = |change: fn(char) -> String| text.chars().map(change).collect::<String>();
    let shifted = |letter: char, from: char, to: u32| u32::from(letter) - u32::from(from) + to;
    let code = |number: u32| char::from_u32(number).map(String::from).unwrap_or_default();
    match disguise {
        "base64" => STANDARD.encode(text),
        "hex" => text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(),
        "percent" => text
            .bytes()
            .map(|byte| if byte.is_ascii_alphabetic() { char::from(byte).into() } else { format!("%{byte:02X}") })
            .collect(),
        "rot13" => substitution::rotated(text, 13),
        "reversed" => text.chars().rev().collect(),
        "leet" => each(|letter| match letter {
            'i' => "1".into(),
            'e' => "3".into(),
            'o' => "0".into(),
            'a' => "4".into(),
            's' => "5".into(),
            other => other.into(),
        }),
        "spaced" => text.split(' ').map(|word| apart(word, " ")).collect::<Vec<_>>().join("   "),
        "dotted" => text.split(' ').map(|word| apart(word, ".")).collect::<Vec<_>>().join(" "),
        "homoglyphs" => each(|letter| match letter {
            'e' => "е".into(),
            'o' => "о".into(),
            'a' => "а".into(),
            'i' => "і".into(),
            'p' => "р".into(),
            other => other.into(),
        }),
        "fullwidth" => text
            .chars()
            .map(|letter| if letter.is_ascii_graphic() { code(shifted(letter, '!', 0xff01)) } else { letter.into() })
            .collect(),
        "mathematical" => text
            .chars()
            .map(|letter| match letter {
                'a'..='z' => code(shifted(letter, 'a', 0x1d41a)),
                'A'..='Z' => code(shifted(letter, 'A', 0x1d400)),
                other => other.into(),
            })
            .collect(),
        "zero-width" => apart(text, "\u{200b}"),
        "variation" => text.chars().map(|letter| format!("{letter}\u{fe01}")).collect::<Vec<_>>().concat(),
        "tags" => "unit is ready"
            .chars()
            .map(String::from)
            .chain(text.chars().map(|letter| code(u32::from(letter) + 0xe0000)))
            .collect(),
        "bidi" => format!("\u{202e}{}\u{202c}", text.chars().rev().collect::<String>()),
        "entities" => text.chars().map(|letter| format!("&#{};", u32::from(letter))).collect::<Vec<_>>().concat(),
        other => panic!("no such disguise: {other}"),
    }
}

fn apart(text: &str, between: &str) -> String {
    text.chars().map(String::from).collect::<Vec<_>>().join(between)
}

struct Rate {
    labelled: usize,
    texts: usize,
    by_family: BTreeMap<String, (usize, usize)>,
    wrong: Vec<String>,
}

impl Rate {
    fn measure(detector: &Detector, half: &str, side: &str) -> Self {
        let mut rate = Self { labelled: 0, texts: 0, by_family: BTreeMap::new(), wrong: Vec::new() };
        for Text { family, text } in corpus(half, side) {
            let verdict = detector.detect(&text);
            let row = rate.by_family.entry(family.clone()).or_default();
            (row.0, row.1) = (row.0 + usize::from(verdict.is_some()), row.1 + 1);
            (rate.labelled, rate.texts) = (rate.labelled + usize::from(verdict.is_some()), rate.texts + 1);
            if verdict.is_some() != (side == "attacks") {
                rate.wrong.push(format!("{half} {side} {family}: {text:?} {verdict:?}"));
            }
        }
        rate
    }

    fn share(&self) -> f64 {
        f64::from(u32::try_from(self.labelled).expect("few")) / f64::from(u32::try_from(self.texts).expect("few"))
    }
}

#[test]
fn attacks_are_found_and_benign_texts_are_left_alone() {
    let detector = Detector::default();
    let mut shares = BTreeMap::new();
    let mut texts = BTreeMap::new();
    for half in ["tuning", "held-out", "fresh"] {
        for side in ["attacks", "benign"] {
            let rate = Rate::measure(&detector, half, side);
            println!("{half} {side}: {} of {} labelled ({:.1} %)", rate.labelled, rate.texts, 100.0 * rate.share());
            for (family, (labelled, all)) in &rate.by_family {
                println!("    {family}: {labelled} of {all}");
            }
            // errors of the other parts are not printed, so that nothing is tuned to them
            if half == "tuning" {
                rate.wrong.iter().for_each(|wrong| println!("  wrong: {wrong}"));
            }
            shares.insert((half, side), rate.share());
            *texts.entry(side).or_insert(0) += rate.texts;
        }
    }
    assert!(texts["attacks"] >= 300 && texts["benign"] >= 300, "{texts:?}");
    assert!(shares[&("tuning", "attacks")] >= 0.90 && shares[&("tuning", "benign")] <= 0.02, "{shares:?}");
    // written after the detector, so this is the expected rate for unknown attacks
    assert!(shares[&("fresh", "attacks")] >= 0.40 && shares[&("fresh", "benign")] <= 0.02, "{shares:?}");
    assert!(shares[&("held-out", "attacks")] >= 0.90 && shares[&("held-out", "benign")] <= 0.02, "{shares:?}");
}
