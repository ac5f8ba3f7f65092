//! The search of commands: right for phrases of operators that it was not tuned on, and how long it takes.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use catalogue::{Catalogue, ModelKind};

/// A phrase of an operator, and the command that it needs.
struct Phrase<'a> {
    command: &'a str,
    style: &'a str,
    kind: Option<ModelKind>,
    text: &'a str,
}

fn phrases(text: &str) -> Vec<Phrase<'_>> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [command, style, kind, text] = cells[..] else { panic!("four cells: {line}") };
            let kind = match kind {
                "k8s" => Some(ModelKind::Kubernetes),
                "machines" => Some(ModelKind::Machines),
                "-" => None,
                other => panic!("{other}"),
            };
            Phrase { command, style, kind, text }
        })
        .collect()
}

const TUNE: &str = include_str!("../fixtures/search/tune.tsv");
const HELD_OUT: &str = include_str!("../fixtures/search/held_out.tsv");

/// How many phrases there are, and for how many the command is first and among the first three.
#[derive(Default, Clone, Copy)]
struct Hits {
    all: usize,
    first: usize,
    three: usize,
}

impl Hits {
    fn add(&mut self, rank: Option<usize>) {
        self.all += 1;
        self.first += usize::from(rank == Some(0));
        self.three += usize::from(rank.is_some_and(|rank| rank < 3));
    }

    fn row(self, name: &str) -> String {
        let share = |hits: usize| format!("{}.{} %", hits * 100 / self.all, hits * 1000 / self.all % 10);
        format!("| {name} | {} | {} | {} |\n", self.all, share(self.first), share(self.three))
    }
}

/// Results of all phrases: by style, and each command that was not first with what was.
#[derive(Default)]
struct Evaluation {
    hits: Hits,
    styles: BTreeMap<String, Hits>,
    confused: BTreeMap<(String, String, String), usize>,
}

fn evaluate(catalogue: &Catalogue, phrases: &[Phrase<'_>]) -> Evaluation {
    let mut evaluation = Evaluation::default();
    for phrase in phrases {
        let found = catalogue.search(phrase.text, phrase.kind);
        let rank = found.iter().position(|found| found.command == phrase.command);
        evaluation.hits.add(rank);
        evaluation.styles.entry(phrase.style.to_owned()).or_default().add(rank);
        if rank != Some(0) {
            let first = found.first().map_or("none", |found| found.command);
            let rank = rank.map_or_else(|| "not found".to_owned(), |rank| (rank + 1).to_string());
            let confused = (phrase.command.to_owned(), first.to_owned(), rank);
            *evaluation.confused.entry(confused).or_default() += 1;
        }
    }
    evaluation
}

fn table(evaluation: &Evaluation) -> String {
    let mut text = String::from("| style | phrases | first | among the first three |\n|---|---|---|---|\n");
    for (style, hits) in &evaluation.styles {
        text.push_str(&hits.row(style));
    }
    text.push_str(&evaluation.hits.row("**all**"));
    text.push_str("\n| needed | found first | place of the needed command | phrases |\n|---|---|---|---|\n");
    for ((needed, first, rank), count) in &evaluation.confused {
        writeln!(text, "| `{needed}` | `{first}` | {rank} | {count} |").expect("writing to a string cannot fail");
    }
    text
}

/// The measured time of one search.
fn report_time(catalogue: &Catalogue, phrases: &[Phrase<'_>]) {
    let mut times: Vec<Duration> = phrases
        .iter()
        .map(|phrase| {
            let started = Instant::now();
            let found = catalogue.search(phrase.text, phrase.kind);
            let taken = started.elapsed();
            assert!(!found.is_empty(), "{}", phrase.text);
            taken
        })
        .collect();
    times.sort_unstable();
    println!("a search takes {:?} (median), {:?} (slowest)", times[times.len() / 2], times[times.len() - 1]);
}

#[test]
fn search_finds_the_command_of_unseen_phrases() {
    let catalogue = Catalogue::builtin();
    let held_out = phrases(HELD_OUT);
    let evaluation = evaluate(&catalogue, &held_out);
    let table = table(&evaluation);
    println!("{table}");
    report_time(&catalogue, &held_out);
    let Hits { all, first, three } = evaluation.hits;
    assert!(all >= 120 && first * 100 >= all * 90 && three * 100 >= all * 98, "{first} and {three} of {all}:\n{table}");

    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/command-search.md");
    let text = std::fs::read_to_string(&page).expect("the page");
    let (head, _) = text.split_once("\n| style |").expect("the table of styles");
    let current = format!("{head}\n{table}");
    if option_env!("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&page, &current).expect("the page is writable");
        return;
    }
    assert!(text == current, "docs/command-search.md is not current: write it again with UPDATE_SNAPSHOTS=1\n{table}");
}

/// Phrases of a second author: how many of 40 are first and among the first three. A change of the ranking may only raise the
/// numbers; tools of backends beside Juju compete for some of the phrases, such as those about logs.
const OF_SECOND_AUTHOR: [(&str, &str, usize, usize); 2] = [
    ("second", include_str!("../fixtures/search/second_author.tsv"), 31, 35),
    ("third", include_str!("../fixtures/search/third_set.tsv"), 30, 36),
];

#[test]
fn search_finds_the_command_of_another_author() {
    let catalogue = Catalogue::builtin();
    for (set, text, least_first, least_three) in OF_SECOND_AUTHOR {
        let evaluation = evaluate(&catalogue, &phrases(text));
        let (Hits { all, first, three }, table) = (evaluation.hits, table(&evaluation));
        println!("{set}: {first} and {three} of {all}\n{table}");
        assert!(all == 40 && first >= least_first && three >= least_three, "{set}: {first} and {three}:\n{table}");
    }
}

#[test]
fn search_finds_the_command_of_tuned_phrases() {
    let evaluation = evaluate(&Catalogue::builtin(), &phrases(TUNE));
    let Hits { all, first, three } = evaluation.hits;
    assert!(
        first * 100 >= all * 90 && three * 100 >= all * 98,
        "{first} and {three} of {all}:\n{}",
        table(&evaluation)
    );
}

#[test]
fn search_has_phrases_for_every_command_and_finds_each_by_its_name() {
    let catalogue = Catalogue::builtin();
    let all: Vec<Phrase<'_>> = phrases(TUNE).into_iter().chain(phrases(HELD_OUT)).collect();
    let lines = include_str!("../fixtures/juju-commands.jsonl").lines();
    for line in lines {
        let command: serde_json::Value = serde_json::from_str(line).expect("a command");
        let name = command["name"].as_str().expect("a name");
        assert!(all.iter().any(|phrase| phrase.command == name), "no phrase needs {name}");
        for query in [name.to_owned(), format!("juju {name}"), format!("juju_{}", name.replace('-', "_"))] {
            let found = catalogue.search(&query, None);
            assert_eq!(found.first().map(|found| found.command), Some(name), "{query}");
        }
    }
}

#[test]
fn search_depends_on_the_kind_of_model_and_on_the_direction() {
    let catalogue = Catalogue::builtin();
    for (query, kind, expected) in [
        ("give the web tier two more machines", None, "add-unit"),
        ("give the web tier two more", Some(ModelKind::Machines), "add-unit"),
        ("give the web tier two more", Some(ModelKind::Kubernetes), "scale-application"),
        ("two fewer units of web", Some(ModelKind::Machines), "remove-unit"),
        ("two fewer units of web", Some(ModelKind::Kubernetes), "scale-application"),
        ("disconnect web from mysql", None, "remove-relation"),
        ("connect web to mysql", None, "integrate"),
        ("list-offers", None, "offers"),
    ] {
        let found = catalogue.search(query, kind);
        assert_eq!(found.first().map(|found| found.command), Some(expected), "{query} {kind:?}");
    }
    assert!(catalogue.search("xyzzyx", None).is_empty());
}
