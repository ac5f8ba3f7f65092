//! Cursors: where the next page of an answer begins, and of which call.
//!
//! The server keeps nothing between two pages. A cursor has a fingerprint of the call, so that it is refused with another one,
//! and the position as a path. Each step has the index of a member and a hash of its identity, so that the next page begins at
//! the same member if others came or went.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::BadArguments;

/// First byte of every cursor.
const VERSION: u8 = 1;
/// Largest number of steps of a position.
pub(crate) const MAX_STEPS: usize = 64;

/// One step of a position: a member of a list or object, or a byte of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) index: usize,
    /// Hash of what identifies the member: its name, or the item itself.
    pub(crate) identity: u32,
}

impl Step {
    /// A step to the member of this index, which this text identifies.
    pub(crate) fn new(index: usize, identity: &str) -> Self {
        Self { index, identity: fingerprint([identity]) }
    }

    /// Finds the member again among so many: at its index, or at the nearest index with the same identity.
    pub(crate) fn locate(self, count: usize, identity: impl Fn(usize) -> u32) -> Located {
        if self.index < count && identity(self.index) == self.identity {
            return Located { index: self.index, same: true };
        }
        let found = (0..count).filter(|index| identity(*index) == self.identity);
        match found.min_by_key(|index| index.abs_diff(self.index)) {
            Some(index) => Located { index, same: true },
            None => Located { index: self.index.min(count), same: false },
        }
    }
}

/// Where a member is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Located {
    pub(crate) index: usize,
    /// It is the same member; otherwise it is gone and this is what is at its place.
    pub(crate) same: bool,
}

/// Where the next page of an answer begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cursor {
    fingerprint: u32,
    pub(crate) steps: Vec<Step>,
}

impl Cursor {
    pub(crate) fn new(fingerprint: u32, steps: Vec<Step>) -> Self {
        Self { fingerprint, steps }
    }

    /// Reads a cursor.
    ///
    /// # Errors
    /// [`BadArguments`] for a text that this server did not return.
    pub(crate) fn decode(text: &str) -> Result<Self, BadArguments> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok();
        bytes.and_then(|bytes| Self::parse(&bytes)).ok_or_else(|| {
            BadArguments::argument(
                "cursor",
                "is not one that this server returned: copy `next_cursor` of the previous page unchanged, or leave `cursor` \
                 out to start at the beginning",
            )
        })
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (&VERSION, rest) = bytes.split_first()? else { return None };
        let (fingerprint, mut rest) = rest.split_first_chunk::<4>()?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (index, behind) = read_number(rest)?;
            let (identity, behind) = behind.split_first_chunk::<4>()?;
            steps.push(Step { index, identity: u32::from_be_bytes(*identity) });
            rest = behind;
        }
        let known = !steps.is_empty() && steps.len() <= MAX_STEPS;
        known.then_some(Self { fingerprint: u32::from_be_bytes(*fingerprint), steps })
    }

    /// The cursor as text: at most 768 bytes.
    pub(crate) fn encode(&self) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend(self.fingerprint.to_be_bytes());
        for step in &self.steps {
            let mut rest = step.index;
            while rest >= 0x80 {
                bytes.push(u8::try_from(rest & 0x7f).unwrap_or_default() | 0x80);
                rest >>= 7;
            }
            bytes.push(u8::try_from(rest).unwrap_or_default());
            bytes.extend(step.identity.to_be_bytes());
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether it is a cursor of the call with this fingerprint.
    pub(crate) fn belongs_to(&self, fingerprint: u32) -> bool {
        self.fingerprint == fingerprint
    }
}

fn read_number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0usize;
    for (at, byte) in bytes.iter().enumerate().take(8) {
        number |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[at + 1..]));
        }
    }
    None
}

/// A short hash of these texts (FNV-1a): the same in every build of the program.
pub(crate) fn fingerprint<'a>(texts: impl IntoIterator<Item = &'a str>) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut add = |byte: u8| hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    for text in texts {
        text.bytes().for_each(&mut add);
        add(0xff);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_is_read_as_it_was_written() {
        for steps in [
            vec![Step::new(0, "web")],
            vec![Step::new(9_999, "machines"), Step::new(usize::MAX >> 9, ""), Step { index: 300, identity: 0 }],
            vec![Step::new(100_000, "deep"); MAX_STEPS],
        ] {
            let cursor = Cursor::new(fingerprint(["juju_status", "{}"]), steps);
            let text = cursor.encode();
            assert!(text.len() <= 768, "{}", text.len());
            assert_eq!(Cursor::decode(&text), Ok(cursor));
        }
    }

    #[test]
    fn cursor_that_no_server_wrote_is_refused() {
        let good = Cursor::new(7, vec![Step::new(3, "web")]).encode();
        for text in ["", "2", "100", "x", "AQ", "AQAAAAA", &good[1..], &good[..good.len() - 2], &format!("{good}AA")] {
            let refused = Cursor::decode(text).expect_err(text).to_string();
            assert!(refused.contains("`cursor` is not one that this server returned"), "{refused}");
        }
    }

    #[test]
    fn step_finds_its_member_after_others_came_and_went() {
        let names = ["a", "b", "c", "b"];
        let identity = |at: usize| Step::new(at, names[at]).identity;
        let locate = |index, name| {
            let located = Step::new(index, name).locate(names.len(), identity);
            (located.index, located.same)
        };
        assert_eq!(locate(1, "b"), (1, true));
        assert_eq!(locate(0, "c"), (2, true));
        assert_eq!((locate(0, "b"), locate(9, "b")), ((1, true), (3, true)));
        assert_eq!((locate(1, "x"), locate(9, "x")), ((1, false), (4, false)));
    }
}
