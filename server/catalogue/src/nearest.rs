//! The known name nearest to one that does not exist, for the sentences that refuse it.

/// Longest name for which a nearest one is looked for, in bytes: the search takes the product of both lengths.
const MAX_COMPARED_BYTES: usize = 64;

/// The candidate nearest to a name that none of them has; `None` where none is near.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.is_empty() || name.len() > MAX_COMPARED_BYTES {
        return None;
    }
    let wanted = fold(name);
    let ranked = candidates.into_iter().filter_map(|candidate| Some((rank(&wanted, &fold(candidate))?, candidate)));
    ranked.min().map(|(_, candidate)| candidate)
}

/// Whether two names differ only in upper case and separators.
pub(crate) fn same_name(one: &str, other: &str) -> bool {
    one.len() == other.len() && fold(one) == fold(other)
}

fn fold(name: &str) -> String {
    name.trim_start_matches('-').to_ascii_lowercase().replace(['-', ' '], "_")
}

/// How far two names are from each other: the same, a part of the other, or a few letters.
fn rank(wanted: &str, candidate: &str) -> Option<(usize, usize)> {
    let distance = strsim::levenshtein(wanted, candidate);
    let same_letters = wanted.replace('_', "") == candidate.replace('_', "");
    let has_words = |long: &str, short: &str| {
        long.starts_with(short) || long.split('_').any(|word| word == short) || long.ends_with(&format!("_{short}"))
    };
    match () {
        () if same_letters => Some((0, distance)),
        () if distance <= 1 => Some((1, distance)),
        () if wanted.len() > 1 && (has_words(candidate, wanted) || has_words(wanted, candidate)) => Some((2, distance)),
        () if distance <= wanted.len().max(candidate.len()) / 2 => Some((3, distance)),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_parts_and_mistyped_letters() {
        let names = ["application", "entity_name", "num_units", "to", "attach_storage", "model", "dry_run"];
        for (name, found) in [
            ("entity", Some("entity_name")),
            ("app", Some("application")),
            ("aplication", Some("application")),
            ("numUnits", Some("num_units")),
            ("units", Some("num_units")),
            ("storage", Some("attach_storage")),
            ("dryrun", Some("dry_run")),
            ("model_name", Some("model")),
            ("xyzzy", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, names), found, "{name}");
        }
        assert_eq!(nearest(&"x".repeat(1 << 20), names), None);
    }
}
