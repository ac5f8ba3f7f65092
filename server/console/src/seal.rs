//! Signs values that a browser stores for the server, with HMAC-SHA256 over the purpose and the value.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The key of this process. Signatures become invalid at a restart.
pub(crate) struct Seal([u8; 64]);

impl Seal {
    /// # Errors
    /// The operating system provides no randomness.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut key = [0; 64];
        getrandom::fill(&mut key)?;
        Ok(Self(key))
    }

    /// The hexadecimal HMAC of a text for a purpose.
    pub(crate) fn sign(&self, purpose: &'static str, text: &str) -> String {
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        for part in [purpose, text] {
            // the length before each part makes the encoding unambiguous
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        hex::encode(mac.finalize().into_bytes())
    }

    /// Whether `tag` is the HMAC of a text for a purpose.
    pub(crate) fn verify(&self, purpose: &'static str, text: &str, tag: &str) -> bool {
        self.sign(purpose, text).as_bytes().ct_eq(tag.as_bytes()).into()
    }

    /// A text and its HMAC, in characters that a cookie may contain.
    pub(crate) fn sign_value(&self, purpose: &'static str, text: &str) -> String {
        format!("{}.{}", URL_SAFE_NO_PAD.encode(text), self.sign(purpose, text))
    }

    /// The text of a signed value for this purpose; `None` if the HMAC does not match.
    pub(crate) fn verify_value(&self, purpose: &'static str, signed: &str) -> Option<String> {
        let (text, tag) = signed.split_once('.')?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        self.verify(purpose, &text, tag).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verify_value_rejects_other_keys_purposes_and_texts() {
        let seal = Seal::generate().expect("randomness");
        let signed = seal.sign_value("a", "text");
        assert_eq!(seal.verify_value("a", &signed).as_deref(), Some("text"));
        assert_eq!(seal.verify_value("b", &signed), None);
        assert_eq!(Seal::generate().expect("randomness").verify_value("a", &signed), None);
        let (_, tag) = signed.split_once('.').expect("two parts");
        for forged in
            ["", ".", "dGV4dA", &format!("dGV4dB.{tag}"), &format!("dGV4dDI.{tag}"), &signed[..signed.len() - 1]]
        {
            assert_eq!(seal.verify_value("a", forged), None, "{forged}");
        }
    }
}
