//! The text for `juju register`: who logs in where, and the key to a new password (`jujuclient/registration.go`).

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};

use crate::{Failure, ResolvedTarget};

/// Tags of DER.
const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;

/// The text for a user of the target's controller and the key that the controller made, base64.
///
/// # Errors
/// [`Failure`] where the key is not base64.
pub(super) fn registration(target: &ResolvedTarget, user: &str, secret_key: &str) -> Result<String, Failure> {
    let odd =
        |_| Failure::refused("the controller returned a key in an unknown form", "reset the password of the user");
    let key = STANDARD.decode(secret_key).map_err(odd)?;
    let endpoint = target.controller()?.endpoint();
    Ok(encode(user, &endpoint.addresses, &key, target.controller_name()))
}

fn encode(user: &str, addresses: &[String], key: &[u8], controller: &str) -> String {
    let listed: Vec<u8> = addresses.iter().flat_map(|address| text(address)).collect();
    // the last member is a proxy, which this program does not know
    let members = [text(user), element(SEQUENCE, &listed), element(OCTET_STRING, key), text(controller), text("")];
    let mut data = element(SEQUENCE, &members.concat());
    // the client pads with zeros, so that the text has no `=`
    while !data.len().is_multiple_of(3) {
        data.push(0);
    }
    URL_SAFE.encode(data)
}

/// A string in the type that Go chooses for it.
fn text(text: &str) -> Vec<u8> {
    let is_printable = |byte: u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte);
    let kind = if text.bytes().all(is_printable) { PRINTABLE_STRING } else { UTF8_STRING };
    element(kind, text.as_bytes())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut element = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => element.push(short),
        _ => {
            let bytes: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            element.push(0x80 | u8::try_from(bytes.len()).unwrap_or_default());
            element.extend(bytes);
        }
    }
    element.extend_from_slice(content);
    element
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registration_is_encoded_as_the_client_does() {
        let encoded = encode("bob", &["10.0.0.1:17070".to_owned()], &[1, 2, 3], "prod");
        let expected = b"\x30\x24\x13\x03bob\x30\x10\x13\x0e10.0.0.1:17070\x04\x03\x01\x02\x03\x13\x04prod\x13\x00";
        let decoded = URL_SAFE.decode(encoded).expect("base64");
        assert_eq!(decoded[..expected.len()], expected[..]);
        assert!(decoded[expected.len()..].iter().all(|byte| *byte == 0) && decoded.len().is_multiple_of(3));
        assert_eq!(element(OCTET_STRING, &[7; 200])[..3], [OCTET_STRING, 0x81, 200]);
        assert_eq!(text("a_b")[0], UTF8_STRING);
    }
}
