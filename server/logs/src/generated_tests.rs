//! Generated tests: random lines in random order, random readers, random interruptions.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{LogBuffer, LogFilter, LogGroup, LogGroups, LogLevel, LogLine, log_stream::StreamPosition, mask};

/// Seeds of each test; a failure names its seed.
const SEEDS: u64 = 50;

/// Pseudorandom numbers (xorshift).
struct Numbers(u64);

impl Numbers {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.below(words.len() as u64)).unwrap_or_default()]
    }
}

/// Messages of which each has variable parts, and never the same mask as another.
const KINDS: [&str; 6] = [
    "hook \"start\" of {unit} failed after {duration}: exit status {n}",
    "cannot connect to {address}: connection refused",
    "cannot write \"{path}\": no space left, {n} bytes needed",
    "model {uuid} is gone at {time}",
    "lease of {unit} expired, token {hex}",
    "pod web-{hex} was evicted from node-{n}",
];

/// A message of a kind with random variable parts.
fn message(kind: &str, numbers: &mut Numbers) -> String {
    let mut text = kind.to_owned();
    let hex = |numbers: &mut Numbers, digits: usize| {
        // with a letter and a digit, as long hexadecimal numbers have
        format!("a1{:0width$x}", numbers.next() & 0xff_ffff, width = digits.saturating_sub(2))
    };
    for _ in 0..4 {
        let values = [
            ("{unit}", format!("web/{}", numbers.below(200))),
            ("{n}", numbers.below(100_000).to_string()),
            ("{duration}", format!("{}m{}s", numbers.below(60), numbers.below(60))),
            (
                "{address}",
                format!(
                    "10.{}.{}.{}:{}",
                    numbers.below(256),
                    numbers.below(256),
                    numbers.below(256),
                    numbers.below(65_536)
                ),
            ),
            (
                "{path}",
                format!("/var/lib/juju/{}/{}", numbers.below(10), numbers.pick(&["a", "b c", "x-1"]).replace(' ', "_")),
            ),
            ("{uuid}", format!("0b7a5f0e-9f6c-4d7c-8a3b-{:012x}", numbers.next() & 0xffff_ffff_ffff)),
            ("{time}", format!("2026-11-{:02}T{:02}:46:51Z", 1 + numbers.below(30), numbers.below(24))),
            ("{hex}", hex(numbers, 12)),
        ];
        for (name, value) in values {
            text = text.replacen(name, &value, 1);
        }
    }
    text
}

fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

fn line(numbers: &mut Numbers, second: i64) -> (usize, LogLine) {
    let kind = usize::try_from(numbers.below(KINDS.len() as u64)).unwrap_or_default();
    let time = start() + TimeDelta::try_seconds(second).unwrap_or_default();
    let (entity, message) = (format!("unit-web-{}", numbers.below(5)), message(KINDS[kind], numbers));
    (kind, LogLine { time, level: LogLevel::Error, entity, module: "juju.worker".to_owned(), message })
}

fn groups(lines: &[LogLine]) -> Vec<LogGroup> {
    let mut groups = LogGroups::new(1_000);
    for line in lines {
        groups.add(line);
    }
    assert_eq!(groups.ungrouped(), 0);
    groups.into_sorted()
}

#[test]
fn lines_of_one_kind_form_one_group_in_any_order() {
    for seed in 1..=SEEDS {
        let mut numbers = Numbers::new(seed);
        let made: Vec<_> = (0..60).map(|second| line(&mut numbers, second)).collect();
        let mut expected: BTreeMap<usize, (u64, i64, i64)> = BTreeMap::new();
        for (kind, line) in &made {
            let seconds = line.time.timestamp();
            let (count, first, last) = expected.entry(*kind).or_insert((0, seconds, seconds));
            (*count, *first, *last) = (*count + 1, seconds.min(*first), seconds.max(*last));
        }
        let mut lines: Vec<_> = made.into_iter().map(|(_, line)| line).collect();
        let found = groups(&lines);
        let mut figures: Vec<_> =
            found.iter().map(|group| (group.count, group.first.timestamp(), group.last.timestamp())).collect();
        let mut expected: Vec<_> = expected.into_values().collect();
        figures.sort_unstable();
        expected.sort_unstable();
        assert_eq!(figures, expected, "seed {seed}: {found:#?}");
        for group in &found {
            assert_eq!(group.entities.values().sum::<u64>(), group.count, "seed {seed}");
            assert_eq!(mask(&group.example), group.pattern, "seed {seed}");
        }
        for at in (1..lines.len()).rev() {
            lines.swap(at, usize::try_from(numbers.below(at as u64 + 1)).unwrap_or_default());
        }
        assert_eq!(groups(&lines), found, "seed {seed}");
    }
}

#[test]
fn mask_of_any_text_ends_and_masks_nothing_twice() {
    let parts = [
        "\"",
        "'",
        "`",
        "/",
        "\\",
        "web/0",
        "10.0.0.1",
        ":",
        "-",
        "é",
        "漢",
        "0x1f",
        " ",
        "\n",
        "a1b2c3d4",
        "9",
        "2026-11-28",
        "T",
        "01:46:51",
        "fe80::1",
        "<n>",
        ".",
        "\u{200b}",
        "0b7a5f0e-9f6c-4d7c-8a3b-1c2d3e4f5a6b",
    ];
    for seed in 1..=500 {
        let mut numbers = Numbers::new(seed);
        let text: String = (0..numbers.below(30)).map(|_| numbers.pick(&parts)).collect();
        let masked = mask(&text);
        assert!(!masked.contains("10.0.0.1 "), "{text:?} {masked:?}");
        // what stays in front of a slash is the name of a unit or a directory; everything else has no digit that changes
        let again = mask(&masked);
        assert_eq!(mask(&again), again, "{text:?} {masked:?}");
    }
    assert!(mask(&"a\"".repeat(1_000_000)).len() < 5_000);
}

#[test]
fn groups_are_bounded_and_count_every_line() {
    let mut groups = LogGroups::new(10);
    for at in 0..1_000_u32 {
        let word: String = format!("{at:03}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
        let entity = format!("unit-web-{at}");
        let (module, message) = (String::new(), if at % 2 == 0 { "same".to_owned() } else { word });
        groups.add(&LogLine { time: start(), level: LogLevel::Error, entity, module, message });
    }
    let ungrouped = groups.ungrouped();
    let found = groups.into_sorted();
    assert_eq!(found.len(), 10);
    assert_eq!(found.iter().map(|group| group.count).sum::<u64>() + ungrouped, 1_000);
    assert_eq!((found[0].pattern.as_str(), found[0].count, found[0].entities.len()), ("same", 500, 50));
    assert_eq!(found[0].of_other_entities, 450);
}

#[test]
fn reader_receives_each_line_once_or_learns_how_many_it_missed() {
    for seed in 1..=SEEDS {
        let mut numbers = Numbers::new(seed);
        let buffer = LogBuffer::new(20, 1_000_000);
        let filter = LogFilter { contains: "REFUSED".to_owned(), ..LogFilter::default() };
        let (mut all, mut some) = (0, 0);
        let (mut received, mut selected, mut expected, mut missed) = (0, 0, 0, 0);
        for second in 0..200 {
            let (kind, line) = line(&mut numbers, second);
            expected += u64::from(kind == 1);
            buffer.append(line);
            if numbers.below(10) == 0 {
                let batch = buffer.read(&mut all, 7, |_| true);
                missed += batch.missed;
                received += batch.lines.len() as u64;
            }
            selected += buffer.read(&mut some, 3, |line| filter.matches(line)).lines.len() as u64;
        }
        let rest = buffer.read(&mut all, usize::MAX, |_| true);
        assert_eq!(missed + rest.missed + received + rest.lines.len() as u64, 200, "seed {seed}");
        assert_eq!(selected, expected, "seed {seed}");
    }
}

#[test]
fn stream_goes_on_without_gap_and_repetition_after_interruptions() {
    for seed in 1..=SEEDS {
        let mut numbers = Numbers::new(seed);
        let written: Vec<_> = (0..300).map(|at| line(&mut numbers, at * 2).1).collect();
        let (mut position, mut passed, mut sent) = (StreamPosition::default(), Vec::new(), 0);
        while sent < written.len() {
            // the controller sends what is newer than the time of the query, and some of it again
            let query = position.query(&LogFilter::default());
            let from = DateTime::parse_from_rfc3339(&query.start_time).ok();
            let end = (sent + 1 + usize::try_from(numbers.below(60)).unwrap_or_default()).min(written.len());
            let first = from.map_or(0, |from| written.iter().position(|line| line.time >= from).unwrap_or(end));
            passed.extend(written[first..end].iter().filter(|line| position.pass(line)).cloned());
            sent = end;
        }
        assert_eq!(passed, written, "seed {seed}");
    }
}

#[test]
fn union_selects_what_each_filter_selects() {
    for seed in 1..=SEEDS {
        let mut numbers = Numbers::new(seed);
        let mut filter = || {
            let names = |numbers: &mut Numbers| match numbers.below(3) {
                0 => vec![numbers.pick(&["unit-web-0", "unit-web-*", "machine-0"]).to_owned()],
                _ => Vec::new(),
            };
            let (include_entity, exclude_entity) = (names(&mut numbers), names(&mut numbers));
            let level = LogLevel::from_name(numbers.pick(&["INFO", "ERROR", "CRITICAL"])).unwrap_or_default();
            LogFilter { level, include_entity, exclude_entity, ..LogFilter::default() }
        };
        let (one, other) = (filter(), filter());
        let union = one.union(&other);
        for second in 0..20 {
            let (_, line) = line(&mut numbers, second);
            assert!(
                union.matches(&line) || !(one.matches(&line) || other.matches(&line)),
                "seed {seed}: {one:?} {other:?}"
            );
        }
        assert_eq!(union.union(&one), union, "seed {seed}");
    }
}
