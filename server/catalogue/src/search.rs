//! Finds the command that an operator means: a deterministic index over the words of commands, without a model.
//!
//! Three texts describe a command: its name, the words of its tool, and phrases of operators (`search/commands.txt`). A query is
//! compared with all words of a command (BM25F) and with each phrase alone. Words count by their stem and by their meaning
//! (`search/thesaurus.txt`), names by their kind. A command that adds is no answer to a question about removing.

mod model_kind;
mod score;
mod spelling;
mod words;

use std::collections::{HashMap, HashSet};

pub use model_kind::ModelKind;
use score::Postings;
use words::{Class, Reader, Word};

/// Each command with the phrases of operators.
const COMMANDS: &str = include_str!("search/commands.txt");

/// Weight of the words of a command's name and aliases, of a phrase, and of its tool.
const NAME_WEIGHT: f32 = 3.0;
const PHRASE_WEIGHT: f32 = 1.0;
const TOOL_WEIGHT: f32 = 0.3;
/// How much the best phrase counts beside all words.
const PHRASE_SHARE: f32 = 1.6;
/// What is left of the score of a command that does the opposite, or that changes where the query only asks.
const OPPOSITE: f32 = 0.35;
const OTHER_CLASS: f32 = 0.8;
/// What is left of the score of a command for each entity of the query that it is not about, and for each in its name that the query
/// does not name.
const MISSING_ENTITY: f32 = 0.75;
const UNNAMED_ENTITY: f32 = 0.94;
const OTHER_NUMBER: f32 = 0.85;
/// What is left of the score of a command that does not fit the kind of model, and of one that fits one kind where the kind is unknown.
const WRONG_KIND: f32 = 0.3;
/// What the name of a command in the query adds to its score.
const NAMED: f32 = 10.0;
/// Smallest part of the best score that a result has.
const CUTOFF: f32 = 0.25;

/// What the index knows of a command beside its phrases.
#[derive(Debug, Clone, Default)]
pub(crate) struct Described {
    /// Other names of the command.
    pub(crate) aliases: Vec<String>,
    /// Description and argument names of its tool.
    pub(crate) text: String,
}

/// One command of the Juju client.
struct Indexed {
    name: &'static str,
    class: Class,
    kind: Option<ModelKind>,
    /// What its name states that it is about.
    entities: Vec<Word>,
    /// Several of the last of them.
    plural: Option<Word>,
}

/// The head and the phrases of a command.
pub(crate) fn described(command: &str) -> Option<(&'static str, &'static str)> {
    lines().find(|(head, _)| head.split_whitespace().nth(1) == Some(command))
}

/// The kind of model that the head of a command names.
pub(crate) fn model_kind(head: &str) -> Option<ModelKind> {
    match head.split_whitespace().nth(2) {
        Some("@machines") => Some(ModelKind::Machines),
        Some("@k8s") => Some(ModelKind::Kubernetes),
        _ => None,
    }
}

/// Heads and phrases of all commands.
fn lines() -> impl Iterator<Item = (&'static str, &'static str)> {
    COMMANDS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" : "))
}

/// All commands of the Juju client, and the words that mean them.
pub(crate) struct CommandIndex {
    reader: Reader,
    commands: Vec<Indexed>,
    /// By word: the commands, with the weight of the word there.
    words: Postings,
    /// By word: the phrases.
    phrases: Postings,
    /// The command of each phrase.
    phrase_of: Vec<usize>,
    names: HashMap<String, usize>,
}

impl CommandIndex {
    /// Indexes all commands of the Juju client and `others`; `describe` returns what is known of one from its tool.
    pub(crate) fn new(others: &[&'static str], describe: impl Fn(&str) -> Described) -> Self {
        let mut reader = Reader::new();
        let (mut commands, mut phrase_of, mut names) = (Vec::new(), Vec::new(), HashMap::new());
        let (mut documents, mut phrases) = (Vec::new(), Vec::new());
        for (head, text) in lines().chain(others.iter().map(|name| (*name, ""))) {
            let mut command = Indexed::read(head);
            if names.contains_key(command.name) {
                continue;
            }
            let described = describe(command.name);
            let mut document: Vec<(Word, f32)> = Vec::new();
            let mut add = |words: Vec<Word>, weight: f32| {
                document.extend(words.into_iter().map(|word| (word, weight)));
            };
            let name = reader.learn(&command.name.replace('-', " "));
            command.entities = name.iter().copied().filter(|word| reader.class(*word) == Class::Entity).collect();
            command.plural = command.entities.last().map(|entity| reader.plural_of(*entity));
            add(name, NAME_WEIGHT);
            for alias in &described.aliases {
                add(reader.learn(&alias.replace('-', " ")), NAME_WEIGHT / 2.0);
                names.insert(alias.clone(), commands.len());
            }
            for phrase in text.split(';').filter(|phrase| !phrase.is_empty()) {
                let words = reader.learn(phrase);
                add(words.clone(), PHRASE_WEIGHT);
                phrases.push(words.into_iter().map(|word| (word, 1.0)).collect());
                phrase_of.push(commands.len());
            }
            add(reader.learn(&described.text), TOOL_WEIGHT);
            names.insert(command.name.to_owned(), commands.len());
            commands.push(command);
            documents.push(document);
        }
        let words = Postings::new(&documents);
        let phrases = Postings::new(&phrases).with_sizes(&words);
        Self { reader: reader.with_dictionary(), commands, words, phrases, phrase_of, names }
    }

    /// The commands that a query may mean, the likeliest first; all of them if the query is empty.
    pub(crate) fn rank(&self, query: &str, kind: Option<ModelKind>) -> Vec<&'static str> {
        if query.trim().is_empty() {
            return self.commands.iter().map(|command| command.name).collect();
        }
        self.scores(query, kind).into_iter().map(|(name, _)| name).collect()
    }

    fn scores(&self, query: &str, kind: Option<ModelKind>) -> Vec<(&'static str, f32)> {
        let words = self.reader.read(query);
        let mut scores = self.words.bm25(&words, self.commands.len());
        let mut best = vec![0.0_f32; self.commands.len()];
        for (phrase, similarity) in self.phrases.similarities(&words).into_iter().enumerate() {
            let command = self.phrase_of[phrase];
            best[command] = best[command].max(similarity);
        }
        let classes = self.reader.classes_of(query, &words);
        let entities: Vec<Word> =
            words.iter().map(|(word, _)| *word).filter(|word| self.reader.class(*word) == Class::Entity).collect();
        let kind = kind.or_else(|| self.reader.kind_in(&words));
        let most = scores.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        for (at, command) in self.commands.iter().enumerate() {
            let fit = command.class_fit(&classes)
                * command.kind_fit(kind)
                * self.entity_fit(at, &entities)
                * self.number_fit(at, &words);
            scores[at] = (scores[at] / most + PHRASE_SHARE * best[at]) * fit;
        }
        if let Some(named) = self.named(query) {
            scores[named] += NAMED;
        }
        let mut ranked: Vec<(usize, f32)> = scores.into_iter().enumerate().filter(|(_, score)| *score > 0.0).collect();
        ranked.sort_by(|(at, score), (other_at, other)| other.total_cmp(score).then(at.cmp(other_at)));
        let least = ranked.first().map_or(0.0, |(_, score)| score.min(2.6) * CUTOFF);
        ranked.retain(|(_, score)| *score >= least);
        ranked.into_iter().map(|(at, score)| (self.commands[at].name, score)).collect()
    }

    /// How well a command is about what a query is about.
    fn entity_fit(&self, command: usize, entities: &[Word]) -> f32 {
        let missing = entities.iter().filter(|entity| !self.words.has(**entity, command)).count();
        let own = self.commands[command].entities.iter().filter(|entity| !entities.contains(entity)).count();
        MISSING_ENTITY.powi(power(missing)) * UNNAMED_ENTITY.powi(power(own))
    }

    /// A question about several is answered by a list, one about a single thing by its details.
    fn number_fit(&self, command: usize, words: &[(Word, f32)]) -> f32 {
        let Indexed { name, plural, class, .. } = &self.commands[command];
        let several = plural.is_some_and(|plural| words.iter().any(|(word, _)| *word == plural));
        let single =
            !several && self.commands[command].entities.iter().any(|own| words.iter().any(|(word, _)| word == own));
        match () {
            () if *class != Class::Reads => 1.0,
            () if name.starts_with("show-") && several => OTHER_NUMBER,
            () if name.ends_with('s') && !name.contains("status") && single => OTHER_NUMBER,
            () => 1.0,
        }
    }

    /// The command that a query is the name of, or has the name with a dash in it.
    fn named(&self, query: &str) -> Option<usize> {
        let query = query.trim().to_lowercase();
        let query = query.strip_prefix("juju ").unwrap_or(&query).replace('_', "-");
        let whole = query.strip_prefix("juju-").unwrap_or(&query);
        let whole = self.names.get(whole).or_else(|| self.names.get(&whole.replace(' ', "-")));
        // actions have names like commands
        let words = || query.split_whitespace().filter(|word| word.contains('-') && !query.contains("act"));
        let within = || words().find_map(|word| self.names.get(word));
        whole.or_else(within).copied()
    }
}

impl Indexed {
    fn read(head: &'static str) -> Self {
        // a command without phrases is a name alone
        let (sign, rest) = head.split_once(' ').unwrap_or(("", head));
        let class = Class::of(sign);
        let mut parts = rest.split_whitespace();
        let name = parts.next().unwrap_or_default();
        let kind = model_kind(head);
        Self { name, class, kind, entities: Vec::new(), plural: None }
    }

    /// How well the command fits what the words of a query do.
    fn class_fit(&self, classes: &HashSet<Class>) -> f32 {
        let has = |class| classes.contains(&class);
        match self.class {
            Class::Adds if has(Class::Removes) && !has(Class::Adds) => OPPOSITE,
            Class::Removes if has(Class::Adds) && !has(Class::Removes) => OPPOSITE,
            Class::Removes if !has(Class::Removes) => OTHER_CLASS,
            Class::Reads if has(Class::Reads) => 1.0,
            Class::Reads if has(Class::Removes) || has(Class::Adds) || has(Class::Changes) => OTHER_CLASS,
            Class::Adds if has(Class::Reads) && !has(Class::Adds) => OTHER_CLASS,
            Class::Changes if has(Class::Reads) && !has(Class::Adds) && !has(Class::Changes) => OTHER_CLASS,
            _ => 1.0,
        }
    }

    fn kind_fit(&self, kind: Option<ModelKind>) -> f32 {
        match (self.kind, kind) {
            (Some(own), Some(kind)) if own != kind => WRONG_KIND,
            (Some(ModelKind::Kubernetes), None) => OTHER_CLASS,
            _ => 1.0,
        }
    }
}

/// A small number as an exponent.
fn power(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
