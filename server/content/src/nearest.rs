//! The known name that is most similar to a mistyped one, for messages that refuse it.

/// The candidate that is most similar to a name, if one is similar enough to be meant. Case, `-` and `_` do not count.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = normalize(name);
    // a third of the letters may differ, and in short names one or two
    let letters = wanted.chars().count();
    let limit = (letters / 3).max(1 + usize::from(letters > 3));
    let distance = |candidate: &str| strsim::levenshtein(&wanted, &normalize(candidate));
    let distances = candidates.into_iter().map(|candidate| (distance(candidate), candidate));
    distances.filter(|(distance, _)| *distance <= limit).min().map(|(_, candidate)| candidate)
}

/// `; did you mean ...?` with the nearest candidate, else a list of all candidates with this heading.
#[must_use]
pub fn suggestion<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>, heading: &str) -> String {
    let candidates: Vec<_> = candidates.into_iter().collect();
    match nearest(name, candidates.iter().copied()) {
        Some(candidate) => format!("; did you mean `{candidate}`?"),
        None if candidates.is_empty() => String::new(),
        None => format!("; {heading}: {}", candidates.join(", ")),
    }
}

/// Adds the nearest name to an error of serde that lists all known ones: `unknown field` and `unknown variant`.
#[must_use]
pub fn shorten_unknown(message: &str) -> String {
    let Some((head, list)) = message.split_once(", expected ") else { return message.to_owned() };
    let Some((_, name)) = head.rsplit_once("unknown field `").or_else(|| head.rsplit_once("unknown variant `")) else {
        return message.to_owned();
    };
    let end = list.find(" at line ").unwrap_or(list.len());
    let mut parts = list[..end].split('`').skip(1).step_by(2);
    match nearest(name.trim_end_matches('`'), &mut parts) {
        Some(candidate) => format!("{head}; did you mean `{candidate}`?{}", &list[end..]),
        None => message.to_owned(),
    }
}

fn normalize(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_found_for_typing_errors_only() {
        let names = ["remove-application", "remove-unit", "add-unit", "status"];
        for (typed, expected) in [
            ("remove-aplication", Some("remove-application")),
            ("Remove_Application", Some("remove-application")),
            ("ad-unit", Some("add-unit")),
            ("statsu", Some("status")),
            ("explode", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, names), expected, "{typed}");
        }
    }

    #[test]
    fn unknown_field_error_is_shortened_to_the_nearest_name() {
        assert_eq!(
            shorten_unknown(
                "unknown field `controlers`, expected one of `listen`, `controllers`, `tokens` at line 1 column 1"
            ),
            "unknown field `controlers`; did you mean `controllers`? at line 1 column 1"
        );
        assert_eq!(
            shorten_unknown("limits: unknown variant `wride`, expected `read` or `write`"),
            "limits: unknown variant `wride`; did you mean `write`?"
        );
        for same in [
            "missing field `name`",
            "unknown field `colour`, expected `a` or `b`",
            "invalid type: map, expected a sequence",
        ] {
            assert_eq!(shorten_unknown(same), same);
        }
    }
}
