//! Reads a text as words with a meaning: stems, meanings of the thesaurus, and kinds of names.

use std::collections::{HashMap, HashSet};

use super::{model_kind::ModelKind, spelling::Dictionary};

const THESAURUS: &str = include_str!("thesaurus.txt");
const NAMES: &str = include_str!("names.txt");

/// Words without a meaning of their own.
const STOP: &str = "a an the of to in on at by for with from into and or but if so as is are was were be been being do does did done \
                    have has had i me my we our us you your it its this that these those how can could would will shall should may \
                    might please like want need needs there here just very really some any much many than then also only still yet \
                    already because while during about after before via per each other another's juju up out off over them they he \
                    she his her him their same such own let's like's get got give given go goes going way thing things possible \
                    able supposed would'd without not no don";
/// Longest phrase of the thesaurus, in words.
const LONGEST: usize = 5;
/// Weights of a word by its stem, by its meaning, and of a corrected one.
const STEM: f32 = 0.5;
const MEANING: f32 = 1.0;
const CORRECTED: f32 = 0.8;
const KIND: f32 = 0.5;
const PLURAL: f32 = 0.5;

/// A word that the index knows, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Word(u16);

impl Word {
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// What a command or a word does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    /// Adds something.
    Adds,
    /// Takes something away.
    Removes,
    /// Changes something.
    Changes,
    /// Changes nothing.
    Reads,
    /// Is what commands are about: no verb.
    Entity,
    /// None of these.
    Neutral,
}

impl Class {
    pub(super) fn of(sign: &str) -> Self {
        match sign {
            "+" => Self::Adds,
            "-" => Self::Removes,
            "=" => Self::Changes,
            "?" => Self::Reads,
            "!" => Self::Entity,
            _ => Self::Neutral,
        }
    }
}

/// Reads texts, and knows the words of the texts that it learned.
pub(super) struct Reader {
    numbers: HashMap<String, Word>,
    /// The class of each meaning.
    classes: HashMap<Word, Class>,
    /// The meaning of a phrase of stems.
    meanings: HashMap<String, String>,
    stop: HashSet<&'static str>,
    kinds: HashMap<&'static str, &'static str>,
    dictionary: Dictionary,
}

impl Reader {
    pub(super) fn new() -> Self {
        let stop = STOP.split_whitespace().collect();
        let names = NAMES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
        let kinds = names.flat_map(|(kind, names)| names.split_whitespace().map(move |name| (name, kind))).collect();
        let mut reader = Self {
            numbers: HashMap::new(),
            classes: HashMap::new(),
            meanings: HashMap::new(),
            stop,
            kinds,
            dictionary: Dictionary::default(),
        };
        for (head, words) in
            THESAURUS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" : "))
        {
            let (sign, meaning) = head.split_once(' ').unwrap_or(("", head));
            let word = reader.number(&format!("*{meaning}"));
            reader.classes.insert(word, Class::of(sign));
            for phrase in words.split(',') {
                let stems: Vec<String> = phrase.split_whitespace().map(stem).collect();
                reader.meanings.insert(stems.join(" "), meaning.to_owned());
            }
        }
        reader
    }

    pub(super) fn class(&self, word: Word) -> Class {
        self.classes.get(&word).copied().unwrap_or(Class::Neutral)
    }

    /// What the words of a query do. A question about what exists does nothing, whatever its other words are.
    pub(super) fn classes_of(&self, query: &str, words: &[(Word, f32)]) -> HashSet<Class> {
        let first = tokens(query).into_iter().next().unwrap_or_default();
        if ["which", "what", "who", "where", "list"].contains(&first.as_str()) {
            return HashSet::from([Class::Reads]);
        }
        words.iter().map(|(word, _)| self.class(*word)).collect()
    }

    /// The kind of model that words of a query mean.
    pub(super) fn kind_in(&self, words: &[(Word, f32)]) -> Option<ModelKind> {
        let has =
            |name: &str| self.numbers.get(name).is_some_and(|number| words.iter().any(|(word, _)| word == number));
        match (has("pod") || has("replica") || has("*kubernetes"), has("*machine")) {
            (true, false) => Some(ModelKind::Kubernetes),
            (false, true) => Some(ModelKind::Machines),
            _ => None,
        }
    }

    /// The words of a text that the index is made of.
    pub(super) fn learn(&mut self, text: &str) -> Vec<Word> {
        let words = self.features(text, false);
        words.into_iter().map(|(word, _)| self.number(&word)).collect()
    }

    /// The word for several of an entity.
    pub(super) fn plural_of(&mut self, entity: Word) -> Word {
        let name = self.numbers.iter().find(|(_, number)| **number == entity).map(|(name, _)| format!("{name}s"));
        self.number(&name.unwrap_or_default())
    }

    /// The known words of a query, each once, with their weights.
    pub(super) fn read(&self, text: &str) -> Vec<(Word, f32)> {
        let mut words: Vec<(Word, f32)> = Vec::new();
        for (word, weight) in self.features(text, true) {
            let Some(word) = self.numbers.get(&word).copied() else { continue };
            match words.iter_mut().find(|(known, _)| *known == word) {
                Some((_, most)) => *most = most.max(weight),
                None => words.push((word, weight)),
            }
        }
        words
    }

    fn number(&mut self, word: &str) -> Word {
        let next = Word(u16::try_from(self.numbers.len()).unwrap_or(u16::MAX));
        *self.numbers.entry(word.to_owned()).or_insert(next)
    }

    /// The words of a text: `stem`, `*meaning` and `#kind`.
    fn features(&self, text: &str, correct: bool) -> Vec<(String, f32)> {
        let mut features = Vec::new();
        let mut stems: Vec<(String, f32)> = Vec::new();
        let tokens = tokens(text);
        // actions have names like commands: `create-backup`
        let of_actions = correct && tokens.iter().any(|token| ACTION_WORDS.contains(&token.as_str()));
        for token in tokens {
            match self.kind(&token) {
                Some(kinds) => {
                    features.extend(kinds.into_iter().map(|kind| (kind, KIND)));
                    // a name of a list is a word too: `web`
                    if token.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                        stems.push((stem(&token), STEM));
                    }
                }
                None if of_actions && token.contains('-') && !token.starts_with("action") => {
                    features.push(("*action".to_owned(), MEANING));
                }
                None => {
                    for part in token.split(['-', '_', '/', '\'', '.', ':', '=']).filter(|part| !part.is_empty()) {
                        let stem = self.stem_of(part, correct);
                        if let (true, Some(meaning)) = (part.ends_with('s'), self.meanings.get(&stem.0)) {
                            features.push((format!("*{meaning}s"), PLURAL));
                        }
                        stems.push(stem);
                    }
                }
            }
        }
        let names = features.iter().filter(|(word, _)| word == "#app").count();
        if names > 1 {
            features.push(("#apps".to_owned(), KIND));
        }
        let mut at = 0;
        while at < stems.len() {
            let (length, meaning) = self.longest_meaning(&stems[at..]);
            if let Some(meaning) = meaning {
                let weight = stems[at..at + length].iter().map(|(_, weight)| *weight).fold(1.0, f32::min);
                features.push((format!("*{meaning}"), MEANING * weight));
            }
            for (stem, weight) in &stems[at..at + length] {
                if !self.is_stop(stem) {
                    let share = if meaning.is_some() { STEM } else { MEANING };
                    features.push((stem.clone(), weight * share));
                }
            }
            at += length;
        }
        features
    }

    fn is_stop(&self, word: &str) -> bool {
        self.stop.contains(word)
    }

    /// The stem of a word, corrected if it is a known one with a typing error.
    fn stem_of(&self, word: &str, correct: bool) -> (String, f32) {
        let stemmed = stem(word);
        let known = self.numbers.contains_key(&stemmed) || self.meanings.contains_key(&stemmed);
        if !correct || known || self.is_stop(word) || word.bytes().any(|byte| byte.is_ascii_digit()) {
            return (stemmed, 1.0);
        }
        match self.dictionary.correct(&stemmed) {
            Some(near) => (near.to_owned(), CORRECTED),
            None => (stemmed, 1.0),
        }
    }

    /// Ends the learning: from now on words with typing errors are corrected to those that are known.
    pub(super) fn with_dictionary(mut self) -> Self {
        self.dictionary = Dictionary::new(self.numbers.keys().chain(self.meanings.keys()).map(String::as_str));
        self
    }

    /// The number of stems of the longest phrase of the thesaurus at the beginning, and its meaning.
    fn longest_meaning(&self, stems: &[(String, f32)]) -> (usize, Option<&str>) {
        for length in (1..=stems.len().min(LONGEST)).rev() {
            let phrase: Vec<&str> = stems[..length].iter().map(|(stem, _)| stem.as_str()).collect();
            if let Some(meaning) = self.meanings.get(&phrase.join(" ")) {
                return (length, Some(meaning));
            }
        }
        (1, None)
    }

    /// The kind of a name or a value, if a list or its form shows it.
    fn kind(&self, token: &str) -> Option<Vec<String>> {
        let kinds = match self.kinds.get(token).copied() {
            Some(kind @ ("app" | "role")) => return Some(vec![format!("#{kind}"), "*application".to_owned()]),
            Some("person") => ["#person", "*user"],
            Some("model") => ["#model", "*model"],
            Some(_) => ["#cloud", "*cloud"],
            None => form(token)?,
        };
        Some(kinds.iter().filter(|kind| !kind.is_empty()).map(|kind| (*kind).to_owned()).collect())
    }
}

/// The kind of a name or a value by its form.
fn form(token: &str) -> Option<[&'static str; 2]> {
    if NUMBER_WORDS.contains(&token) || is_digits(token) {
        return Some(["#num", ""]);
    }
    if token.starts_with("secret:") {
        return Some(["*secret", ""]);
    }
    path_form(token).or_else(|| version_form(token)).or_else(|| {
        let (key, value) = token.split_once('=').unwrap_or_default();
        let (name, host) = token.split_once('@').unwrap_or_default();
        let parts = token.split('-').count();
        let ssh = |kind: &str| token.starts_with("ssh-") && token.contains(kind);
        match () {
            () if CONSTRAINTS.contains(&key) && !value.is_empty() => Some(["#constraint", "*constraint"]),
            () if token.starts_with("ubuntu@") => Some(["*base", ""]),
            () if !name.is_empty() && !host.is_empty() => Some(["#person", "*user"]),
            () if ["rsa", "ed25519", "ecdsa"].into_iter().any(ssh) => Some(["*sshkey", ""]),
            () if token.rsplit_once('.').is_some_and(|(_, end)| ["yaml", "yml"].contains(&end)) => {
                Some(["*file", "*bundle"])
            }
            () if token.starts_with("vol-") => Some(["*storage", ""]),
            () if token.contains('_') && !token.contains(['/', '=']) => Some(["#option", "*configure"]),
            // `eu-west-1`
            () if parts == 3 && token.len() < 16 && token.rsplit('-').next().is_some_and(is_digits) => {
                Some(["#region", "*region"])
            }
            () => None,
        }
    })
}

/// `10.0.0.0/8`, `web/0`, `14/stable`, `/var/log`, `admin/prod.db`.
fn path_form(token: &str) -> Option<[&'static str; 2]> {
    let (name, end) = token.rsplit_once('/')?;
    match () {
        () if token.starts_with(['/', '~']) => Some(["*file", ""]),
        () if name.contains('.') && is_digits(end) => Some(["#cidr", "*subnet"]),
        () if is_digits(end) || end == "leader" => Some(["#unit", "*unit"]),
        () if ["stable", "edge", "candidate", "beta"].contains(&end) => Some(["*channel", ""]),
        () if end.contains('.') => Some(["#offer", "*offer"]),
        () => None,
    }
}

/// `16G`, `24.04`, `10.1.2.3`, `3.6.11`.
fn version_form(token: &str) -> Option<[&'static str; 2]> {
    if token.trim_end_matches('b').strip_suffix(['g', 'm', 't']).is_some_and(is_digits) {
        return Some(["#size", ""]);
    }
    let (first, rest) = token.split_once('.')?;
    let numeric = is_digits(first) && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match () {
        () if !numeric => None,
        () if first.len() == 2 && ["04", "10"].contains(&rest) => Some(["*base", ""]),
        () if rest.split('.').count() == 3 => Some(["#address", ""]),
        () => Some(["*version", ""]),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Constraints of machines.
const CONSTRAINTS: [&str; 7] = ["mem", "cores", "cpu-power", "root-disk", "arch", "zones", "instance-type"];
/// Words with which the name of an action comes.
const ACTION_WORDS: [&str; 7] = ["action", "actions", "run", "execute", "invoke", "trigger", "start"];
const NUMBER_WORDS: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twice", "dozen"];

/// The tokens of a text in small letters, without punctuation around them.
fn tokens(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';' | '(' | ')' | '"' | '`' | '?' | '!'))
        .map(|token| token.trim_start_matches('-').trim_end_matches(['.', ':', '\'']).trim_start_matches('\''))
        .filter(|token| !token.is_empty())
        .map(|token| token.strip_suffix("'s").unwrap_or(token).to_owned())
        .collect()
}

/// The stem of an English word: without the endings of plurals, of participles and of gerunds.
fn stem(word: &str) -> String {
    let word = plural(word);
    let cut = ["ing", "ed"].iter().find_map(|end| {
        let rest = word.strip_suffix(end)?;
        (rest.len() >= 3 && rest.bytes().any(|byte| b"aeiouy".contains(&byte))).then_some(rest)
    });
    let Some(rest) = cut else {
        return word.strip_suffix('e').filter(|rest| rest.len() > 2).unwrap_or(&word).to_owned();
    };
    let mut letters = rest.bytes().rev();
    let double = letters.next() == letters.next() && !rest.ends_with(['l', 's', 'z', 'e', 'o']);
    rest[..rest.len() - usize::from(double)].to_owned()
}

fn plural(word: &str) -> String {
    if word.len() > 4 && word.ends_with("ies") {
        return format!("{}y", &word[..word.len() - 3]);
    }
    let es = ["sses", "xes", "ches", "shes", "zes"].iter().any(|end| word.ends_with(end));
    if es {
        return word[..word.len() - 2].to_owned();
    }
    let not_plural = ["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    if word.len() > 2 && word.ends_with('s') && !not_plural {
        return word[..word.len() - 1].to_owned();
    }
    word.to_owned()
}
