//! What a browser keeps for us and cannot change: a text with an HMAC-SHA256 over it and what it is for.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The key of this process. What was sealed ends with it.
pub(crate) struct Seal([u8; 64]);

impl Seal {
    /// # Errors
    /// Where the operating system has no randomness.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut key = [0; 64];
        getrandom::fill(&mut key)?;
        Ok(Self(key))
    }

    /// The hexadecimal HMAC of a text for a purpose.
    pub(crate) fn of(&self, purpose: &'static str, text: &str) -> String {
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        for part in [purpose, text] {
            // with its length before it, so that no two purposes and texts are one
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        hex::encode(mac.finalize().into_bytes())
    }

    /// Whether this is the seal of a text for a purpose.
    pub(crate) fn fits(&self, purpose: &'static str, text: &str, seal: &str) -> bool {
        self.of(purpose, text).as_bytes().ct_eq(seal.as_bytes()).into()
    }

    /// A text and its seal, in characters that a cookie may have.
    pub(crate) fn close(&self, purpose: &'static str, text: &str) -> String {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(text), self.of(purpose, text))
    }

    /// The text that was sealed for this purpose.
    pub(crate) fn open(&self, purpose: &'static str, sealed: &str) -> Option<String> {
        let (text, seal) = sealed.split_once('.')?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        self.fits(purpose, &text, seal).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sealed_here_for_this_opens() {
        let seal = Seal::new().expect("randomness");
        let sealed = seal.close("a", "text");
        assert_eq!(seal.open("a", &sealed).as_deref(), Some("text"));
        assert_eq!(seal.open("b", &sealed), None);
        assert_eq!(Seal::new().expect("randomness").open("a", &sealed), None);
        let (_, tag) = sealed.split_once('.').expect("two parts");
        for forged in
            ["", ".", "dGV4dA", &format!("dGV4dB.{tag}"), &format!("dGV4dDI.{tag}"), &sealed[..sealed.len() - 1]]
        {
            assert_eq!(seal.open("a", forged), None, "{forged}");
        }
    }
}
