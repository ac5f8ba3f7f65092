//! The position of a span in a trace, and the header that contains it (W3C Trace Context).

/// Flag of a trace that its sender records.
const SAMPLED: u8 = 1;

/// The position of a span in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpanContext {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    /// Whether the spans of the trace are exported.
    pub(crate) sampled: bool,
}

/// The value of a `traceparent` header or member (W3C Trace Context, section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent<'text> {
    trace_id: &'text str,
    pub(crate) context: SpanContext,
}

impl<'text> TraceParent<'text> {
    /// Parses a value; `None` if it is malformed.
    #[must_use]
    pub fn parse(text: &'text str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (version, trace_bytes) = (decode::<1>(version)?, decode::<16>(trace)?);
        let (parent, flags) = (decode::<8>(parent)?, decode::<1>(flags)?);
        // version ff is forbidden, and only later versions than 00 may have further parts
        let valid_version = version != [0xff] && (version != [0] || parts.next().is_none());
        let valid = valid_version && trace_bytes != [0; 16] && parent != [0; 8];
        let context = SpanContext { trace_id: trace_bytes, span_id: parent, sampled: flags[0] & SAMPLED != 0 };
        valid.then_some(Self { trace_id: trace, context })
    }

    /// The trace id, 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> &'text str {
        self.trace_id
    }
}

/// Decodes exactly `N` bytes of lower-case hexadecimal digits.
fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let lower_case = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    (lower_case && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

/// The 16 bytes of a UUID; `None` for other texts.
pub(crate) fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let is_uuid = text.len() == 36 && [8, 13, 18, 23].iter().all(|at| text.as_bytes()[*at] == b'-');
    decode(&text.replace('-', "")).filter(|bytes| is_uuid && *bytes != [0; 16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_traceparent_is_none() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parsed =
            |text: &str| TraceParent::parse(text).map(|parent| (parent.trace_id().to_owned(), parent.context.sampled));
        assert_eq!(parsed(&format!("00-{trace}-00f067aa0ba902b7-01")), Some((trace.to_owned(), true)));
        assert_eq!(parsed(&format!(" 00-{trace}-00f067aa0ba902b7-00 ")), Some((trace.to_owned(), false)));
        assert_eq!(parsed(&format!("cc-{trace}-00f067aa0ba902b7-01-later")), Some((trace.to_owned(), true)));
        for odd in [
            String::new(),
            trace.to_owned(),
            format!("00-{trace}-00f067aa0ba902b7-01-more"),
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("0-{trace}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{trace}-00f067aa0ba902b7-1"),
            format!("00-{trace}é-00f067aa0ba902b7-01"),
            format!("00-{trace}'; drop-00f067aa0ba902b7-01"),
        ] {
            assert_eq!(parsed(&odd), None, "{odd}");
        }
    }

    #[test]
    fn uuid_becomes_a_trace_id_and_other_texts_do_not() {
        let id = "0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
        assert_eq!(uuid_bytes(id).map(hex::encode).as_deref(), Some("0193a1b2c3d47e5f8a9b0c1d2e3f4a5b"));
        for odd in ["", "my-request", "00000000-0000-0000-0000-000000000000", "0193a1b2c3d47e5f8a9b0c1d2e3f4a5b"] {
            assert_eq!(uuid_bytes(odd), None, "{odd}");
        }
    }
}
