//! The key pair that signs checkpoints and verifies them.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::{Engine as _, prelude::BASE64_STANDARD};

/// DER prefix of the 32 bytes of an Ed25519 key in a `SubjectPublicKeyInfo` (RFC 8410, section 4).
const PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// Signs checkpoints.
#[derive(Debug)]
pub struct Signer {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl Signer {
    /// The signer with this seed (RFC 8032, section 5.1.5).
    #[must_use]
    pub fn new(seed: &[u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("any 32 bytes are a valid seed");
        let public = PublicKey(pair.public_key().as_ref().try_into().expect("a public key has 32 bytes"));
        Self { pair, public }
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    pub(crate) fn sign(&self, text: &str) -> String {
        hex::encode(self.pair.sign(text.as_bytes()))
    }
}

/// The public key that verifies checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key in the form of checkpoints, hexadecimal.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        hex::decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The key as PEM (RFC 7468, section 13).
    #[must_use]
    pub fn pem(&self) -> String {
        format!("{BEGIN}\n{}\n{END}\n", BASE64_STANDARD.encode([PREFIX.as_slice(), &self.0].concat()))
    }

    /// Parses the output of [`Self::pem`]; returns `None` for any other text.
    #[must_use]
    pub fn from_pem(pem: &str) -> Option<Self> {
        let text: String = pem.trim().strip_prefix(BEGIN)?.strip_suffix(END)?.split_whitespace().collect();
        let der = BASE64_STANDARD.decode(text).ok()?;
        Some(Self(der.strip_prefix(&PREFIX)?.try_into().ok()?))
    }

    pub(crate) fn verify(&self, text: &str, signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.0);
        hex::decode(signature).is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_verifies_only_its_own_text_and_key() {
        let (ours, other) = (Signer::new(&[1; 32]), Signer::new(&[2; 32]));
        let signature = ours.sign("text");
        assert!(ours.public_key().verify("text", &signature));
        assert!(!ours.public_key().verify("texT", &signature));
        assert!(!other.public_key().verify("text", &signature));
        assert!(!ours.public_key().verify("text", &signature[2..]));
    }

    #[test]
    fn public_key_pem_round_trips() {
        // RFC 8410, section 10.1
        let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
        let key = PublicKey::from_pem(pem).expect("a key");
        assert_eq!((key.pem().as_str(), &key.hex()[..8]), (pem, "19bf4409"));
        for odd in ["", "19bf4409", &pem.replace("MCow", "MCox"), &pem.replace("ZuE=", "Zg==")] {
            assert_eq!(PublicKey::from_pem(odd), None, "{odd}");
        }
    }
}
