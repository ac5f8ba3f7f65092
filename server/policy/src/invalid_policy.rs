//! Why a policy file is invalid, with line and column.

use content::shorten_unknown;

/// Why a policy file is invalid, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{file}`, line {line}, column {column}: {problem}")]
pub struct InvalidPolicy {
    /// Path of the file, as the configuration names it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong, in one sentence.
    pub problem: String,
}

/// Line and column, from 1.
type Position = (usize, usize);

impl InvalidPolicy {
    fn at_position(file: &str, (line, column): Position, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: line.max(1), column: column.max(1), problem: problem.into() }
    }

    /// At the first occurrence of a word.
    pub(crate) fn at_word(file: &str, text: &str, word: &str, problem: impl Into<String>) -> Self {
        Self::at_position(file, locate(text, 1, word).unwrap_or((1, 1)), problem)
    }

    /// From an error of the YAML parser. It reports the beginning of a rule or role; the word that it quotes is closer.
    pub(crate) fn from_yaml_error(file: &str, text: &str, error: &serde_yaml::Error) -> Self {
        let begin = error.location().map_or((1, 1), |location| (location.line(), location.column()));
        let message = shorten_unknown(&error.to_string());
        let problem = message.rsplit_once(" at line ").map_or(message.as_str(), |(problem, _)| problem);
        if let Some(problem) = tab_problem(text, error) {
            return Self::at_position(file, begin, problem);
        }
        let mut words = problem.split('`').skip(1).step_by(2);
        let closer = words.find_map(|word| locate(text, begin.0, word));
        Self::at_position(file, closer.unwrap_or(begin), problem)
    }
}

/// The problem in plain words, if it is an indentation with a tab: the YAML parser calls that a character that cannot start any token.
#[must_use]
pub fn tab_problem(text: &str, error: &serde_yaml::Error) -> Option<&'static str> {
    let line = text.lines().nth(error.location()?.line().saturating_sub(1))?;
    let indentation = &line[..line.len() - line.trim_start().len()];
    let is_tab = error.to_string().contains("token") && indentation.contains('\t');
    is_tab.then_some("the line is indented with a tab; YAML allows spaces only")
}

/// Position of the first occurrence of a whole word, from a line on.
fn locate(text: &str, from_line: usize, word: &str) -> Option<Position> {
    let is_word_part =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || "-_.@".contains(letter));
    let column = |line: &str| {
        let whole = |start: &usize| {
            !is_word_part(line[..*start].chars().next_back())
                && !is_word_part(line[start + word.len()..].chars().next())
        };
        let start = line.match_indices(word).map(|(start, _)| start).find(whole)?;
        Some(line[..start].chars().count() + 1)
    };
    let lines = text.lines().enumerate().skip(from_line.saturating_sub(1));
    lines.filter(|_| !word.is_empty()).find_map(|(before, line)| Some((before + 1, column(line)?)))
}
