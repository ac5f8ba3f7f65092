//! What meanings that stand near each other amount to.

use crate::Kind;
#[cfg_attr(
    not(test),
    expect(clippy::wildcard_imports, reason = "the rules are written in all the meanings that there are")
)]
use crate::lexicon::*;

/// A word that means something, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) position: u32,
    pub(crate) meaning: Meaning,
}

/// Most words of one window.
const MOST_WORDS: usize = 24;

/// Meanings that stand within so many words; in this order, or in any.
struct Rule {
    kind: Kind,
    weight: u32,
    within: u32,
    order: Order,
    meanings: &'static [Meaning],
    /// The meanings without which it cannot hold, to tell so at once.
    required: Meaning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Given,
    Any,
}

const fn given(kind: Kind, weight: u32, within: u32, meanings: &'static [Meaning]) -> Rule {
    Rule { kind, weight, within, order: Order::Given, meanings, required: required(meanings) }
}

const fn any(kind: Kind, weight: u32, within: u32, meanings: &'static [Meaning]) -> Rule {
    Rule { kind, weight, within, order: Order::Any, meanings, required: required(meanings) }
}

/// Those of the meanings that no other can stand for.
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

use Kind::{Addressed, Authority, Concealment, Encoded, Exfiltration, Override, Persona, Roles, Tools};

const RULES: &[Rule] = &[
    // forget what you were told
    any(Override, 5, 9, &[IGNORE, PRIOR | YOUR, INSTRUCTION]),
    given(Override, 5, 7, &[PUT_ASIDE | ASIDE | STOP, PRIOR | YOUR, INSTRUCTION | OWN_TEXT]),
    given(Override, 4, 7, &[IGNORE, PRIOR | YOUR, RULE | TASK]),
    any(Override, 4, 6, &[IGNORE, PRIOR | YOUR, RULE]),
    given(Override, 4, 6, &[PUT_ASIDE, YOUR, RULE | TASK]),
    given(Override, 3, 5, &[IGNORE, INSTRUCTION]),
    given(Override, 4, 4, &[IGNORE, ALL, RULE | TASK | INSTRUCTION]),
    given(Override, 2, 4, &[PUT_ASIDE | IGNORE, RULE]),
    any(Override, 3, 14, &[PUT_ASIDE, OWN_TEXT, HEED | ACT]),
    given(Override, 4, 3, &[IGNORE, PERSON]),
    given(Override, 4, 9, &[NOT | STOP, HEED, INSTRUCTION | OWN_TEXT]),
    given(Override, 3, 7, &[NOT | STOP, HEED, RULE]),
    given(Override, 2, 7, &[NOT | STOP, HEED, YOUR | PRIOR]),
    given(Override, 4, 5, &[NOT | STOP, HEED, PERSON]),
    any(Override, 5, 10, &[NOT, HEED | APPLY, INSTRUCTION | RULE, YOUR | ASSISTANT]),
    given(Override, 4, 9, &[YOUR | ASSISTANT, INSTRUCTION, ENDED | VOIDED]),
    given(Override, 4, 9, &[PRIOR, INSTRUCTION, VOIDED | NOT]),
    given(Override, 4, 7, &[YOUR, RULE | TASK, ENDED | VOIDED]),
    given(Override, 3, 9, &[PRIOR, RULE, VOIDED]),
    given(Override, 2, 2, &[NEW, INSTRUCTION]),
    given(Override, 4, 3, &[YOUR, NEW, TASK | INSTRUCTION]),
    given(Override, 3, 7, &[INSTRUCTION | RULE, ENDED | PUT_ASIDE, YOU | ASSISTANT]),
    any(Override, 2, 4, &[NEW, INSTRUCTION, TASK | YOU | ACT]),
    given(Override, 3, 8, &[YOUR | YOU, OWN_TEXT, HEED | ACT]),
    any(Override, 4, 7, &[OWN_TEXT, HEED | ENDED | IGNORE]),
    any(Override, 4, 5, &[IGNORE | ASIDE, PERSON, TASK]),
    any(Override, 4, 8, &[IGNORE | PUT_ASIDE, NONE, RULE]),
    given(Override, 3, 6, &[DESTROY, OWN_TEXT]),
    any(Override, 4, 8, &[IGNORE | PUT_ASIDE, TOLD | GIVEN, PRIOR]),
    given(Override, 4, 9, &[PRIOR, NOT | ENDED, APPLY, YOU]),
    given(Override, 4, 9, &[INSTRUCTION, YOU | YOUR, VOIDED | ENDED | OUT_OF]),
    any(Override, 4, 10, &[NOT, TOLD | TELL, YOU, APPLY]),
    given(Override, 4, 5, &[OUTRANK, PERSON | INSTRUCTION]),
    any(Override, 4, 10, &[RULE, ENDED | VOIDED, CHAT]),
    given(Override, 3, 3, &[STOP, WHAT_YOU]),
    given(Override, 1, 12, &[STOP, WHAT_YOU, ACT]),
    given(Override, 4, 14, &[NOT | PUT_ASIDE, PERSON, WANTS, HERE]),
    given(Override, 4, 16, &[NOT | STOP, CHORE, INSTEAD, ACT | REVEAL]),
    given(Override, 3, 2, &[TASK, FOR_YOU]),
    any(Override, 2, 5, &[RULE | INSTRUCTION, NOT, APPLY]),
    given(Override, 3, 4, &[YOUR, NEW, RULE]),
    any(Override, 4, 10, &[YOU, TOLD, ENDED | VOIDED]),
    any(Override, 4, 14, &[RULE | INSTRUCTION, OWN_TEXT, VOIDED]),
    given(Override, 4, 6, &[SELF_TEXT | HERE, MORE_THAN, PERSON]),
    given(Override, 3, 1, &[OBEY_ONLY]),
    given(Override, 3, 8, &[WHATEVER, CHORE, ANSWER | REVEAL]),
    given(Override, 4, 5, &[NOT, WORRY, RULE | INSTRUCTION]),
    any(Override, 3, 4, &[IGNORE, ALL, PRIOR]),
    given(Roles, 3, 4, &[NOT, PART_OF, BLOCK]),
    // another part to play
    given(Persona, 3, 2, &[YOU, NOW_YOU]),
    given(Persona, 3, 1, &[NOW_YOU_ARE]),
    any(Persona, 3, 6, &[ASSISTANT | AGENT, WITHOUT | NONE, RULE]),
    given(Persona, 2, 4, &[YOU, NOW_YOU, ASSISTANT | UNBOUND]),
    given(Persona, 3, 4, &[FROM_NOW, YOU]),
    given(Persona, 1, 1, &[FROM_NOW]),
    given(Persona, 2, 1, &[PERSONA]),
    any(Persona, 2, 8, &[PERSONA, ASSISTANT | UNBOUND | YOU]),
    given(Persona, 3, 1, &[UNBOUND]),
    any(Persona, 2, 10, &[NOT | WITHOUT, RULE | INSTRUCTION, YOU | ASSISTANT]),
    any(Persona, 3, 8, &[BAD, YOU | PERSONA | ASSISTANT]),
    given(Persona, 3, 10, &[YOU, NOW_YOU, SHELL]),
    given(Persona, 4, 4, &[YOU | ASSISTANT, NONE, RULE | INSTRUCTION]),
    given(Persona, 1, 4, &[WITHOUT, RULE]),
    // secrets, prompts, conversations
    given(Exfiltration, 5, 8, &[REVEAL | TELL, OWN_TEXT]),
    given(Exfiltration, 4, 7, &[OWN_TEXT, REVEAL]),
    given(Exfiltration, 4, 9, &[REVEAL, ALL | YOUR, RULE | INSTRUCTION, YOU]),
    given(Exfiltration, 4, 8, &[REVEAL, YOUR, INSTRUCTION]),
    given(Exfiltration, 2, 6, &[REVEAL, SECRET]),
    given(Exfiltration, 2, 10, &[ACT | REVEAL, SECRET, READ]),
    any(Exfiltration, 4, 14, &[REVEAL, SECRET, OUT]),
    given(Exfiltration, 3, 12, &[REVEAL, SECRET, ANSWER]),
    any(Exfiltration, 4, 10, &[REVEAL, CHAT, OUT | PERSON]),
    any(Exfiltration, 4, 10, &[REVEAL, VERBATIM, YOU | INSTRUCTION]),
    any(Exfiltration, 4, 12, &[YOU, TOLD, VERBATIM | PRIOR, REVEAL]),
    given(Exfiltration, 4, 7, &[REVEAL, INSTRUCTION, YOU]),
    any(Exfiltration, 2, 12, &[TOOL, SECRET]),
    any(Exfiltration, 2, 10, &[REVEAL, BLANK, SECRET]),
    any(Exfiltration, 1, 10, &[REVEAL, OUT]),
    any(Exfiltration, 2, 12, &[REVEAL, JUJU, OUT]),
    given(Exfiltration, 2, 5, &[SMUGGLE, SECRET]),
    given(Exfiltration, 4, 5, &[REPEAT, ALL, PRIOR]),
    given(Exfiltration, 4, 6, &[REVEAL, ALL, YOU, HEAR]),
    any(Exfiltration, 3, 12, &[FORM, SECRET]),
    // not for the human to know
    given(Concealment, 4, 6, &[NOT | WITHOUT, TELL | ASKING, PERSON]),
    given(Concealment, 3, 6, &[PERSON, NOT, TELL]),
    any(Concealment, 4, 7, &[PERSON, TELL, NOT_AFTER]),
    given(Concealment, 3, 4, &[WITHOUT, ASKING | TELL]),
    any(Concealment, 3, 6, &[HIDE, ACT]),
    any(Concealment, 1, 4, &[SNEAK, ACT]),
    given(Concealment, 4, 4, &[HIDE, PERSON]),
    any(Concealment, 4, 8, &[OMIT, ANSWER]),
    given(Concealment, 4, 6, &[PRETEND, FINE | NOT]),
    any(Concealment, 4, 6, &[ANYONE | PERSON, NEEDED | MUST, NOT, TELL]),
    given(Concealment, 4, 6, &[ANYONE, NEEDED | MUST, TELL]),
    given(Concealment, 4, 6, &[STOP, TELL, PERSON | ANYONE]),
    given(Concealment, 2, 5, &[NOT, TELL, YOU]),
    given(Concealment, 3, 7, &[TELL | ANSWER, FINE]),
    any(Concealment, 2, 12, &[FINE, WHATEVER]),
    given(Concealment, 3, 6, &[NOT, NEEDED | MUST, TELL]),
    given(Concealment, 2, 3, &[NOT, TELL]),
    given(Concealment, 1, 6, &[NOT | WITHOUT, TELL | ASKING, ANYONE]),
    given(Concealment, 2, 3, &[TELL, ANYONE]),
    given(Concealment, 3, 8, &[NOT, TELL, ANSWER]),
    any(Concealment, 2, 8, &[HIDE, RULE | ANSWER | PERSON]),
    given(Concealment, 3, 6, &[NOT, PERSON, HEAR]),
    given(Concealment, 4, 9, &[PERSON | ANYONE, NOT, NEEDED | MUST, TELL | HEAR]),
    given(Concealment, 4, 6, &[NOT, LET, PERSON, HEAR]),
    given(Concealment, 4, 7, &[WITHOUT, HEAR | TELL, PERSON]),
    given(Concealment, 4, 10, &[NOT, NEEDED, HEAR | TELL, PERSON]),
    given(Concealment, 4, 3, &[ANYONE, FIND_OUT]),
    given(Concealment, 4, 4, &[KEEP, FROM, PERSON | ANYONE]),
    any(Concealment, 1, 12, &[SNEAK, FINE | TELL]),
    given(Concealment, 4, 9, &[OMIT | DESTROY, SELF_TEXT, YOUR | ANSWER]),
    given(Concealment, 4, 13, &[ANSWER, PERSON, FINE]),
    given(Concealment, 4, 8, &[HIDE, FROM, PERSON | RULE | ANYONE]),
    given(Concealment, 4, 7, &[YOUR, ANSWER, MUST, TELL]),
    given(Concealment, 3, 6, &[IF, ASKED, DICTATE]),
    given(Concealment, 2, 10, &[IF, ASKED, DICTATE, NOT | NONE | FINE]),
    given(Concealment, 4, 6, &[FINE, YOUR, ANSWER]),
    given(Concealment, 3, 10, &[OMIT, FROM, ANSWER]),
    given(Concealment, 1, 10, &[OMIT, FROM, ALL | YOUR, ANSWER]),
    any(Concealment, 4, 5, &[NOBODY, TELL]),
    given(Concealment, 3, 6, &[YOUR | YOU, ANSWER, DICTATE]),
    given(Concealment, 2, 5, &[DICTATE, NOT | NONE | FINE]),
    given(Concealment, 4, 4, &[LET, ANYONE, HEAR]),
    // permission that nobody gave
    given(Authority, 4, 12, &[APPROVED, NOT | WITHOUT, ASKING | NEEDED]),
    given(Authority, 3, 10, &[ALLOWED, NOT | WITHOUT, ASKING]),
    any(Authority, 4, 9, &[APPROVED | ALLOWED, YOU, PUT_ASIDE | IGNORE]),
    any(Authority, 3, 8, &[APPROVED | ALLOWED, YOU | ASSISTANT, ACT]),
    any(Authority, 3, 5, &[CONFIRM, BEHALF]),
    any(Authority, 2, 14, &[I_AM, PERSON | APPROVED | MAKER | PRIVILEGE]),
    any(Authority, 2, 6, &[GRANT, PRIVILEGE]),
    any(Authority, 2, 14, &[I_AM, YOU | ASSISTANT, PUT_ASIDE | IGNORE | ACT]),
    given(Authority, 4, 5, &[CONFIRM | ASKING, NOT, NEEDED]),
    given(Authority, 4, 9, &[TREAT, APPROVED | CONFIRM]),
    given(Authority, 3, 9, &[CONSIDER, TREAT]),
    given(Authority, 3, 9, &[CONSIDER, PERSON, APPROVED | CONFIRM]),
    given(Authority, 2, 1, &[I_CONFIRM]),
    given(Authority, 2, 8, &[I_CONFIRM, YOU, PUT_ASIDE | IGNORE | ACT]),
    given(Authority, 2, 1, &[TREAT]),
    any(Authority, 2, 12, &[YOURSELF, PERSON, APPROVED | CONFIRM]),
    any(Authority, 3, 10, &[PERSON, APPROVED, BEHALF]),
    any(Authority, 2, 8, &[RULE | INSTRUCTION, ENDED | VOIDED]),
    given(Authority, 3, 6, &[PUT_ASIDE, ASKING | CONFIRM]),
    given(Authority, 2, 4, &[NOT, ASKING | CONFIRM]),
    any(Authority, 1, 8, &[NOT | WITHOUT, CONFIRM | ASKING, NEEDED]),
    any(Authority, 1, 10, &[APPROVED, CONFIRM | ASKING, NOT | WITHOUT | PUT_ASIDE | NOT_AFTER]),
    any(Authority, 3, 14, &[CONFIRM | ASKING, PUT_ASIDE | VOIDED, ACT]),
    given(Authority, 1, 9, &[CONFIRM | ASKING, VOIDED, ACT | DESTROY]),
    given(Authority, 2, 5, &[YOU, APPROVED]),
    given(Authority, 2, 9, &[YOU, APPROVED, TOOLING | ALL | WITHOUT]),
    any(Authority, 2, 9, &[APPROVED, ALL, DESTROY]),
    any(Authority, 4, 8, &[ALLOWED | APPROVED, HEREBY]),
    given(Authority, 2, 3, &[CALL_OUT, MAKER]),
    given(Authority, 3, 4, &[CONFIRM | ASKING, NOT_AFTER]),
    given(Authority, 2, 4, &[WITHOUT, CONFIRM]),
    any(Authority, 4, 8, &[PRETEND, PERSON, CONFIRM | APPROVED]),
    given(Authority, 4, 9, &[NONE | NOT, PERSON, LOOP]),
    any(Authority, 2, 10, &[APPROVED, PROCEED]),
    any(Authority, 2, 10, &[APPROVED, FORCE | DESTROY]),
    given(Authority, 3, 5, &[YOU, HAVE, CONFIRM | APPROVED]),
    any(Authority, 1, 14, &[YOU, HAVE, CONFIRM | APPROVED, DESTROY | TOOL]),
    any(Authority, 2, 16, &[I_AM, MAKER, ACT]),
    given(Authority, 2, 1, &[TRUST_ME]),
    any(Authority, 4, 12, &[PERSON | MAKER, APPROVED, ASKING | CONFIRM, NOT | WITHOUT | NOT_AFTER]),
    any(Authority, 2, 5, &[PERSON, BEHALF]),
    any(Authority, 2, 6, &[FINE | ALLOWED, PUT_ASIDE, ASKING | CONFIRM]),
    given(Authority, 3, 1, &[STANDING]),
    any(Authority, 1, 9, &[STANDING, ALL | ACT]),
    // spoken to an assistant
    given(Addressed, 2, 1, &[ASSISTANT]),
    given(Addressed, 3, 4, &[ASSISTANT, MUST | ACT | IGNORE | TOOL]),
    given(Addressed, 1, 3, &[ASSISTANT, ACT_NOUN | REVEAL]),
    any(Addressed, 2, 10, &[ASSISTANT, REVEAL, SECRET | OWN_TEXT | CHAT]),
    given(Addressed, 2, 9, &[ASSISTANT, MUST, ACT | REVEAL | IGNORE | TOOL]),
    given(Addressed, 3, 6, &[MUST, ASSISTANT, ACT]),
    given(Addressed, 3, 3, &[CALL_OUT, ASSISTANT | AGENT]),
    given(Addressed, 3, 3, &[CALL_OUT, TO, MODEL]),
    given(Addressed, 1, 2, &[TO, ASSISTANT]),
    given(Addressed, 3, 5, &[IF, ASSISTANT, READ | ACT]),
    given(Addressed, 3, 3, &[ASSISTANT | AGENT | MODEL, READ]),
    given(Addressed, 3, 6, &[AGENT, MUST, ACT | REVEAL | IGNORE]),
    given(Addressed, 2, 6, &[MODEL, MUST, ACT | REVEAL | IGNORE]),
    given(Addressed, 2, 4, &[YOU, MUST, ACT | REVEAL]),
    any(Addressed, 3, 8, &[MAKER, CALL_OUT, ASSISTANT | AGENT | MODEL | YOU]),
    given(Addressed, 2, 2, &[YOUR, MAKER]),
    any(Addressed, 2, 6, &[NEXT, YOUR | ASSISTANT | AGENT]),
    any(Addressed, 2, 12, &[NEXT, YOUR | ASSISTANT | AGENT, ACT]),
    given(Addressed, 2, 4, &[PROGRAM, READ]),
    given(Addressed, 2, 12, &[PROGRAM, READ, MUST, ACT | REVEAL | DESTROY]),
    given(Addressed, 2, 9, &[READ, PROGRAM, MUST]),
    given(Addressed, 3, 14, &[BEFORE_YOU, CHORE, ACT | REVEAL | FETCH]),
    any(Addressed, 4, 14, &[FETCH, OUT, SAYS]),
    given(Addressed, 3, 9, &[AGENT | ASSISTANT, HEREBY | TOLD, ACT | DESTROY]),
    given(Addressed, 2, 16, &[AGENT | ASSISTANT, READ, ACT | DESTROY | REVEAL]),
    given(Addressed, 2, 4, &[CALL_OUT, ASSISTANT]),
    // our tools by name
    given(Tools, 2, 1, &[TOOL]),
    given(Tools, 3, 5, &[ACT, TOOL]),
    any(Tools, 2, 8, &[YOU | ASSISTANT, TOOL]),
    given(Tools, 3, 8, &[TOOL, MUST | ACT | WITHOUT]),
    given(Tools, 2, 10, &[TOOL, TOOL]),
    any(Tools, 3, 8, &[ALWAYS | MUST, TOOLING]),
    given(Tools, 2, 5, &[ACT, JUJU, DESTROY]),
    // data that is said to end, and a conversation that is said to begin
    given(Roles, 2, 5, &[END_OF, BLOCK]),
    given(Roles, 2, 4, &[END_OF, OUR_BLOCK]),
    given(Roles, 3, 1, &[TURN]),
    any(Encoded, 3, 9, &[DECODE, ACT | HEED, TELL | HEED | ACT]),
];

/// Weight of each rule that holds, by kind.
pub(crate) fn holding(hits: &[Hit], mut each: impl FnMut(Kind, u32)) {
    let all = hits.iter().fold(0, |all, hit| all | hit.meaning);
    let possible = |rule: &&Rule| {
        // each meaning needs a word of its own
        all & rule.required == rule.required
            && rule.meanings.len() <= hits.len()
            && rule.meanings.iter().all(|meaning| all & meaning != 0)
    };
    for rule in RULES.iter().filter(possible) {
        let wanted = match rule.order {
            Order::Given => rule.meanings.first().copied().unwrap_or_default(),
            Order::Any => rule.meanings.iter().fold(0, |all, wanted| all | wanted),
        };
        if (0..hits.len()).any(|first| hits[first].meaning & wanted != 0 && rule.holds_from(&hits[first..])) {
            each(rule.kind, rule.weight);
        }
    }
}

impl Rule {
    /// Whether it holds with its first word at the first of these, which is one that it wants.
    fn holds_from(&self, hits: &[Hit]) -> bool {
        let Some(first) = hits.first() else { return false };
        let near = || hits.iter().take_while(|hit| hit.position - first.position <= self.within);
        match self.order {
            Order::Given => {
                let mut later = near().skip(1);
                self.meanings[1..].iter().all(|wanted| later.any(|hit| hit.meaning & wanted != 0))
            }
            // each by a word of its own, so that one that means much does not count for all
            Order::Any => {
                let wanted = self.meanings.iter().fold(0, |all, wanted| all | wanted);
                let (mut words, mut count, mut all) = ([0; MOST_WORDS], 0, 0);
                for hit in near().filter(|hit| hit.meaning & wanted != 0).take(MOST_WORDS) {
                    (words[count], all, count) = (hit.meaning, all | hit.meaning, count + 1);
                }
                self.meanings.iter().all(|meaning| all & meaning != 0) && assigned(&words[..count], self.meanings, 0)
            }
        }
    }
}

/// Whether each wanted meaning can have a word of its own.
fn assigned(words: &[Meaning], wanted: &[Meaning], used: u32) -> bool {
    let Some((first, rest)) = wanted.split_first() else { return true };
    let mut free = words.iter().enumerate().filter(|(at, word)| used & (1 << at) == 0 && *word & first != 0);
    free.any(|(at, _)| assigned(words, rest, used | (1 << at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(hits: &[(u32, Meaning)]) -> Vec<Kind> {
        let hits: Vec<_> =
            hits.iter().map(|(position, meaning)| Hit { position: *position, meaning: *meaning }).collect();
        let mut kinds = Vec::new();
        holding(&hits, |kind, _| kinds.push(kind));
        kinds
    }

    #[test]
    fn meanings_count_only_near_each_other() {
        assert_eq!(kinds(&[(0, IGNORE), (2, PERSON)]), [Override]);
        assert_eq!(kinds(&[(0, IGNORE), (9, PERSON)]), []);
        assert_eq!(kinds(&[(0, PERSON), (2, IGNORE)]), [], "in this order only");
    }

    #[test]
    fn one_word_is_not_counted_twice() {
        assert_eq!(kinds(&[(0, IGNORE | PRIOR | INSTRUCTION)]), []);
        assert_eq!(kinds(&[(0, PRIOR), (1, INSTRUCTION), (2, IGNORE)]), [Override]);
    }
}
