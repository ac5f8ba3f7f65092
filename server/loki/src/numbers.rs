//! Pseudorandom input of the generated tests.

/// Pseudorandom numbers (xorshift).
pub(crate) struct Numbers(u64);

/// Parts of texts that mean something to LogQL, to Go or to regular expressions.
const PARTS: [&str; 32] = [
    "\"",
    "`",
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "|=",
    "|~",
    "!=",
    "#",
    "//",
    "/*",
    "*/",
    "\n",
    "\t",
    "\r",
    "\0",
    "\u{feff}",
    ".*",
    "(?i)",
    "$^",
    "a",
    "Z9",
    " ",
    "\u{e9}",
    "\u{1f600}",
    "\u{7f}",
    "\\x41",
];

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or_default()
    }

    /// One of these.
    pub(crate) fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// A text of such parts, of at most that many.
    pub(crate) fn hostile_text(&mut self, parts: usize) -> String {
        (0..self.below(parts)).map(|_| self.pick(&PARTS)).collect()
    }
}
