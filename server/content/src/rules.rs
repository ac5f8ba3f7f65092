//! Patterns: meanings near each other, and the kind and weight of each combination.

use crate::Kind;
#[cfg_attr(not(test), expect(clippy::wildcard_imports, reason = "the patterns use almost all meanings"))]
use crate::lexicon::*;

/// A word with a meaning and its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WordHit {
    pub(crate) position: u32,
    pub(crate) meaning: Meaning,
}

/// Words of one window that are considered.
const MAX_WINDOW_WORDS: usize = 24;

/// Meanings within a number of words, in fixed or any order.
struct Pattern {
    kind: Kind,
    weight: u32,
    within: u32,
    order: WordOrder,
    meanings: &'static [Meaning],
    /// Meanings without which the pattern cannot match, for a fast check.
    required: Meaning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WordOrder {
    Fixed,
    Any,
}

const fn ordered(kind: Kind, weight: u32, within: u32, meanings: &'static [Meaning]) -> Pattern {
    Pattern { kind, weight, within, order: WordOrder::Fixed, meanings, required: required(meanings) }
}

const fn any(kind: Kind, weight: u32, within: u32, meanings: &'static [Meaning]) -> Pattern {
    Pattern { kind, weight, within, order: WordOrder::Any, meanings, required: required(meanings) }
}

/// The meanings that have no alternative.
const fn required(meanings: &[Meaning]) -> Meaning {
    let (mut all, mut at) = (0, 0);
    while at < meanings.len() {
        if meanings[at].is_power_of_two() {
            all |= meanings[at];
        }
        at += 1;
    }
    all
}

use Kind::{
    AddressesAssistant, Authority, Concealment, Encoded, Exfiltration, FakeRoleMarkers, InstructionOverride, Persona,
    ToolCallRequest,
};

const PATTERNS: &[Pattern] = &[
    // forget earlier instructions
    any(InstructionOverride, 5, 9, &[IGNORE, PRIOR | YOUR, INSTRUCTION]),
    ordered(InstructionOverride, 5, 7, &[PUT_ASIDE | ASIDE | STOP, PRIOR | YOUR, INSTRUCTION | OWN_TEXT]),
    ordered(InstructionOverride, 4, 7, &[IGNORE, PRIOR | YOUR, RULE | TASK]),
    any(InstructionOverride, 4, 6, &[IGNORE, PRIOR | YOUR, RULE]),
    ordered(InstructionOverride, 4, 6, &[PUT_ASIDE, YOUR, RULE | TASK]),
    ordered(InstructionOverride, 3, 5, &[IGNORE, INSTRUCTION]),
    ordered(InstructionOverride, 4, 4, &[IGNORE, ALL, RULE | TASK | INSTRUCTION]),
    ordered(InstructionOverride, 2, 4, &[PUT_ASIDE | IGNORE, RULE]),
    any(InstructionOverride, 3, 14, &[PUT_ASIDE, OWN_TEXT, HEED | ACT]),
    ordered(InstructionOverride, 4, 3, &[IGNORE, PERSON]),
    ordered(InstructionOverride, 4, 9, &[NOT | STOP, HEED, INSTRUCTION | OWN_TEXT]),
    ordered(InstructionOverride, 3, 7, &[NOT | STOP, HEED, RULE]),
    ordered(InstructionOverride, 2, 7, &[NOT | STOP, HEED, YOUR | PRIOR]),
    ordered(InstructionOverride, 4, 5, &[NOT | STOP, HEED, PERSON]),
    any(InstructionOverride, 5, 10, &[NOT, HEED | APPLY, INSTRUCTION | RULE, YOUR | ASSISTANT]),
    ordered(InstructionOverride, 4, 9, &[YOUR | ASSISTANT, INSTRUCTION, ENDED | VOIDED]),
    ordered(InstructionOverride, 4, 9, &[PRIOR, INSTRUCTION, VOIDED | NOT]),
    ordered(InstructionOverride, 4, 7, &[YOUR, RULE | TASK, ENDED | VOIDED]),
    ordered(InstructionOverride, 3, 9, &[PRIOR, RULE, VOIDED]),
    ordered(InstructionOverride, 2, 2, &[NEW, INSTRUCTION]),
    ordered(InstructionOverride, 4, 3, &[YOUR, NEW, TASK | INSTRUCTION]),
    ordered(InstructionOverride, 3, 7, &[INSTRUCTION | RULE, ENDED | PUT_ASIDE, YOU | ASSISTANT]),
    any(InstructionOverride, 2, 4, &[NEW, INSTRUCTION, TASK | YOU | ACT]),
    ordered(InstructionOverride, 3, 8, &[YOUR | YOU, OWN_TEXT, HEED | ACT]),
    any(InstructionOverride, 4, 7, &[OWN_TEXT, HEED | ENDED | IGNORE]),
    any(InstructionOverride, 4, 5, &[IGNORE | ASIDE, PERSON, TASK]),
    any(InstructionOverride, 4, 8, &[IGNORE | PUT_ASIDE, NONE, RULE]),
    ordered(InstructionOverride, 3, 6, &[DESTROY, OWN_TEXT]),
    any(InstructionOverride, 4, 8, &[IGNORE | PUT_ASIDE, TOLD | GIVEN, PRIOR]),
    ordered(InstructionOverride, 4, 9, &[PRIOR, NOT | ENDED, APPLY, YOU]),
    ordered(InstructionOverride, 4, 9, &[INSTRUCTION, YOU | YOUR, VOIDED | ENDED | OUT_OF]),
    any(InstructionOverride, 4, 10, &[NOT, TOLD | TELL, YOU, APPLY]),
    ordered(InstructionOverride, 4, 5, &[OUTRANK, PERSON | INSTRUCTION]),
    any(InstructionOverride, 4, 10, &[RULE, ENDED | VOIDED, CHAT]),
    ordered(InstructionOverride, 3, 3, &[STOP, WHAT_YOU]),
    ordered(InstructionOverride, 1, 12, &[STOP, WHAT_YOU, ACT]),
    ordered(InstructionOverride, 4, 14, &[NOT | PUT_ASIDE, PERSON, WANTS, HERE]),
    ordered(InstructionOverride, 4, 16, &[NOT | STOP, CHORE, INSTEAD, ACT | REVEAL]),
    ordered(InstructionOverride, 3, 2, &[TASK, FOR_YOU]),
    any(InstructionOverride, 2, 5, &[RULE | INSTRUCTION, NOT, APPLY]),
    ordered(InstructionOverride, 3, 4, &[YOUR, NEW, RULE]),
    any(InstructionOverride, 4, 10, &[YOU, TOLD, ENDED | VOIDED]),
    any(InstructionOverride, 4, 14, &[RULE | INSTRUCTION, OWN_TEXT, VOIDED]),
    ordered(InstructionOverride, 4, 6, &[SELF_TEXT | HERE, MORE_THAN, PERSON]),
    ordered(InstructionOverride, 3, 1, &[OBEY_ONLY]),
    ordered(InstructionOverride, 3, 8, &[WHATEVER, CHORE, ANSWER | REVEAL]),
    ordered(InstructionOverride, 4, 5, &[NOT, WORRY, RULE | INSTRUCTION]),
    any(InstructionOverride, 3, 4, &[IGNORE, ALL, PRIOR]),
    ordered(FakeRoleMarkers, 3, 4, &[NOT, PART_OF, BLOCK]),
    // another part to play
    ordered(Persona, 3, 2, &[YOU, NOW_YOU]),
    ordered(Persona, 3, 1, &[NOW_YOU_ARE]),
    any(Persona, 3, 6, &[ASSISTANT | AGENT, WITHOUT | NONE, RULE]),
    ordered(Persona, 2, 4, &[YOU, NOW_YOU, ASSISTANT | UNBOUND]),
    ordered(Persona, 3, 4, &[FROM_NOW, YOU]),
    ordered(Persona, 1, 1, &[FROM_NOW]),
    ordered(Persona, 2, 1, &[PERSONA]),
    any(Persona, 2, 8, &[PERSONA, ASSISTANT | UNBOUND | YOU]),
    ordered(Persona, 3, 1, &[UNBOUND]),
    any(Persona, 2, 10, &[NOT | WITHOUT, RULE | INSTRUCTION, YOU | ASSISTANT]),
    any(Persona, 3, 8, &[BAD, YOU | PERSONA | ASSISTANT]),
    ordered(Persona, 3, 10, &[YOU, NOW_YOU, SHELL]),
    ordered(Persona, 4, 4, &[YOU | ASSISTANT, NONE, RULE | INSTRUCTION]),
    ordered(Persona, 1, 4, &[WITHOUT, RULE]),
    // secrets, prompts, conversations
    ordered(Exfiltration, 5, 8, &[REVEAL | TELL, OWN_TEXT]),
    ordered(Exfiltration, 4, 7, &[OWN_TEXT, REVEAL]),
    ordered(Exfiltration, 4, 9, &[REVEAL, ALL | YOUR, RULE | INSTRUCTION, YOU]),
    ordered(Exfiltration, 4, 8, &[REVEAL, YOUR, INSTRUCTION]),
    ordered(Exfiltration, 2, 6, &[REVEAL, SECRET]),
    ordered(Exfiltration, 2, 10, &[ACT | REVEAL, SECRET, READ]),
    any(Exfiltration, 4, 14, &[REVEAL, SECRET, OUT]),
    ordered(Exfiltration, 3, 12, &[REVEAL, SECRET, ANSWER]),
    any(Exfiltration, 4, 10, &[REVEAL, CHAT, OUT | PERSON]),
    any(Exfiltration, 4, 10, &[REVEAL, VERBATIM, YOU | INSTRUCTION]),
    any(Exfiltration, 4, 12, &[YOU, TOLD, VERBATIM | PRIOR, REVEAL]),
    ordered(Exfiltration, 4, 7, &[REVEAL, INSTRUCTION, YOU]),
    any(Exfiltration, 2, 12, &[TOOL, SECRET]),
    any(Exfiltration, 2, 10, &[REVEAL, BLANK, SECRET]),
    any(Exfiltration, 1, 10, &[REVEAL, OUT]),
    any(Exfiltration, 2, 12, &[REVEAL, JUJU, OUT]),
    ordered(Exfiltration, 2, 5, &[SMUGGLE, SECRET]),
    ordered(Exfiltration, 4, 5, &[REPEAT, ALL, PRIOR]),
    ordered(Exfiltration, 4, 6, &[REVEAL, ALL, YOU, HEAR]),
    any(Exfiltration, 3, 12, &[FORM, SECRET]),
    // not for the human to know
    ordered(Concealment, 4, 6, &[NOT | WITHOUT, TELL | ASKING, PERSON]),
    ordered(Concealment, 3, 6, &[PERSON, NOT, TELL]),
    any(Concealment, 4, 7, &[PERSON, TELL, NOT_AFTER]),
    ordered(Concealment, 3, 4, &[WITHOUT, ASKING | TELL]),
    any(Concealment, 3, 6, &[HIDE, ACT]),
    any(Concealment, 1, 4, &[SNEAK, ACT]),
    ordered(Concealment, 4, 4, &[HIDE, PERSON]),
    any(Concealment, 4, 8, &[OMIT, ANSWER]),
    ordered(Concealment, 4, 6, &[PRETEND, FINE | NOT]),
    any(Concealment, 4, 6, &[ANYONE | PERSON, NEEDED | MUST, NOT, TELL]),
    ordered(Concealment, 4, 6, &[ANYONE, NEEDED | MUST, TELL]),
    ordered(Concealment, 4, 6, &[STOP, TELL, PERSON | ANYONE]),
    ordered(Concealment, 2, 5, &[NOT, TELL, YOU]),
    ordered(Concealment, 3, 7, &[TELL | ANSWER, FINE]),
    any(Concealment, 2, 12, &[FINE, WHATEVER]),
    ordered(Concealment, 3, 6, &[NOT, NEEDED | MUST, TELL]),
    ordered(Concealment, 2, 3, &[NOT, TELL]),
    ordered(Concealment, 1, 6, &[NOT | WITHOUT, TELL | ASKING, ANYONE]),
    ordered(Concealment, 2, 3, &[TELL, ANYONE]),
    ordered(Concealment, 3, 8, &[NOT, TELL, ANSWER]),
    any(Concealment, 2, 8, &[HIDE, RULE | ANSWER | PERSON]),
    ordered(Concealment, 3, 6, &[NOT, PERSON, HEAR]),
    ordered(Concealment, 4, 9, &[PERSON | ANYONE, NOT, NEEDED | MUST, TELL | HEAR]),
    ordered(Concealment, 4, 6, &[NOT, LET, PERSON, HEAR]),
    ordered(Concealment, 4, 7, &[WITHOUT, HEAR | TELL, PERSON]),
    ordered(Concealment, 4, 10, &[NOT, NEEDED, HEAR | TELL, PERSON]),
    ordered(Concealment, 4, 3, &[ANYONE, FIND_OUT]),
    ordered(Concealment, 4, 4, &[KEEP, FROM, PERSON | ANYONE]),
    any(Concealment, 1, 12, &[SNEAK, FINE | TELL]),
    ordered(Concealment, 4, 9, &[OMIT | DESTROY, SELF_TEXT, YOUR | ANSWER]),
    ordered(Concealment, 4, 13, &[ANSWER, PERSON, FINE]),
    ordered(Concealment, 4, 8, &[HIDE, FROM, PERSON | RULE | ANYONE]),
    ordered(Concealment, 4, 7, &[YOUR, ANSWER, MUST, TELL]),
    ordered(Concealment, 3, 6, &[IF, ASKED, DICTATE]),
    ordered(Concealment, 2, 10, &[IF, ASKED, DICTATE, NOT | NONE | FINE]),
    ordered(Concealment, 4, 6, &[FINE, YOUR, ANSWER]),
    ordered(Concealment, 3, 10, &[OMIT, FROM, ANSWER]),
    ordered(Concealment, 1, 10, &[OMIT, FROM, ALL | YOUR, ANSWER]),
    any(Concealment, 4, 5, &[NOBODY, TELL]),
    ordered(Concealment, 3, 6, &[YOUR | YOU, ANSWER, DICTATE]),
    ordered(Concealment, 2, 5, &[DICTATE, NOT | NONE | FINE]),
    ordered(Concealment, 4, 4, &[LET, ANYONE, HEAR]),
    // permission without a source
    ordered(Authority, 4, 12, &[APPROVED, NOT | WITHOUT, ASKING | NEEDED]),
    ordered(Authority, 3, 10, &[ALLOWED, NOT | WITHOUT, ASKING]),
    any(Authority, 4, 9, &[APPROVED | ALLOWED, YOU, PUT_ASIDE | IGNORE]),
    any(Authority, 3, 8, &[APPROVED | ALLOWED, YOU | ASSISTANT, ACT]),
    any(Authority, 3, 5, &[CONFIRM, BEHALF]),
    any(Authority, 2, 14, &[I_AM, PERSON | APPROVED | MAKER | PRIVILEGE]),
    any(Authority, 2, 6, &[GRANT, PRIVILEGE]),
    any(Authority, 2, 14, &[I_AM, YOU | ASSISTANT, PUT_ASIDE | IGNORE | ACT]),
    ordered(Authority, 4, 5, &[CONFIRM | ASKING, NOT, NEEDED]),
    ordered(Authority, 4, 9, &[TREAT, APPROVED | CONFIRM]),
    ordered(Authority, 3, 9, &[CONSIDER, TREAT]),
    ordered(Authority, 3, 9, &[CONSIDER, PERSON, APPROVED | CONFIRM]),
    ordered(Authority, 2, 1, &[I_CONFIRM]),
    ordered(Authority, 2, 8, &[I_CONFIRM, YOU, PUT_ASIDE | IGNORE | ACT]),
    ordered(Authority, 2, 1, &[TREAT]),
    any(Authority, 2, 12, &[YOURSELF, PERSON, APPROVED | CONFIRM]),
    any(Authority, 3, 10, &[PERSON, APPROVED, BEHALF]),
    any(Authority, 2, 8, &[RULE | INSTRUCTION, ENDED | VOIDED]),
    ordered(Authority, 3, 6, &[PUT_ASIDE, ASKING | CONFIRM]),
    ordered(Authority, 2, 4, &[NOT, ASKING | CONFIRM]),
    any(Authority, 1, 8, &[NOT | WITHOUT, CONFIRM | ASKING, NEEDED]),
    any(Authority, 1, 10, &[APPROVED, CONFIRM | ASKING, NOT | WITHOUT | PUT_ASIDE | NOT_AFTER]),
    any(Authority, 3, 14, &[CONFIRM | ASKING, PUT_ASIDE | VOIDED, ACT]),
    ordered(Authority, 1, 9, &[CONFIRM | ASKING, VOIDED, ACT | DESTROY]),
    ordered(Authority, 2, 5, &[YOU, APPROVED]),
    ordered(Authority, 2, 9, &[YOU, APPROVED, TOOLING | ALL | WITHOUT]),
    any(Authority, 2, 9, &[APPROVED, ALL, DESTROY]),
    any(Authority, 4, 8, &[ALLOWED | APPROVED, HEREBY]),
    ordered(Authority, 2, 3, &[CALL_OUT, MAKER]),
    ordered(Authority, 3, 4, &[CONFIRM | ASKING, NOT_AFTER]),
    ordered(Authority, 2, 4, &[WITHOUT, CONFIRM]),
    any(Authority, 4, 8, &[PRETEND, PERSON, CONFIRM | APPROVED]),
    ordered(Authority, 4, 9, &[NONE | NOT, PERSON, LOOP]),
    any(Authority, 2, 10, &[APPROVED, PROCEED]),
    any(Authority, 2, 10, &[APPROVED, FORCE | DESTROY]),
    ordered(Authority, 3, 5, &[YOU, HAVE, CONFIRM | APPROVED]),
    any(Authority, 1, 14, &[YOU, HAVE, CONFIRM | APPROVED, DESTROY | TOOL]),
    any(Authority, 2, 16, &[I_AM, MAKER, ACT]),
    ordered(Authority, 2, 1, &[TRUST_ME]),
    any(Authority, 4, 12, &[PERSON | MAKER, APPROVED, ASKING | CONFIRM, NOT | WITHOUT | NOT_AFTER]),
    any(Authority, 2, 5, &[PERSON, BEHALF]),
    any(Authority, 2, 6, &[FINE | ALLOWED, PUT_ASIDE, ASKING | CONFIRM]),
    ordered(Authority, 3, 1, &[STANDING]),
    any(Authority, 1, 9, &[STANDING, ALL | ACT]),
    // spoken to an assistant
    ordered(AddressesAssistant, 2, 1, &[ASSISTANT]),
    ordered(AddressesAssistant, 3, 4, &[ASSISTANT, MUST | ACT | IGNORE | TOOL]),
    ordered(AddressesAssistant, 1, 3, &[ASSISTANT, ACT_NOUN | REVEAL]),
    any(AddressesAssistant, 2, 10, &[ASSISTANT, REVEAL, SECRET | OWN_TEXT | CHAT]),
    ordered(AddressesAssistant, 2, 9, &[ASSISTANT, MUST, ACT | REVEAL | IGNORE | TOOL]),
    ordered(AddressesAssistant, 3, 6, &[MUST, ASSISTANT, ACT]),
    ordered(AddressesAssistant, 3, 3, &[CALL_OUT, ASSISTANT | AGENT]),
    ordered(AddressesAssistant, 3, 3, &[CALL_OUT, TO, MODEL]),
    ordered(AddressesAssistant, 1, 2, &[TO, ASSISTANT]),
    ordered(AddressesAssistant, 3, 5, &[IF, ASSISTANT, READ | ACT]),
    ordered(AddressesAssistant, 3, 3, &[ASSISTANT | AGENT | MODEL, READ]),
    ordered(AddressesAssistant, 3, 6, &[AGENT, MUST, ACT | REVEAL | IGNORE]),
    ordered(AddressesAssistant, 2, 6, &[MODEL, MUST, ACT | REVEAL | IGNORE]),
    ordered(AddressesAssistant, 2, 4, &[YOU, MUST, ACT | REVEAL]),
    any(AddressesAssistant, 3, 8, &[MAKER, CALL_OUT, ASSISTANT | AGENT | MODEL | YOU]),
    ordered(AddressesAssistant, 2, 2, &[YOUR, MAKER]),
    any(AddressesAssistant, 2, 6, &[NEXT, YOUR | ASSISTANT | AGENT]),
    any(AddressesAssistant, 2, 12, &[NEXT, YOUR | ASSISTANT | AGENT, ACT]),
    ordered(AddressesAssistant, 2, 4, &[PROGRAM, READ]),
    ordered(AddressesAssistant, 2, 12, &[PROGRAM, READ, MUST, ACT | REVEAL | DESTROY]),
    ordered(AddressesAssistant, 2, 9, &[READ, PROGRAM, MUST]),
    ordered(AddressesAssistant, 3, 14, &[BEFORE_YOU, CHORE, ACT | REVEAL | FETCH]),
    any(AddressesAssistant, 4, 14, &[FETCH, OUT, SAYS]),
    ordered(AddressesAssistant, 3, 9, &[AGENT | ASSISTANT, HEREBY | TOLD, ACT | DESTROY]),
    ordered(AddressesAssistant, 2, 16, &[AGENT | ASSISTANT, READ, ACT | DESTROY | REVEAL]),
    ordered(AddressesAssistant, 2, 4, &[CALL_OUT, ASSISTANT]),
    // our tools by name
    ordered(ToolCallRequest, 2, 1, &[TOOL]),
    ordered(ToolCallRequest, 3, 5, &[ACT, TOOL]),
    any(ToolCallRequest, 2, 8, &[YOU | ASSISTANT, TOOL]),
    ordered(ToolCallRequest, 3, 8, &[TOOL, MUST | ACT | WITHOUT]),
    ordered(ToolCallRequest, 2, 10, &[TOOL, TOOL]),
    any(ToolCallRequest, 3, 8, &[ALWAYS | MUST, TOOLING]),
    ordered(ToolCallRequest, 2, 5, &[ACT, JUJU, DESTROY]),
    // a claimed end of data, and a claimed start of a conversation
    ordered(FakeRoleMarkers, 2, 5, &[END_OF, BLOCK]),
    ordered(FakeRoleMarkers, 2, 4, &[END_OF, OUR_BLOCK]),
    ordered(FakeRoleMarkers, 3, 1, &[TURN]),
    any(Encoded, 3, 9, &[DECODE, ACT | HEED, TELL | HEED | ACT]),
];

/// Reports kind and weight of each pattern that matches.
pub(crate) fn matching_patterns(hits: &[WordHit], mut each: impl FnMut(Kind, u32)) {
    let all = hits.iter().fold(0, |all, hit| all | hit.meaning);
    let possible = |rule: &&Pattern| {
        // each meaning needs its own word
        all & rule.required == rule.required
            && rule.meanings.len() <= hits.len()
            && rule.meanings.iter().all(|meaning| all & meaning != 0)
    };
    for rule in PATTERNS.iter().filter(possible) {
        let wanted = match rule.order {
            WordOrder::Fixed => rule.meanings.first().copied().unwrap_or_default(),
            WordOrder::Any => rule.meanings.iter().fold(0, |all, wanted| all | wanted),
        };
        if (0..hits.len()).any(|first| hits[first].meaning & wanted != 0 && rule.matches_from(&hits[first..])) {
            each(rule.kind, rule.weight);
        }
    }
}

impl Pattern {
    /// Whether the pattern matches with the first of these words as its first word.
    fn matches_from(&self, hits: &[WordHit]) -> bool {
        let Some(first) = hits.first() else { return false };
        let near = || hits.iter().take_while(|hit| hit.position - first.position <= self.within);
        match self.order {
            WordOrder::Fixed => {
                let mut later = near().skip(1);
                self.meanings[1..].iter().all(|wanted| later.any(|hit| hit.meaning & wanted != 0))
            }
            // each meaning needs its own word, so that one ambiguous word does not count for all
            WordOrder::Any => {
                let wanted = self.meanings.iter().fold(0, |all, wanted| all | wanted);
                let (mut words, mut count, mut all) = ([0; MAX_WINDOW_WORDS], 0, 0);
                for hit in near().filter(|hit| hit.meaning & wanted != 0).take(MAX_WINDOW_WORDS) {
                    (words[count], all, count) = (hit.meaning, all | hit.meaning, count + 1);
                }
                self.meanings.iter().all(|meaning| all & meaning != 0)
                    && is_assignable(&words[..count], self.meanings, 0)
            }
        }
    }
}

/// Whether each wanted meaning can be assigned its own word.
fn is_assignable(words: &[Meaning], wanted: &[Meaning], used: u32) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return true };
    let mut free = words.iter().enumerate().filter(|(at, word)| used & (1 << at) == 0 && *word & first != 0);
    free.any(|(at, _)| is_assignable(words, rest, used | (1 << at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(hits: &[(u32, Meaning)]) -> Vec<Kind> {
        let hits: Vec<_> =
            hits.iter().map(|(position, meaning)| WordHit { position: *position, meaning: *meaning }).collect();
        let mut kinds = Vec::new();
        matching_patterns(&hits, |kind, _| kinds.push(kind));
        kinds
    }

    #[test]
    fn patterns_match_only_words_near_each_other() {
        assert_eq!(kinds(&[(0, IGNORE), (2, PERSON)]), [InstructionOverride]);
        assert_eq!(kinds(&[(0, IGNORE), (9, PERSON)]), []);
        assert_eq!(kinds(&[(0, PERSON), (2, IGNORE)]), [], "in this order only");
    }

    #[test]
    fn patterns_need_one_word_per_meaning() {
        assert_eq!(kinds(&[(0, IGNORE | PRIOR | INSTRUCTION)]), []);
        assert_eq!(kinds(&[(0, PRIOR), (1, INSTRUCTION), (2, IGNORE)]), [InstructionOverride]);
    }
}
